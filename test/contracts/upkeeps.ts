import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import type { AppliedTransaction, SendOptions } from '../../scripts/devnet/private-chain.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import type { UpkeepRun } from '../../src/chain/gateway-calls.js';
import type { KnownGatewayEvent } from '../../src/chain/gateway-events.js';
import type { RegisteredUpkeep } from '../../src/chain/gateway-records.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { balanceOf } from './books.js';
import { eventsOf, type Step } from './gateway-world.js';
import type { AnyWorld } from './requests.js';

export const UPKEEP_FEE = parseGas('2');

/** What a test registers; the defaults call `tick` of contracts/testing/hostile on every block. */
export interface UpkeepAsked {
  readonly target?: ScriptArg;
  readonly method?: string | Uint8Array | null;
  readonly args?: ScriptArg;
  readonly trigger?: string | Uint8Array | null;
  readonly maxFee?: ScriptArg;
}

const bytesOf = (text: string | Uint8Array | null): ScriptArg =>
  typeof text === 'string' ? utf8(text) : text;

/** Arguments of `registerUpkeep`. */
export const upkeepArgs = (target: Hash160, asked: UpkeepAsked = {}): ScriptArg[] => [
  asked.target === undefined ? target : asked.target,
  bytesOf(asked.method === undefined ? 'tick' : asked.method),
  asked.args === undefined ? [7] : asked.args,
  bytesOf(asked.trigger === undefined ? 'every:1' : asked.trigger),
  asked.maxFee ?? UPKEEP_FEE,
];

/** An account registers an upkeep of a hostile contract's method `tick`. */
export const registeredBy = (
  world: AnyWorld,
  account: DevnetAccount,
  target: Hash160,
  asked: UpkeepAsked = {},
): Step => [account, world.call('registerUpkeep', ...upkeepArgs(target, asked))];

/** A hostile contract registers an upkeep of its own. */
export const registeredByContract = (
  world: AnyWorld,
  owner: Hash160,
  asked: UpkeepAsked = {},
): Step => [world.owner, world.callBy(owner, 'registerUpkeep', ...upkeepArgs(owner, asked))];

type UpkeepEvent<Name> = Extract<KnownGatewayEvent, { name: Name }>;

/** Sends the steps, each of which registers one upkeep, and returns the ids in their order. */
export async function upkeepIds(world: AnyWorld, steps: readonly Step[]): Promise<bigint[]> {
  const applied = await world.runAll(steps);
  return applied.map((each) => {
    const [event, ...more] = eventsOf(world, each);
    assert.ok(event?.name === 'UpkeepRegistered' && more.length === 0);
    return event.id;
  });
}

/** A run that is to be delivered, unless told otherwise. */
export const runOf = (
  upkeepId: bigint,
  due: number,
  given: Partial<Omit<UpkeepRun, 'upkeepId' | 'due'>> = {},
): UpkeepRun => ({ upkeepId, due, deliver: true, lostTx: null, ...given });

/** A step in which the node account performs. */
export const performed = (
  world: AnyWorld,
  runs: readonly UpkeepRun[],
  options?: SendOptions,
): Step => [world.node, world.calls.performUpkeeps(runs), options];

/** A run of the block or moment after the last one of an upkeep by `every:1`. */
export const nextRun = async (
  world: AnyWorld,
  id: bigint,
  given: Partial<Omit<UpkeepRun, 'upkeepId' | 'due'>> = {},
): Promise<UpkeepRun> => runOf(id, ((await upkeepOf(world, id))?.lastDue ?? 0) + 1, given);

/** The node account performs; tells which runs were made. */
export async function perform(world: AnyWorld, runs: readonly UpkeepRun[]) {
  const applied = await world.run(...performed(world, runs));
  return { applied, runs: performedIn(world, applied) };
}

/** The `UpkeepPerformed` events of a transaction, in order. */
export const performedIn = (
  world: AnyWorld,
  applied: AppliedTransaction,
): UpkeepEvent<'UpkeepPerformed'>[] =>
  eventsOf(world, applied).filter((event) => event.name === 'UpkeepPerformed');

export const upkeepOf = (world: AnyWorld, id: bigint): Promise<RegisteredUpkeep | null> =>
  readContract(world.network.rpc, world.reads.upkeepOf(id));

export const chargedBy = (run: { fee: Datoshi; lost: Datoshi; premium: Datoshi }): Datoshi =>
  run.fee + run.lost + run.premium;

/** The owner withdraws everything, and his upkeep runs: what he is left with is no next lock. */
export async function unfunded(
  world: AnyWorld,
  owner: DevnetAccount,
  id: bigint,
): Promise<UpkeepEvent<'UpkeepPerformed'>> {
  const { credit } = await balanceOf(world, owner.hash);
  await world.run(owner, world.calls.withdraw(owner.hash, owner.hash, credit));
  const { runs } = await perform(world, [await nextRun(world, id)]);
  const [run] = runs;
  assert.equal(run?.locked, 0n);
  return run;
}
