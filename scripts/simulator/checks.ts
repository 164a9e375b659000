import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { messageOf } from '../../src/base/node-error.js';
import { createRpcClient, type Rpc } from '../../src/chain/rpc.js';
import { proveAtTip } from '../../src/node/prove-books.js';
import { rebuildBooks } from '../../src/node/rebuild-books.js';
import { createTransactionStore } from '../../src/pipeline/transaction-store.js';
import { type Database, prepareDatabase } from '../../src/storage/database.js';
import { createLife, createVirtualClock } from './life.js';
import { createSeededRandom } from './seeded-random.js';
import type { SimulatedNode } from './simulated-node.js';
import { rpcUrl } from './simulated-rpc.js';
import type { Simulation } from './simulation.js';
import { pooled } from './statement-pool.js';

/** What on the chain breaks a promise. */
export function checkChain(simulation: Simulation): string[] {
  const { views } = simulation.chain;
  const failures = [
    ...checkRuns(simulation),
    ...checkSteadyUpkeep(simulation),
    ...checkWaste(simulation),
  ];
  for (const { id, endings, maxFee } of views.requests()) {
    if (endings.length !== 1) failures.push(`request ${id} ended ${endings.length} times`);
    for (const ending of endings) {
      if (ending.kind === 'expired' && ending.refund !== maxFee) {
        failures.push(`request ${id} was refunded ${ending.refund} of ${maxFee}`);
      }
      if (ending.kind !== 'answered') continue;
      const charged = ending.fee + ending.lost + ending.premium;
      if (charged > maxFee) failures.push(`request ${id} was charged ${charged} of ${maxFee}`);
    }
  }
  const { held, credit, reserved, earned } = views.balances();
  const owed = [credit, reserved, earned].flatMap((each) => [...each.values()]);
  const sum = owed.reduce((total, amount) => total + amount, 0n);
  if (sum !== held) failures.push(`the gateway holds ${held} and owes ${sum}`);
  return failures;
}

/** At most one run of each occurrence, none after a cancellation, none dearer than agreed. */
function checkRuns({ chain }: Simulation): string[] {
  const runs = chain.views.upkeepRuns();
  return chain.views.upkeeps().flatMap(({ id, maxFee, cancelled }) => {
    const failures: string[] = [];
    let last = -1n;
    for (const { due, block, fee, lost, premium } of runs.filter((run) => run.id === id)) {
      if (due <= last) failures.push(`upkeep ${id} ran for ${due} after ${last}`);
      if (cancelled !== null && block > cancelled) failures.push(`upkeep ${id} ran cancelled`);
      if (fee + lost + premium > maxFee) failures.push(`a run of upkeep ${id} cost too much`);
      last = due;
    }
    return failures;
  });
}

/** With one node, no answer is paid for that the gateway skips: the one before was dead. */
function checkWaste({ chain, nodes, nodeAccount }: Simulation): string[] {
  if (nodes.length > 1) return [];
  return chain.views.transactions().flatMap(({ sender, state, script, events, hash }) => {
    const isAnswer = sender === nodeAccount && script.includes('respond');
    const hadEffect = events.some(({ name }) => name === 'Response');
    return isAnswer && state === 'HALT' && !hadEffect ? [`${hash} answered nothing`] : [];
  });
}

const STEADY_SLACK_BLOCKS = 16;
/** What a clock that was ahead put off looks for a minute as if it were put off by as much. */
const AFTER_JUMPS_MS = 60_000;

/** What is funded and feasible runs, once nothing goes wrong. */
function checkSteadyUpkeep(simulation: Simulation): string[] {
  const { chain, cast, faults, calmBlock, config, blockMs } = simulation;
  const { views } = chain;
  const upkeep = views.upkeeps().find(({ owner }) => owner === cast.steady);
  // What FAULTs for no reason that the node could know, it leaves alone for a while.
  if (upkeep === undefined || calmBlock === null || faults.isOn('transaction faulted')) return [];
  // A run that was sent before may be under way for as long as its transaction lives.
  const afterJumps = faults.isOn('clock jumped') ? Math.ceil(AFTER_JUMPS_MS / blockMs) : 0;
  const patience = config.pipeline.validUntilBlocks + STEADY_SLACK_BLOCKS + afterJumps;
  if (views.height() - calmBlock < patience) return [];
  const runs = views.upkeepRuns().filter(({ id }) => id === upkeep.id);
  const last = Number(runs.at(-1)?.due ?? 0n);
  if (last > calmBlock) return [];
  return [`upkeep ${upkeep.id} ran last for ${last}; all was well from ${calmBlock} on`];
}

