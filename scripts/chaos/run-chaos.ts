import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../src/base/node-error.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { asCount } from '../../src/chain/stack-item-values.js';
import type { SeededRandom } from '../simulator/seeded-random.js';
import { inStep } from './in-step.js';
import { fatesOf, type LoadCounts, type LoadFates, startLoad } from './load.js';
import { besideOf, type Plan, type Trouble } from './plan.js';
import { makeTrouble } from './troubles.js';
import { judge, type Verdict } from './verdict.js';
import type { World } from './world.js';

/** One trouble that was made. */
export interface Made {
  readonly trouble: Trouble;
  readonly what: string;
  /** What came while it lasted. */
  readonly beside: Trouble | null;
  readonly failure: string | null;
  /** From its end until the node was in step with the chain. */
  readonly recoveredMs: number | null;
}

export interface ChaosResult {
  readonly made: readonly Made[];
  readonly load: LoadCounts;
  readonly fates: LoadFates;
  readonly verdict: Verdict;
  readonly lives: number;
}

export interface ChaosOptions {
  readonly minutes: number;
  readonly random: SeededRandom;
  readonly plan: Plan;
  /** Between transactions of the load, on average. */
  readonly everyMs: number;
  tell(step: string): void;
}

/** Of the whole time, how long troubles come that end the node's process. */
const DEADLY_SHARE = 0.5;
const GAP_MS = [1_000, 6_000] as const;
const SPARE_BLOCKS = 60;
const CHECK_MS = 500;

/** Loads and troubles a world for so many minutes, lets it come to rest, and judges it. */
export async function runChaos(world: World, options: ChaosOptions): Promise<ChaosResult> {
  const { random, plan, tell, minutes } = options;
  const { devnet, cast, source, node } = world;
  await node.start();
  await inStep(world);
  await giveSecret(world);
  const load = startLoad({
    devnet,
    cast,
    sourceUrl: source.url,
    random: random.fork('load'),
    everyMs: options.everyMs,
  });
  const made: Made[] = [];
  const startMs = performance.now();
  const pass = (list: readonly Trouble[], must: number, untilMs: number) =>
    makeAll(world, { ...options, made, list, must, untilMs });
  try {
    await pass(plan.first, plan.mustFirst, startMs + DEADLY_SHARE * minutes * 60_000);
    await pass(plan.second, plan.mustSecond, startMs + minutes * 60_000);
  } finally {
    await load.stop();
  }
  tell('no more trouble: waiting for the last answers');
  await comeToRest(world);
  const fates = await fatesOf(devnet, load.sent);
  tell('judging');
  const restores = made.filter(({ trouble }) => trouble === 'restore a backup').length;
  return {
    made,
    load: load.counts,
    fates,
    verdict: await judge(world, restores),
    lives: node.lives.length,
  };
}

interface Part extends ChaosOptions {
  readonly made: Made[];
  readonly list: readonly Trouble[];
  readonly must: number;
  readonly untilMs: number;
}

async function makeAll(world: World, part: Part): Promise<void> {
  const { list, must, untilMs, random, made, tell, plan } = part;
  for (const [at, trouble] of list.entries()) {
    if (at >= must && performance.now() >= untilMs) return;
    await delay(random.between(...GAP_MS));
    const own = random.fork(`${made.length} ${trouble}`);
    const one = await makeOne(world, { trouble, mayBeside: plan.allowsBeside }, own);
    made.push(one);
    const after = one.recoveredMs === null ? 'not in step' : `in step after ${one.recoveredMs} ms`;
    tell(`${trouble}: ${one.failure ?? one.what}; ${after}`);
    await world.lookAtMetrics();
  }
}

async function makeOne(
  world: World,
  { trouble, mayBeside }: { trouble: Trouble; mayBeside: boolean },
  random: SeededRandom,
): Promise<Made> {
  const failures: string[] = [];
  const noted = (error: unknown): null => {
    failures.push(messageOf(error));
    return null;
  };
  const beside = mayBeside ? besideOf(random, trouble) : null;
  const all = beside === null ? [trouble] : [trouble, beside];
  const told = await Promise.all(
    all.map((each) => makeTrouble[each](world, random.fork(each)).catch(noted)),
  );
  const what = beside === null ? (told[0] ?? '') : `${told[0] ?? ''}; beside it ${beside}`;
  if (failures.length > 0) await world.node.start();
  const recovered = await inStep(world).catch(noted);
  return {
    trouble,
    what,
    beside,
    failure: failures.length === 0 ? null : failures.join('; '),
    recoveredMs: recovered,
  };
}

/** The secret that requests and functions of the first consumer use. */
async function giveSecret({ node, devnet, cast, source, folder }: World): Promise<void> {
  const mine = ['API_KEY', '--owner', devnet.owner.address];
  const requester = cast.consumers[0].hash;
  const grant = ['secrets', 'grant', ...mine, '--requester', requester, '--host', source.url];
  for (const words of [
    ['secrets', 'set', ...mine, '--file', `${folder}/inputs/api-key.txt`],
    [...grant, '--web'],
    [...grant, '--code', cast.codeHash],
  ]) {
    const { exitCode, text } = await node.command(words);
    if (exitCode !== 0) throw new Error(`dodona ${words.join(' ')}: ${text}`);
  }
}

/** Cancels the upkeeps and waits until nothing is pending, for as long as requests can live. */
async function comeToRest({ devnet, cast }: World): Promise<void> {
  const { cancelUpkeep } = gatewayCalls(devnet.gateway);
  for (const id of cast.upkeeps) {
    const sent = await devnet.send(devnet.owner, cancelUpkeep(id));
    await devnet.applied(sent);
  }
  const lastBlock = (await devnet.height()) + cast.lifetimeBlocks + SPARE_BLOCKS;
  while ((await devnet.height()) < lastBlock) {
    const pending = await devnet.read(devnet.gateway, 'pendingCount');
    if (asCount(pending, 'pendingCount') === 0) return;
    await delay(CHECK_MS);
  }
}
