import type { Clock } from '../base/clock.js';
import type { Hash256 } from '../base/hash.js';
import { isRetryable, NodeError } from '../base/node-error.js';
import { type BackOff, backOffMs } from './back-off.js';
import type { BlockRun, BlockSource, ChainTip, TailedBlock } from './block-source.js';
import type { BlockWake } from './block-wake.js';

/** A block whose hash is known from before. */
export interface KnownBlock {
  readonly height: number;
  readonly hash: Hash256;
}

export interface TailOptions {
  readonly source: BlockSource;
  /** Index of the first block to deliver. */
  readonly fromIndex: number;
  /** A block before it that must be on this chain; null where nothing is known. */
  readonly known?: KnownBlock | null;
  readonly wake: BlockWake;
  readonly clock: Clock;
  /** Ends the iteration, without an error. */
  readonly signal: AbortSignal;
  /** Blocks read at once when behind. */
  readonly runBlocks?: number;
  /** Runs under way or waiting to be taken, when behind. */
  readonly windowRuns?: number;
  /** A run is delivered in parts that end with the block that brings so many events. */
  readonly partEvents?: number;
  /**
   * While catching up: before more than one run is read, then once in `progressEveryMs`, and at the
   * end if it took longer than that.
   */
  readonly onProgress?: (progress: TailProgress) => void;
  readonly progressEveryMs?: number;
  /** Reading failed and is tried again after a while. */
  readonly onTrouble?: (trouble: TailTrouble) => void;
  /** How long the chain may be shorter than what was read, before it is an error. */
  readonly behindLimitMs?: number;
}

export interface TailProgress {
  /** Latest block delivered, and the one to reach. */
  readonly index: number;
  readonly target: number;
  /** Blocks delivered since catching up began, and the time it took. */
  readonly blocks: number;
  readonly durationMs: number;
}

export interface TailTrouble {
  readonly error: unknown;
  /** Block that could not be read. */
  readonly index: number;
  readonly retryInMs: number;
}

/**
 * Two calls a block and two headers a run make sixteen exchanges of 100 calls, the most that neo-go
 * takes in one. In runs of half as many, catching up took a tenth longer.
 */
export const DEFAULT_RUN_BLOCKS = 798;
/** One run keeps four connections busy; the others wait for it and for whoever takes the blocks. */
export const DEFAULT_WINDOW_RUNS = 3;
/** Some 0.2 s of work: so long a run with many events keeps all else waiting, at most. */
export const DEFAULT_PART_EVENTS = 1_000;
export const DEFAULT_BEHIND_LIMIT_MS = 60_000;
const DEFAULT_PROGRESS_EVERY_MS = 1_000;
const RETRY: BackOff = { firstMs: 100, maxMs: 5_000 };

/**
 * Delivers every block from `fromIndex` on, in strict order of height, for ever: as fast as it can
 * while behind, then as they come. Trouble with endpoints is retried. Throws a NodeError
 * CHAIN_BEHIND_CURSOR when the chain is shorter than what was read before, or CHAIN_DIFFERENT when
 * it is another one.
 */
export async function* tailBlocks(options: TailOptions): AsyncGenerator<TailedBlock, void> {
  for await (const run of tailBlockRuns(options)) yield* run;
}

