import type { DevnetAccount } from '../../scripts/devnet/account.js';
import type { AppliedTransaction } from '../../scripts/devnet/private-chain.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { mustHalt, type NodeFixture } from './node-fixture.js';

/** Enough for a delivery and a plain answer after it, at the devnet's prices. */
export const MAX_FEE = parseGas('2');

/** A web request by `requestHttp`. */
export interface HttpQuestion {
  /** A spec, or a path of the local source to GET. */
  readonly spec: string;
  readonly filter?: string;
  readonly maxFee?: Datoshi;
}

export const specOf = (fixture: NodeFixture, path: string): string =>
  JSON.stringify({ method: 'GET', url: `${fixture.source.httpUrl}${path}` });

/** The example consumer asks by `requestHttp`; its callback stores the answer. */
export const consumerAsks = (
  { consumer }: Pick<NodeFixture, 'consumer'>,
  { spec, filter = '', maxFee = MAX_FEE }: HttpQuestion,
): Buffer => callScript(consumer, 'askHttp', [utf8(spec), utf8(filter), maxFee]);

/** The example consumer asks by `request`, as it would Neo's native oracle. */
export const consumerAsksAsNative = (
  { consumer }: Pick<NodeFixture, 'consumer'>,
  url: string,
  filter: string,
  maxFee: Datoshi = MAX_FEE,
): Buffer => callScript(consumer, 'ask', [utf8(url), utf8(filter), maxFee]);

/** The sender asks by himself, and the result is kept. */
export const senderAsks = (
  { gateway }: Pick<NodeFixture, 'gateway'>,
  { spec, filter = '', maxFee = MAX_FEE }: HttpQuestion,
): Buffer => callScript(gateway, 'requestHttp', [utf8(spec), utf8(filter), utf8(''), null, maxFee]);

export interface Asked {
  /** In the order of the scripts. */
  readonly ids: readonly bigint[];
  readonly applied: AppliedTransaction;
}

/** Puts questions into one transaction, and so into one block. */
export async function ask(
  fixture: Pick<NodeFixture, 'network' | 'gateway' | 'owner'>,
  scripts: readonly Buffer[],
  sender: DevnetAccount = fixture.owner,
): Promise<Asked> {
  const { network, gateway } = fixture;
  const script = Buffer.concat(scripts);
  const applied = await mustHalt(network.send(sender, script).then(network.applied));
  return { ids: requestIds(applied, gateway), applied };
}

export const requestIds = (applied: AppliedTransaction, gateway: Hash160): bigint[] =>
  applied.notifications
    .filter(
      ({ contract, name }) =>
        contract === gateway && /^(Oracle|Http|Function|Random)Request$/.test(name),
    )
    .map(({ state: [id] }) => asInteger(id as NonNullable<typeof id>, 'id'));
