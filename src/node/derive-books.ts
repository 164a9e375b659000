import type { Clock } from '../base/clock.js';
import type { TailedBlock } from '../chain/block-source.js';
import { type TailProgress, tailBlockRuns } from '../chain/block-tailer.js';
import { createBlockSource } from '../chain/choose-block-source.js';
import type { Rpc } from '../chain/rpc.js';
import type { NodeConfig } from '../config/node-config.js';
import { createStores } from '../pipeline/create-pipeline.js';
import { createIntake } from '../pipeline/intake.js';
import type { Database } from '../storage/database.js';

export interface DeriveParts {
  /** Its cursor and own accounts are set. */
  readonly db: Database;
  readonly config: NodeConfig;
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TailProgress) => void;
}

/**
 * Takes blocks into a database as the node does, from its cursor to a block that exists, and does
 * nothing else: nothing is fetched, signed or sent. Rejects as `tailBlockRuns` and the intake do.
 */
export async function deriveBooks(parts: DeriveParts, toBlock: number): Promise<void> {
  const { db, config, rpc, clock, signal, onProgress } = parts;
  const gateway = config.gateway.hash;
  const stores = createStores(db);
  const own = stores.ownAccounts.all();
  const cursor = stores.cursor.read();
  if (cursor === null) throw new Error('bug: the books have no beginning');
  if (cursor.height >= toBlock) return;
  const takeIn = createIntake({ db, ...stores }, clock, { gateway, own });
  const source = createBlockSource({
    rpc,
    gateway,
    clock,
    mode: config.network.dialect,
    ownAccounts: own.map(({ account }) => account),
  });
  const runs = tailBlockRuns({
    source,
    fromIndex: cursor.height + 1,
    known: cursor.known,
    wake: waitingAWhile(clock, config.network.pollIntervalMs),
    clock,
    signal,
    onProgress: (progress) => onProgress({ ...progress, target: toBlock }),
  });
  for await (const run of runs) {
    const wanted: readonly TailedBlock[] = run.filter(({ index }) => index <= toBlock);
    takeIn(wanted);
    if (wanted.length < run.length || run.at(-1)?.index === toBlock) return;
  }
  signal.throwIfAborted();
}

/** The blocks are there: at the end of the chain there is nothing to be announced. */
const waitingAWhile = (clock: Clock, pollMs: number) => ({
  wait: (_: number, signal: AbortSignal): Promise<void> => clock.sleep(pollMs, signal),
  announces: () => false,
  close: () => {},
});
