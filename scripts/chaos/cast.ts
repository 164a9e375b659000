import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { sha256Hex } from '../../src/resolvers/function-code.js';
import { deployGames } from '../../test/node/draws.js';
import { deployHostiles, type Hostile } from '../../test/node/hostile.js';
import { mustHalt, setTerms } from '../../test/node/node-fixture.js';
import { deployMetronomes, register } from '../../test/node/upkeeps.js';
import { createAccount, type DevnetAccount } from '../devnet/account.js';
import { deployConsumer, depositCredit } from '../devnet/contracts.js';
import type { Devnet } from '../devnet/devnet.js';

/** A contract that asks, and who can tell it to. */
export interface Asker {
  readonly hash: Hash160;
  readonly owner: DevnetAccount;
}

/** Who asks the node, and what for. */
export interface Cast {
  /** Ask and pay fees; the first is the gateway's owner. */
  readonly people: readonly DevnetAccount[];
  /** Example consumers, which their owners alone can have ask; the first may use the secret. */
  readonly consumers: readonly [Asker, Asker];
  readonly games: Hash160;
  readonly hostiles: readonly Hostile[];
  readonly metronomes: readonly Hash160[];
  readonly functionId: bigint;
  /** SHA-256 of the function's code, which may use the secret. */
  readonly codeHash: string;
  readonly upkeeps: readonly bigint[];
  /** What a request lives, in blocks; then it is refunded. */
  readonly lifetimeBlocks: number;
}

export const HOSTILE_COUNT = 5;
const LIFETIME_BLOCKS = 160;
const CREDIT = parseGas('50000');
const PERSON_GAS = parseGas('5000');
const GAMES_CREDIT = parseGas('1500');

/** Fetches with a secret, and answers what the source says. */
const functionSource = (sourceUrl: string): string => `export default async (args, ctx) => {
  const key = await ctx.secrets.get('API_KEY');
  const headers = { authorization: 'Bearer ' + key };
  const answer = await (await ctx.fetch('${sourceUrl}/keyed', { headers })).json();
  ctx.log('asked with', key);
  return { price: answer.price, n: args.n };
};
`;

export async function castActors(devnet: Devnet, sourceUrl: string): Promise<Cast> {
  const { owner, gateway, faucet } = devnet;
  const network = devnet;
  await devnet.fund(owner.hash, parseGas('100000'));
  const [second, third] = [createAccount(), createAccount()];
  await devnet.fund([second.hash, third.hash], PERSON_GAS);
  const fixture = { network, gateway, owner };
  const [other, games, hostiles, metronomes] = await Promise.all([
    deployConsumer(devnet, second, gateway),
    deployGames(fixture, GAMES_CREDIT),
    deployHostiles(fixture, HOSTILE_COUNT),
    deployMetronomes(fixture, [6, 4, 5]),
    setTerms(fixture, { lifetime: LIFETIME_BLOCKS }),
  ]);
  const payers = [devnet.consumer, other, owner.hash, second.hash, third.hash, games];
  await Promise.all(
    [...payers, ...hostiles.map(({ hash }) => hash)].map((account) =>
      depositCredit(devnet, faucet, gateway, account, CREDIT),
    ),
  );
  const source = functionSource(sourceUrl);
  const codeHash = sha256Hex(Buffer.from(source));
  const script = gatewayCalls(gateway).registerFunction('chaos', { codeHash, source, uri: '' });
  const applied = await mustHalt(devnet.send(owner, script).then(devnet.applied));
  const functionId = asInteger(applied.stack[0] as NonNullable<(typeof applied.stack)[0]>, 'id');
  const [every, when, on] = metronomes as [Hash160, Hash160, Hash160];
  const hostile = (hostiles[0] as Hostile).hash;
  const { ids: upkeeps } = await register({ network, gateway, owner }, [
    { target: every, trigger: 'every:6' },
    { target: when, trigger: 'when:due' },
    { target: on, trigger: `on:${on}:Beat` },
    { target: every, trigger: 'cron:* * * * *', args: [9] },
    { target: hostile, trigger: 'every:9', method: 'onAnswer', args: [1, 2, 3, utf8('x')] },
  ]);
  return {
    people: [owner, second, third],
    consumers: [
      { hash: devnet.consumer, owner },
      { hash: other, owner: second },
    ],
    games,
    hostiles,
    metronomes,
    functionId,
    codeHash,
    upkeeps,
    lifetimeBlocks: LIFETIME_BLOCKS,
  };
}
