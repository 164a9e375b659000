import { createHash } from 'node:crypto';
import { createOwnAccountStore } from '../../src/gasbank/own-account-store.js';
import { createCursorStore } from '../../src/pipeline/cursor-store.js';
import type { Database } from '../../src/storage/database.js';
import { disturbEndpoints, healEndpoints } from './chain-faults.js';
import { checkChain, checkNode } from './checks.js';
import type { FaultName } from './faults.js';
import { ProcessDied } from './life.js';
import type { SimulatedNode } from './simulated-node.js';
import { createSimulation, type Simulation, type SimulationGround } from './simulation.js';

/** What became of one seed. */
export interface SeedResult {
  readonly seed: number;
  /** Of everything that happened. */
  readonly digest: string;
  /** What must not be; empty when the promises held. */
  readonly failures: readonly string[];
  /** The last lines of what happened, of a seed that failed. */
  readonly latest: readonly string[];
  readonly faults: Readonly<Record<FaultName, number>>;
  readonly requests: number;
  readonly blocks: number;
}

/**
 * Blocks after which what was asked has ended, answered or not: what a clock that was ahead put off
 * looks for a minute as if it were put off by as much.
 */
const QUIET_BLOCKS = 160;
/** The nodes have so long to read the last block. */
const SETTLE_MS = 60_000;

/** Runs one simulation to its end, and holds what came of it against the promises. */
export async function runSeed(
  seed: number,
  ground: SimulationGround,
  tell?: (line: string) => void,
): Promise<SeedResult> {
  const simulation = createSimulation(seed, ground, tell);
  const { chain, nodes, history, failures, faults, time } = simulation;
  const onLoose = (error: unknown): void => noteLoose(simulation, error);
  process.on('unhandledRejection', onLoose);
  process.on('uncaughtException', onLoose);
  try {
    await runBlocks(simulation);
    if (failures.length === 0) await settle(simulation);
    for (const node of nodes) node.end();
    await time.run(() => nodes.every((node) => node.database() === null));
    if (failures.length === 0) failures.push(...checkChain(simulation));
    for (const node of failures.length === 0 ? nodes : []) {
      failures.push(...(await checkNode(simulation, node)));
    }
  } finally {
    process.off('unhandledRejection', onLoose);
    process.off('uncaughtException', onLoose);
  }
  for (const { name, disk } of nodes) {
    history.note(`${name} ends`, createHash('sha256').update(disk.image()).digest('hex'));
  }
  return {
    ...{ seed, failures, digest: history.digest(), faults: faults.counts() },
    latest: failures.length === 0 ? [] : history.latest(),
    requests: chain.views.requests().length,
    blocks: chain.views.height(),
  };
}

function noteLoose({ failures }: Simulation, error: unknown): void {
  if (error instanceof Error && error.name === 'ProcessDied') return;
  const stack = error instanceof Error ? error.stack : String(error);
  failures.push(`a failure that nobody handles, which ends the process: ${stack}`);
}

async function runBlocks(simulation: Simulation): Promise<void> {
  const { chain, nodes, scenario, time, failures, blockMs, random, length } = simulation;
  let made = 0;
  let quiet = 0;
  let isCalm = false;
  scenario.prepare();
  produce(simulation);
  for (const node of nodes) node.begin();
  const next = (): void => {
    if (isOver()) return;
    made += 1;
    if (made <= length.busyBlocks) scenario.act();
    else quiet += 1;
    if (quiet === 1) calmDown(simulation);
    produce(simulation);
    isCalm = quiet >= length.calmBlocks && isTrueOfAll(nodes, haveWalletsOpened);
    plan();
  };
  const plan = (): void => {
    time.after(blockMs * (0.6 + 0.8 * random.next()), next);
  };
  const isOver = (): boolean =>
    failures.length > 0 || (isCalm && isEnded(simulation)) || quiet >= QUIET_BLOCKS;
  plan();
  await time.run(isOver);
  if (failures.length > 0 || isEnded(simulation)) return;
  const open = chain.views.requests().filter(({ endings }) => endings.length === 0);
  const ids = open.map(({ id, deadline }) => `${id} (deadline ${deadline})`);
  failures.push(`requests that never ended by block ${chain.views.height()}: ${ids.join(', ')}`);
}

function produce(simulation: Simulation): void {
  const { chain, history } = simulation;
  const block = chain.produceBlock(Math.floor(simulation.trueMs()));
  const applied = block.transactions.map(({ state, hash }) => `${state} ${hash}`);
  history.note(`block ${block.index} with ${applied.length} transactions`, applied.join());
  disturbEndpoints(simulation);
  simulation.announce(block.index);
}

/** From now on nothing goes wrong: whatever is open must come to its end. */
function calmDown(simulation: Simulation): void {
  const { chain, faults, scenario, config, nodes, history } = simulation;
  simulation.calmBlock = chain.views.height();
  history.note('from now on all is well');
  faults.end();
  healEndpoints(chain, config.network.rpcUrls.length);
  scenario.calm();
  for (const node of nodes) node.begin();
}

const isEnded = ({ chain, nodeAccount }: Simulation): boolean =>
  chain.views.requests().every(({ endings }) => endings.length > 0) &&
  chain.views.waiting().every(({ sender }) => sender !== nodeAccount);

/** What wallets held before there were books is asked of all endpoints, and so takes a while. */
const haveWalletsOpened = (db: Database): boolean =>
  createOwnAccountStore(db)
    .all()
    .every(({ openedBlock }) => openedBlock !== null);

/** A look is a step of the node, too, and may be its last. */
function isTrueOfAll(
  nodes: readonly SimulatedNode[],
  isTrue: (database: Database) => boolean,
): boolean {
  return nodes.every((node) => {
    const database = node.database();
    try {
      return database !== null && isTrue(database);
    } catch (error) {
      if (error instanceof ProcessDied) return false;
      throw error;
    }
  });
}

/** Until every node has read the last block, and rests. */
async function settle(simulation: Simulation): Promise<void> {
  const { time, nodes, chain, failures } = simulation;
  const untilMs = time.nowMs() + SETTLE_MS;
  const isStored = (db: Database): boolean =>
    createCursorStore(db).read()?.height === chain.views.height();
  const look = (): void => {
    isRead = isTrueOfAll(nodes, isStored);
    if (!isRead && time.nowMs() <= untilMs) time.after(500, look);
  };
  // One look more could be a node's last step, and would tell of nothing.
  let isRead = false;
  look();
  await time.run(() => isRead || time.nowMs() > untilMs || failures.length > 0);
  if (!isRead) failures.push(`a node did not read up to block ${chain.views.height()}`);
}