/** As `tailBlocks`, but in runs of blocks, for one database transaction each. */
export async function* tailBlockRuns(
  options: TailOptions,
): AsyncGenerator<readonly TailedBlock[], void> {
  const { source, wake, signal } = options;
  const own = new AbortController();
  const end = (): void => own.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const tail = { options, signal: own.signal };
  try {
    let next = options.fromIndex;
    let previous = await startingPoint(tail);
    for (;;) {
      const at = next;
      const tip = await persist(tail, at, () => readTip(source, at, own.signal));
      if (tip.next !== null) {
        previous = follow(tip.next, at, previous);
        yield tip.next.blocks;
        next += 1;
      }
      if (tip.blockCount > next) {
        for await (const run of catchUp(tail, next, tip.blockCount - 1)) {
          previous = follow(run, next, previous);
          yield* inParts(tail, run.blocks);
          next += run.blocks.length;
        }
      } else {
        await wake.wait(next, own.signal);
      }
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    signal.removeEventListener('abort', end);
    own.abort();
  }
}

interface Tail {
  readonly options: TailOptions;
  readonly signal: AbortSignal;
}

/** Proves that the known block is on this chain; its hash if the first block follows it. */
async function startingPoint(tail: Tail): Promise<Hash256 | null> {
  const { source, fromIndex, known } = tail.options;
  if (!known) return null;
  const found = await persist(tail, known.height, async () => {
    const hash = await source.hashAt(known.height, tail.signal);
    if (hash === null) throw behind(known.height);
    return hash;
  });
  if (found !== known.hash) throw different(known.height, known.hash, found);
  return known.height === fromIndex - 1 ? found : null;
}

async function readTip(source: BlockSource, index: number, signal: AbortSignal): Promise<ChainTip> {
  const tip = await source.tip(index, signal);
  if (tip.blockCount < index) throw behind(index - 1);
  return tip;
}

/**
 * Repeats what fails for a reason that may pass. A chain that is too short may be a node that still
 * loads blocks, so it gets a while, too.
 */
async function persist<T>(tail: Tail, index: number, read: () => Promise<T>): Promise<T> {
  const { clock, onTrouble, behindLimitMs = DEFAULT_BEHIND_LIMIT_MS } = tail.options;
  const startMs = clock.monotonicMs();
  for (let failures = 1; ; failures++) {
    try {
      return await read();
    } catch (error) {
      tail.signal.throwIfAborted();
      if (!isRetryable(error)) throw error;
      if (isBehind(error) && clock.monotonicMs() - startMs >= behindLimitMs) {
        throw behind(index, error);
      }
      const retryInMs = backOffMs(RETRY, failures);
      onTrouble?.({ error, index, retryInMs });
      await clock.sleep(retryInMs, tail.signal);
    }
  }
}

/** Reads several runs at once, and delivers them in order. */
async function* catchUp(tail: Tail, fromIndex: number, toIndex: number): AsyncGenerator<BlockRun> {
  const { source, runBlocks = DEFAULT_RUN_BLOCKS } = tail.options;
  const { windowRuns = DEFAULT_WINDOW_RUNS } = tail.options;
  const report = progressReport(tail.options, fromIndex, toIndex);
  const underWay: { from: number; count: number; run: Promise<BlockRun> }[] = [];
  let nextToAsk = fromIndex;
  const fill = (): void => {
    while (nextToAsk <= toIndex && underWay.length < windowRuns) {
      const from = nextToAsk;
      const count = Math.min(runBlocks, toIndex - from + 1);
      const run = source.read(from, count, tail.signal);
      // Whoever takes it sees the failure; until then it must not end the process.
      run.catch(() => {});
      underWay.push({ from, count, run });
      nextToAsk += count;
    }
  };
  for (fill(); underWay.length > 0; fill()) {
    const { from, count, run } = underWay[0] as (typeof underWay)[number];
    let first: Promise<BlockRun> | null = run;
    const blocks = await persist(tail, from, () => {
      const attempt = first ?? source.read(from, count, tail.signal);
      first = null;
      return attempt;
    });
    underWay.shift();
    fill();
    yield blocks;
    report(from + count - 1, count);
  }
}

/** Whoever else has something to do comes between two parts. */
async function* inParts({ options, signal }: Tail, blocks: readonly TailedBlock[]) {
  const { clock, partEvents = DEFAULT_PART_EVENTS } = options;
  let [from, events] = [0, 0];
  for (const [at, { notifications }] of blocks.entries()) {
    events += notifications.length;
    // The last block of a part has its hash, as all have that hold events.
    if (events < partEvents || at === blocks.length - 1) continue;
    yield blocks.slice(from, at + 1);
    [from, events] = [at + 1, 0];
    await clock.sleep(0, signal);
  }
  yield blocks.slice(from);
}

/** Says how far it is, when catching up takes longer than a moment. */
function progressReport(options: TailOptions, fromIndex: number, target: number) {
  const { clock, onProgress, progressEveryMs = DEFAULT_PROGRESS_EVERY_MS } = options;
  const { runBlocks = DEFAULT_RUN_BLOCKS } = options;
  const startMs = clock.monotonicMs();
  let lastMs = startMs;
  let blocks = 0;
  if (target - fromIndex >= runBlocks) {
    onProgress?.({ index: fromIndex - 1, target, blocks, durationMs: 0 });
  }
  return (index: number, count: number): void => {
    blocks += count;
    const nowMs = clock.monotonicMs();
    const isEnd = index === target && lastMs > startMs;
    if (nowMs - lastMs < progressEveryMs && !isEnd) return;
    lastMs = nowMs;
    onProgress?.({ index, target, blocks, durationMs: nowMs - startMs });
  };
}

/** Checks that a run is the one that follows, and returns the hash of its last block. */
function follow(run: BlockRun, index: number, previous: Hash256 | null): Hash256 | null {
  run.blocks.forEach((block, at) => {
    if (block.index !== index + at) {
      throw new Error(`bug: block ${block.index} where ${index + at} is due`);
    }
  });
  if (previous !== null && run.previousHash !== previous) {
    throw different(index - 1, previous, run.previousHash);
  }
  return run.blocks.at(-1)?.hash ?? null;
}

const isBehind = (error: unknown): boolean =>
  error instanceof NodeError &&
  (error.code === 'CHAIN_BEHIND_CURSOR' || error.code === 'RPC_ENDPOINTS_BEHIND');

const behind = (height: number, cause?: unknown): NodeError =>
  new NodeError(
    'CHAIN_BEHIND_CURSOR',
    `the chain of the RPC endpoint ends before block ${height}, which was read before`,
    {
      retryable: true,
      hint:
        'If the Neo node is still loading blocks, start again when it is done. If the network ' +
        'was reset, remove the database: everything in it comes from the chain.',
      cause,
      details: { height },
    },
  );

const different = (height: number, expected: Hash256, found: Hash256): NodeError =>
  new NodeError(
    'CHAIN_DIFFERENT',
    `block ${height} has the hash ${found}, but ${expected} was read before: it is another chain`,
    {
      hint:
        'Check the RPC endpoints. If the network was reset, remove the database: everything in ' +
        'it comes from the chain.',
      details: { height, expected, found },
    },
  );
