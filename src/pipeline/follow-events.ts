import type { SeenEvent, WatchStore } from '../automation/watch-store.js';
import { messageOf } from '../base/node-error.js';
import type { ContractEventReader } from '../chain/contract-events.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import { mayPass } from './trouble.js';

export interface FollowEventsParts {
  readonly db: Database;
  readonly watches: WatchStore;
  readonly eventReader: ContractEventReader;
  readonly log: Log;
  /** Contracts that are watched, at most. */
  readonly maxWatchedContracts: number;
  readonly signal: AbortSignal;
}

/** Blocks that are looked through in one exchange, and exchanges after each block. */
const RUN_BLOCKS = 50;
const MAX_RUNS = 40;

/**
 * Looks through blocks for the events that upkeeps wait for. It has a cursor of its own, behind
 * that of the blocks that were taken in: nobody else waits for it, and where no upkeep waits for an
 * event it costs one look into the database.
 */
export function createFollowEvents(parts: FollowEventsParts) {
  const { db, watches, eventReader, signal } = parts;

  async function lookThrough(from: number, count: number): Promise<void> {
    const contracts = watches.contracts(parts.maxWatchedContracts);
    const wanted = new Set(watches.events().map(({ contract, event }) => keyOf(contract, event)));
    const events = await eventReader.read(from, count, contracts, signal);
    const found = new Map<string, SeenEvent>();
    for (const { block, contract, name } of events) {
      const key = keyOf(contract, name);
      if (wanted.has(key)) found.set(`${block} ${key}`, { block, contract, event: name });
    }
    inRepeatableTransaction(db, () => watches.note([...found.values()], from + count - 1));
  }

  /** Up to a block that is on the books. What goes wrong is tried again with the next block. */
  return async function followEvents(height: number): Promise<void> {
    try {
      for (let run = 0; run < MAX_RUNS && !signal.aborted; run++) {
        const from = (watches.height() ?? height) + 1;
        if (from > height) return;
        await lookThrough(from, Math.min(RUN_BLOCKS, height - from + 1));
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!mayPass(error)) throw error;
      parts.log.warn('events for upkeeps not read yet', { height, reason: messageOf(error) });
    }
  };
}

const keyOf = (contract: string, event: string): string => `${contract} ${event}`;
