import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChainMoment, nextOccurrence } from '../../src/automation/occurrences.js';
import { createOwnerStore } from '../../src/automation/owner-store.js';
import { readTrigger } from '../../src/automation/trigger.js';
import { createUpkeepEvents, DEFAULT_FAILURE_RULE } from '../../src/automation/upkeep-events.js';
import { createUpkeepStore } from '../../src/automation/upkeep-store.js';
import { createWatchStore } from '../../src/automation/watch-store.js';
import { systemClock } from '../../src/base/clock.js';
import { type Hash160, type Hash256, hash160, hash256 } from '../../src/base/hash.js';
import { createDueRuns, type FoundRun } from '../../src/pipeline/due-runs.js';
import { createFollowEvents } from '../../src/pipeline/follow-events.js';
import type { UpkeepPort } from '../../src/pipeline/upkeep-port.js';
import {
  type Database,
  inRepeatableTransaction,
  inTransaction,
  openDatabase,
} from '../../src/storage/database.js';
import { silentLog } from '../../src/telemetry/log.js';
import type { BenchOptions } from './bench-options.js';
import { type BenchResult, figure } from './report.js';
import { median, percentile } from './statistics.js';

const FULL = { upkeeps: 10_000, blocks: 1_000 };
const QUICK = { upkeeps: 200, blocks: 30 };
const FEW = 100;
/** Blocks of Neo's main network. */
const BLOCK_MS = 15_000;
const BEGUN: ChainMoment = { block: 1_000, timeMs: Date.parse('2026-01-01T00:00Z') };
/** As of the configuration: runs in one transaction, and transactions prepared at once. */
const MAX_FOUND = 32 * 4;
const CONTRACTS = 32;

/**
 * What upkeeps add to each block: looking for what is due (cron, blocks, events, conditions), and
 * taking in the runs of those that were. Preflights and the sending of transactions cost per run,
 * not per registered upkeep; the network's answers take no time here.
 */
