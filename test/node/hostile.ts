import { createAccount, type DevnetAccount } from '../../scripts/devnet/account.js';
import { deployContracts, readContract } from '../../scripts/devnet/contracts.js';
import { GAS_TOKEN } from '../../scripts/devnet/private-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { assertScript, callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { type HttpQuestion, MAX_FEE } from './asking.js';
import { mustHalt, type NodeFixture } from './node-fixture.js';

/** A contract that does in its callback what its mode says (contracts/testing/hostile). */
export interface Hostile {
  readonly hash: Hash160;
  /** Deployed it, and so gave it its hash. */
  readonly deployer: DevnetAccount;
}

const DEPLOYER_GAS = parseGas('40');
const CREDIT = parseGas('20');

/** Hostile contracts with credit at the gateway. */
export async function deployHostiles(
  fixture: Pick<NodeFixture, 'network' | 'owner' | 'gateway'>,
  count: number,
): Promise<Hostile[]> {
  const { network, owner, gateway } = fixture;
  const contract = await readContract('hostile');
  const deployers = Array.from({ length: count }, () => createAccount());
  await network.fund(
    deployers.map(({ hash }) => hash),
    DEPLOYER_GAS,
  );
  const hostiles = await Promise.all(
    deployers.map(async (deployer) => {
      const [hash] = await deployContracts(network, deployer, [{ contract }]);
      if (hash === undefined) throw new Error('bug: no contract was deployed');
      return { hash, deployer };
    }),
  );
  const deposits = hostiles.map(({ hash }) =>
    assertScript(callScript(GAS_TOKEN, 'transfer', [owner.hash, gateway, CREDIT, hash])),
  );
  await mustHalt(network.send(owner, Buffer.concat(deposits)).then(network.applied));
  return hostiles;
}

/** What its callback does from now on, as a script. */
export const modeScript = ({ hash }: Hostile, mode: string, number = 0n): Buffer =>
  callScript(hash, 'setMode', [utf8(mode), number]);

/** What the modes that call will call. */
export const callOfScript = (
  { hash }: Hostile,
  target: Hash160,
  method: string,
  args: readonly ScriptArg[],
): Buffer => callScript(hash, 'setCall', [target, utf8(method), args]);

/** The contract asks by `requestHttp`, naming its callback. */
export const hostileAsks = (
  { gateway }: Pick<NodeFixture, 'gateway'>,
  { hash }: Hostile,
  { spec, filter = '', maxFee = MAX_FEE }: HttpQuestion,
  callback = 'onAnswer',
): Buffer =>
  callScript(hash, 'call', [
    gateway,
    utf8('requestHttp'),
    [utf8(spec), utf8(filter), utf8(callback), null, maxFee],
  ]);
