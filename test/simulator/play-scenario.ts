import assert from 'node:assert/strict';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import type { AppliedTransaction } from '../../scripts/simulator/chain/simulated-chain.js';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { utf8 } from '../../src/chain/script.js';
import { setPolicyArgs } from '../contracts/gateway-world.js';
import { setMode } from '../contracts/hostile.js';
import { newRandomKey, possessionProof } from '../contracts/random-proofs.js';
import { compareEnding, compareState } from './compare-chains.js';
import { compareCharges, compareGas } from './compare-charges.js';
import { ACTS } from './scenario-acts.js';
import { MORE_ACTS } from './scenario-upkeeps.js';
import {
  byAccount,
  everybody,
  type Planned,
  planned,
  type ScenarioWorld,
} from './scenario-world.js';
import { seededChoice } from './seeded-choice.js';
import { openTwins } from './twin-chains.js';

const MAX_AT_ONCE = 4;
const WAIT_LIMIT_MS = 60_000;
const CHECK_MS = 20;
/** What was done last is told with a difference: it may have come about before. */
const TOLD_PLANS = 25;

/** What came about in scenarios. */
export interface ScenarioRecord {
  /** How often, by the names of events and the words of refusals. */
  readonly met: Map<string, number>;
  readonly gas: { readonly what: string; readonly real: bigint; readonly simulated: bigint }[];
}

/**
 * Opens a gateway of its own on the real chain with its twin, and plays rounds of a scenario that
 * follows from the seed, comparing after each. Throws an AssertionError at the first difference.
 */
export async function playScenario(
  seed: number,
  rounds: number,
  seen: ScenarioRecord,
): Promise<ScenarioWorld> {
  const world = await openScenario(seed, seen);
  await playOn(world, rounds, seen);
  return world;
}

/** The same with nothing but its opening; on a network of the caller's, or on the run's. */
export async function openScenario(
  seed: number,
  seen: ScenarioRecord,
  network?: PrivateNetwork,
): Promise<ScenarioWorld> {
  const world: ScenarioWorld = {
    twins: await openTwins(network),
    choice: seededChoice(seed),
    key: newRandomKey(),
    seeds: new Map(),
    faulted: [],
    isPlaying: false,
    nextNonce: 1_000_000,
  };
  for (const plans of opening(world)) await round(world, plans, seen);
  for (const plan of SURE) await round(world, plan(world), seen);
  return world;
}

/** Plays more rounds of a scenario. */
export async function playOn(
  world: ScenarioWorld,
  rounds: number,
  seen: ScenarioRecord,
): Promise<void> {
  const done: string[] = [];
  world.isPlaying = true;
  try {
    for (let at = 0; at < rounds; at++) {
      const count = 1 + world.choice.below(MAX_AT_ONCE);
      const plans = Array.from({ length: count }, () => choose(world)(world));
      done.push(plans.map(({ what }) => what).join('; '));
      await round(world, plans, seen);
    }
  } catch (thrown) {
    world.twins.network.disconnect();
    const told = done.slice(-TOLD_PLANS).join('\n');
    throw new Error(`${(thrown as Error).message}\nafter these, oldest first:\n${told}`, {
      cause: thrown,
    });
  }
}

/** Policy, credit and a random key: without them nearly all would be refused. */
function opening(world: ScenarioWorld): Planned[][] {
  const { twins, key } = world;
  const { owner } = twins.accounts;
  const policy = {
    minimums: Array<bigint>(6).fill(parseGas('0.35')),
    requestLifetime: 100_000,
  };
  const { gateway } = twins;
  const calls = gatewayCalls(gateway);
  const deposits = everybody(world).map((account) =>
    calls.deposit(owner.hash, parseGas('50'), account),
  );
  const possession = possessionProof(gateway, key);
  const propose = byAccount(world, 'node', 'proposeRandomKey', key.publicKey, possession);
  return [
    [
      byAccount(world, 'owner', 'setPolicy', ...setPolicyArgs(policy)),
      planned(world, 'owner: deposits', owner, Buffer.concat(deposits), {
        systemFee: parseGas('10'),
      }),
      { ...propose, systemFee: parseGas('10') },
      planned(
        world,
        'owner: modes',
        owner,
        Buffer.concat(Object.values(twins.contracts).map((each) => setMode(each, ''))),
      ),
    ],
  ];
}