export async function runAutomation({ quick, size, tell }: BenchOptions): Promise<BenchResult> {
  const { upkeeps: usual, blocks } = quick ? QUICK : FULL;
  const many = size ?? usual;
  const folder = mkdtempSync(join(tmpdir(), 'dodona-automation-'));
  try {
    tell(`${blocks} blocks with ${many} upkeeps`);
    const measured = await measure(join(folder, 'many.sqlite'), many, blocks);
    tell(`${blocks} blocks with ${FEW} upkeeps`);
    const floor = await measure(join(folder, 'few.sqlite'), FEW, blocks);
    const tenth = Math.ceil(many / 10);
    tell(`${blocks} blocks with ${tenth} upkeeps`);
    const fewer = await measure(join(folder, 'tenth.sqlite'), tenth, blocks);
    return resultOf(many, blocks, measured, { few: floor, tenth: fewer });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Measured {
  /** Milliseconds a block. */
  readonly blockMs: number[];
  readonly findMs: number[];
  readonly runs: number;
}

async function measure(path: string, upkeeps: number, blocks: number): Promise<Measured> {
  const db = openDatabase(path);
  try {
    registerAll(db, upkeeps);
    const step = createStep(db);
    const measured: Measured = { blockMs: [], findMs: [], runs: 0 };
    let runs = 0;
    for (let at = 1; at <= blocks; at++) {
      const now = { block: BEGUN.block + at, timeMs: BEGUN.timeMs + at * BLOCK_MS };
      const startedMs = performance.now();
      const found = await step.find(now);
      const foundMs = performance.now();
      step.settle(found, now);
      measured.findMs.push(foundMs - startedMs);
      measured.blockMs.push(performance.now() - startedMs);
      runs += found.length;
    }
    return { ...measured, runs };
  } finally {
    db.close();
  }
}

/** 40 % by blocks, 40 % by time, 10 % events, 10 % conditions. */
function triggerOf(at: number): string {
  switch (at % 10) {
    case 8:
      return `on:${hashOf(at % CONTRACTS)}:Transfer`;
    case 9:
      return 'when:isDue';
    case 0:
    case 2:
    case 4:
    case 6:
      return `every:${200 + ((at * 37) % 1_800)}`;
    default:
      return `cron:${at % 60} ${at % 5 === 0 ? '*' : at % 24} * * *`;
  }
}

function registerAll(db: Database, upkeeps: number): void {
  const store = createUpkeepStore(db);
  inTransaction(db, () => {
    for (let at = 0; at < upkeeps; at++) {
      const triggerText = triggerOf(at);
      const read = readTrigger(triggerText);
      if (read.kind !== 'trigger') throw new Error(`bug: ${triggerText}: ${read.reason}`);
      const { trigger } = read;
      const who = { owner: hashOf(1_000 + (at % 500)), target: hashOf(at), method: 'run' };
      const terms = { triggerText, trigger, maxFee: 100_000_000n };
      const place = { registered: BEGUN, registeredTx: txOf(at) };
      const next = nextOccurrence(trigger, { registered: BEGUN, lastDue: null });
      store.add({ id: BigInt(at + 1), ...who, ...terms, ...place }, 'waits', next);
    }
  });
}

function createStep(db: Database) {
  const upkeeps = createUpkeepStore(db);
  const watches = createWatchStore(db);
  const events = createUpkeepEvents(
    { upkeeps, owners: createOwnerStore(db), watches },
    DEFAULT_FAILURE_RULE,
  );
  const { signal } = new AbortController();
  const upkeepChain = {
    conditions: async (asked: readonly unknown[]) =>
      asked.map((_, at) => ({ kind: 'said' as const, isMet: at % 50 === 0 })),
  } as unknown as UpkeepPort;
  const follow = createFollowEvents({
    db,
    watches,
    eventReader: {
      read: async (from, count, contracts) =>
        Array.from({ length: count }, (_, at) => {
          const contract = contracts[(from + at) % contracts.length] as Hash160;
          return { block: from + at, contract, name: 'Transfer' };
        }),
    },
    log: silentLog,
    maxWatchedContracts: 256,
    signal,
  });
  const conditionLimits = { maxGas: 10_000_000n, perBlock: 200 };
  const given = { db, upkeeps, watches, clock: systemClock, log: silentLog };
  const dueRuns = createDueRuns({ ...given, upkeepChain, conditionLimits });
  return {
    async find(now: ChainMoment): Promise<FoundRun[]> {
      await follow(now.block);
      return dueRuns.find(now, MAX_FOUND, new Set());
    },
    settle(found: readonly FoundRun[], at: ChainMoment): void {
      inRepeatableTransaction(db, () => {
        for (const { row, run } of found) {
          const { id, owner, maxFee: locked } = row;
          const costs = { fee: 10_000_000n, lost: 0n, premium: 0n, locked };
          const told = {
            name: 'UpkeepPerformed',
            id,
            owner,
            due: run.due,
            delivered: true,
          } as const;
          events.take({ ...told, ...costs }, { at, tx: txOf(at.block), nowMs: 0 });
        }
      });
    },
  };
}

const hashOf = (number: number): Hash160 => hash160(`0x${number.toString(16).padStart(40, '0')}`);
const txOf = (number: number): Hash256 => hash256(`0x${number.toString(16).padStart(64, '0')}`);

function resultOf(
  upkeeps: number,
  blocks: number,
  many: Measured,
  { few, tenth }: { readonly few: Measured; readonly tenth: Measured },
): BenchResult {
  return {
    bench: 'automation',
    summary:
      `${upkeeps} registered upkeeps (40 % by blocks, 40 % by time, 10 % events of ${CONTRACTS} ` +
      `contracts, 10 % conditions) over ${blocks} blocks of ${BLOCK_MS / 1_000} s: looking for ` +
      'what is due, and taking in its runs, on a database on disk; preflights are not in it',
    figures: [
      figure('addedP50', median(many.blockMs), 'ms', '<= 50'),
      figure('addedP99', percentile(many.blockMs, 0.99), 'ms'),
      figure('addedMost', Math.max(...many.blockMs), 'ms'),
      figure('findP50', median(many.findMs), 'ms'),
      figure('runsPerBlock', many.runs / blocks, 'runs'),
    ],
    floor: [
      figure('addedP50OfTenth', median(tenth.blockMs), 'ms'),
      figure('addedP50OfFew', median(few.blockMs), 'ms'),
      figure('addedP99OfFew', percentile(few.blockMs, 0.99), 'ms'),
      figure('runsPerBlockOfFew', few.runs / blocks, 'runs'),
    ],
  };
}