/** What in a node's database breaks a promise, by the means that operators have. */
export async function checkNode(simulation: Simulation, node: SimulatedNode): Promise<string[]> {
  const image = node.disk.image();
  const failures: string[] = [];
  if (simulation.isSecret(image)) failures.push(`${node.name} wrote a secret down`);
  const db = pooled(prepareDatabase(new SqliteDatabase(image)));
  const folder = mkdtempSync(join(tmpdir(), 'dodona-simulator-'));
  try {
    const file = join(folder, 'books.sqlite');
    writeFileSync(file, image);
    failures.push(...checkRows(db), ...checkSent(simulation, db));
    failures.push(...(await checkBooks(simulation, db, file)));
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
  return failures.map((failure) => `${node.name}: ${failure}`);
}

/** Each query finds what must not be there. */
const FORBIDDEN_ROWS: Readonly<Record<string, string>> = {
  'broken pages': "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
  'rows without parents': 'SELECT * FROM pragma_foreign_key_check',
  'open requests': "SELECT id, state FROM request WHERE state NOT IN ('answered', 'expired')",
};

function checkRows(db: Database): string[] {
  return Object.entries(FORBIDDEN_ROWS).flatMap(([what, query]) => {
    const found = db.prepare(query).all();
    return found.length === 0 ? [] : [`${what}: ${textOf(found.slice(0, 3))}`];
  });
}

/** What is in a block was written down before it was sent; a second node may have sent it. */
function checkSent({ chain, nodes, nodeAccount }: Simulation, db: Database): string[] {
  if (nodes.length > 1) return [];
  const store = createTransactionStore(db);
  return chain.views
    .transactions()
    .filter(({ sender, hash }) => sender === nodeAccount && store.get(hash) === null)
    .map(({ hash }) => `${hash} was sent and never written down`);
}

/** Ledger = chain, and the ledger that the chain alone gives is the same. */
async function checkBooks(
  simulation: Simulation,
  books: Database,
  booksFile: string,
): Promise<string[]> {
  const { time } = simulation;
  const rpc = faultlessRpc(simulation);
  const random = createSeededRandom('checks');
  const clock = createVirtualClock(time, createLife(), { wallMs: 0, random });
  const { config } = simulation;
  const fresh = pooled(prepareDatabase(new SqliteDatabase(simulation.emptyDatabase)));
  const signal = new AbortController().signal;
  const parts = { config, rpc, each: [rpc], clock, signal, onProgress: () => {} };
  const work = (async () => {
    const proof = await proveAtTip({ rpc, config }, books, async () => {});
    const rebuilt = await rebuildBooks({ ...parts, books, booksFile, fresh });
    return { proof, rebuilt };
  })();
  try {
    const { proof, rebuilt } = await during(simulation, work);
    const { differences, unsound, sum } = proof;
    return [
      ...(differences.length > 0 ? [`ledger and chain differ: ${textOf(differences)}`] : []),
      ...(unsound.length > 0 ? [`unsound accounts: ${textOf(unsound)}`] : []),
      ...(sum !== 0n ? [`the ledger sums to ${sum}`] : []),
      ...(rebuilt.accounts.length + rebuilt.differingTransfers > 0
        ? [`the rebuilt ledger differs: ${textOf([rebuilt.accounts, rebuilt.transfers])}`]
        : []),
    ];
  } catch (error) {
    return [`the books could not be checked: ${messageOf(error)}`];
  } finally {
    fresh.close();
  }
}

/** The outcome of work that waits for the simulation's time. */
async function during<T>({ time }: Simulation, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = (): void => {
    isDone = true;
  };
  work.then(done, done);
  await time.run(() => isDone);
  return work;
}

/** An endpoint that is as the chain is. */
const faultlessRpc = ({ chain, time }: Simulation): Rpc =>
  createRpcClient({
    url: rpcUrl(0),
    clock: { nowMs: time.nowMs, monotonicMs: time.nowMs, sleep: async () => {} },
    connect: () => ({
      label: 'the chain',
      post: async (body) => ({ ...chain.post(0, body()), date: null }),
      close: () => {},
    }),
  });

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? String(each) : each));
