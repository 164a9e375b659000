import type { Clock } from '../base/clock.js';
import { isRetryable, messageOf, NodeError } from '../base/node-error.js';
import type { Log } from '../telemetry/log.js';
import { type BackOff, backOffMs } from './back-off.js';
import type { BlockRun, BlockSource } from './block-source.js';

/** One endpoint by itself. */
export interface BlockTeller {
  /** As messages name it. */
  readonly endpoint: string;
  readonly source: Pick<BlockSource, 'read'>;
}

export interface AgreedBlocksOptions {
  /** All endpoints together, which say how long the chain is. */
  readonly source: BlockSource;
  readonly tellers: readonly BlockTeller[];
  /** Endpoints that have to tell the same, 2 to all of them. */
  readonly quorum: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Endpoints told different things. */
  readonly onContradiction: () => void;
}

/** What some endpoints tell alike. */
interface Telling {
  readonly run: BlockRun;
  readonly endpoints: string[];
}

/** An endpoint may get a new block so much later than another. */
export const LATE_LIMIT_MS = 5_000;
const LATE: BackOff = { firstMs: 20, maxMs: 500 };

/**
 * Reads blocks from every endpoint by itself, and gives what a quorum of them tells alike: hashes,
 * the gateway's events, what the blocks did to own GAS. Rejects with a retryable NodeError
 * BLOCKS_NOT_AGREED where too few do, or as one of them does where none tells anything.
 */
export function createAgreedBlockSource(options: AgreedBlocksOptions): BlockSource {
  const { source, tellers, quorum, log, onContradiction } = options;

  async function read(from: number, count: number, signal?: AbortSignal): Promise<BlockRun> {
    const own = new AbortController();
    const end = (): void => own.abort(signal?.reason);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    const tellings = new Map<string, Telling>();
    const failures = new Map<string, unknown>();
    const hear = async ({ endpoint, source: one }: BlockTeller): Promise<BlockRun | null> => {
      const run = await whenThere(options, () => one.read(from, count, own.signal), own.signal);
      const key = textOf(run);
      const telling = tellings.get(key) ?? { run, endpoints: [] };
      telling.endpoints.push(endpoint);
      tellings.set(key, telling);
      return telling.endpoints.length >= quorum ? run : null;
    };
    const heard = tellers.map((teller) =>
      hear(teller).catch((error: unknown) => {
        failures.set(teller.endpoint, error);
        return null;
      }),
    );
    try {
      const agreed = await firstOf(heard);
      signal?.throwIfAborted();
      if (tellings.size > 1) {
        onContradiction();
        log.warn('RPC endpoints tell different blocks', facts());
      }
      if (agreed !== null) return agreed;
      if (tellings.size === 0) throw worst([...failures.values()]);
      throw notAgreed();
    } finally {
      signal?.removeEventListener('abort', end);
      own.abort();
    }

    function facts() {
      return { from, to: from + count - 1, tellings: [...tellings.values()].map(namesOf) };
    }
    function notAgreed(): NodeError {
      const most = Math.max(...[...tellings.values()].map(({ endpoints }) => endpoints.length));
      const why = [...failures].map(([endpoint, error]) => `; ${endpoint}: ${messageOf(error)}`);
      const what = count === 1 ? `block ${from}` : `blocks ${from} to ${from + count - 1}`;
      return new NodeError(
        'BLOCKS_NOT_AGREED',
        `${most} of ${tellers.length} RPC endpoints tell the same of ${what}, and ${quorum} must` +
          ` (network.quorum)${why.join('')}`,
        {
          retryable: true,
          hint: 'Name other endpoints in network.rpc: one of these lies, lags or is down.',
          details: facts(),
        },
      );
    }
  }

  return {
    read,
    async tip(index, signal) {
      const tip = await source.tip(index, signal);
      return tip.next === null ? tip : { ...tip, next: await read(index, 1, signal) };
    },
    hashAt: (index, signal) => source.hashAt(index, signal),
  };
}

const namesOf = ({ endpoints }: Telling): string => endpoints.join(' and ');

/** The first that is not null; null once all are. */
async function firstOf<T>(all: readonly Promise<T | null>[]): Promise<T | null> {
  return new Promise((resolve) => {
    for (const one of all) void one.then((value) => value !== null && resolve(value));
    void Promise.all(all).then(() => resolve(null));
  });
}

/** Endpoints learn of a block one after the other: what is not there yet is asked for again. */
async function whenThere<T>(
  { clock }: AgreedBlocksOptions,
  read: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const startMs = clock.monotonicMs();
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      signal.throwIfAborted();
      const isMissing = error instanceof NodeError && error.code === 'BLOCK_MISSING';
      if (!isMissing || clock.monotonicMs() - startMs >= LATE_LIMIT_MS) throw error;
      await clock.sleep(backOffMs(LATE, tries), signal);
    }
  }
}

/** What an operator has to mend can wait for what passes by itself. */
const worst = (failures: readonly unknown[]): unknown =>
  failures.find((error) => isRetryable(error)) ?? failures[0];

/**
 * The same for endpoints that tell the same, by whichever calls: of a block that holds nothing the
 * header is not always read.
 */
function textOf({ blocks, previousHash }: BlockRun): string {
  const last = blocks.at(-1);
  const telling = blocks.filter(
    (block) => block === last || block.notifications.length > 0 || block.ownGas.length > 0,
  );
  return JSON.stringify([previousHash, telling], (_key, value) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}