const lifetime = (world: ScenarioWorld, requestLifetime: number): Planned =>
  byAccount(world, 'owner', 'setPolicy', ...setPolicyArgs({ requestLifetime }));

const asked = (world: ScenarioWorld): Planned =>
  byAccount(world, 'user', 'requestHttp', ...[utf8('{}'), utf8(''), utf8(''), null, parseGas('6')]);

/**
 * Rounds that see to it that a scenario holds the most usual, however fast blocks come: request 1
 * is answered, upkeep 2 runs, request 3 expires.
 */
const SURE: readonly ((world: ScenarioWorld) => Planned[])[] = [
  (world) => [asked(world)],
  (world) => {
    const what = [world.twins.contracts.asker, utf8('tick'), [1n], utf8('every:1'), parseGas('6')];
    return [byAccount(world, 'user', 'registerUpkeep', ...what)];
  },
  (world) => {
    const { chain, accounts } = world.twins;
    const due = BigInt(chain.views.upkeeps()[0]?.registered ?? 0) + 1n;
    const { timeMs } = chain.views.block(chain.views.height());
    const price = [utf8('GAS/USD'), 5n, BigInt(timeMs), 1n];
    return [
      byAccount(world, 'node', 'respond', [[1n, 0n, utf8('1'), false, null]]),
      byAccount(world, 'node', 'performUpkeeps', [[2n, due, true, null]]),
      byAccount(world, 'node', 'submitPrices', [price]),
      byAccount(world, 'user', 'withdraw', accounts.user.hash, accounts.user.hash, 5n),
    ];
  },
  (world) => [lifetime(world, 1)],
  (world) => [asked(world)],
  // Blocks that pass: the last one in which it can be answered is behind the first of them.
  (world) => [lifetime(world, 30)],
  (world) => [lifetime(world, 30)],
  (world) => [byAccount(world, 'user', 'expire', [3n])],
];

/** An act, by how often each is to be done. */
function choose({ choice }: ScenarioWorld): (world: ScenarioWorld) => Planned {
  const all = [...ACTS, ...MORE_ACTS];
  let place = choice.below(all.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, act] of all) {
    place -= weight;
    if (place < 0) return act;
  }
  throw new Error('bug: weights do not add up');
}

/** Sends transactions to both chains, waits for their blocks, and compares what came of them. */
async function round(
  world: ScenarioWorld,
  plans: readonly Planned[],
  seen: ScenarioRecord,
): Promise<void> {
  const { twins } = world;
  const whats = new Map<string, Planned>();
  for (const plan of plans) {
    const { hash, real, simulated } = await twins.send(plan);
    assert.equal(simulated, real, `${plan.what}: how it is taken in`);
    if (real === null) whats.set(hash, plan);
  }
  const endMs = systemClock.monotonicMs() + WAIT_LIMIT_MS;
  while (whats.size > 0) {
    for (const { simulated } of await twins.advance()) {
      for (const ended of simulated.transactions) {
        const plan = whats.get(ended.hash);
        assert.ok(plan, 'a transaction came twice');
        whats.delete(ended.hash);
        await compareOne(world, plan, ended, seen);
      }
    }
    assert.ok(systemClock.monotonicMs() < endMs, `not in a block: ${[...whats.keys()]}`);
    if (whats.size > 0) await systemClock.sleep(CHECK_MS);
  }
  await compareState(twins, `after ${plans.map(({ what }) => what).join('; ')}`);
}

async function compareOne(
  world: ScenarioWorld,
  plan: Planned,
  ended: AppliedTransaction,
  seen: ScenarioRecord,
): Promise<void> {
  const { twins } = world;
  const note = (what: string) => seen.met.set(what, (seen.met.get(what) ?? 0) + 1);
  const ending = await compareEnding(twins, ended, plan.what);
  if (ending.gas === null) {
    note(ending.ending);
    world.faulted.push({ hash: ended.hash, nonce: ended.nonce });
    return;
  }
  for (const event of ending.real) {
    note(event.name);
    if (event.name === 'RandomRequest') world.seeds.set(event.id, event.seed);
  }
  compareGas(ending, plan.what);
  seen.gas.push({ what: plan.what, ...ending.gas });
  const facts = { sender: ended.sender, systemFee: ended.systemFee, items: plan.items ?? 1 };
  for (const shift of compareCharges(ending, facts, plan.what)) twins.chain.shiftCharge(shift);
}
