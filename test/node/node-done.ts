import { join } from 'node:path';
import { eventually } from '../../scripts/devnet/private-chain.js';
import { createUpkeepStore, type UpkeepRow } from '../../src/automation/upkeep-store.js';
import { createWatchStore } from '../../src/automation/watch-store.js';
import { systemClock } from '../../src/base/clock.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { asBoolean } from '../../src/chain/stack-item-values.js';
import { DATABASE_FILE } from '../../src/node.js';
import { createCursorStore } from '../../src/pipeline/cursor-store.js';
import { createTransactionStore } from '../../src/pipeline/transaction-store.js';
import { openDatabaseReadOnly } from '../../src/storage/database.js';
import type { Header } from './due-occurrences.js';
import type { NodeFixture } from './node-fixture.js';

export type NodeDone = ReturnType<typeof createNodeDone>;

/** More than may be due at once in a test. */
const LOOK = 1_000;

/** What was put off is tried again with a block, whenever its time comes. */
const isNotPutOff = ({ retryMs }: Pick<UpkeepRow, 'retryMs'>): boolean => retryMs === 0;

/**
 * Looks into the database of a node that runs, and waits until it has done what a block calls for:
 * all upkeeps that are due behind it, and whose conditions hold, are in transactions of the memory
 * pool. What the node puts off for a reason of its own is not waited for.
 */
export function createNodeDone({ network, config }: NodeFixture) {
  const db = openDatabaseReadOnly(join(config.storage.dir, DATABASE_FILE));
  const [cursor, watches] = [createCursorStore(db), createWatchStore(db)];
  const [upkeeps, transactions] = [createUpkeepStore(db), createTransactionStore(db)];

  const holds = async (target: Hash160): Promise<boolean> =>
    asBoolean(await network.read(target, 'due'), 'due');

  /** All as of one moment: the node writes meanwhile. */
  const look = db.transaction(({ index, timeMs }: Header) => {
    const [now, nowMs] = [{ block: index, timeMs }, systemClock.nowMs()];
    return {
      isTaken: (cursor.read()?.height ?? 0) >= index && (watches.height() ?? index) >= index,
      due: [...upkeeps.withLosses(nowMs, LOOK), ...upkeeps.due(now, nowMs, LOOK)].filter(
        isNotPutOff,
      ),
      conditions: upkeeps
        .conditions(0n, nowMs, LOOK)
        .filter((row) => isNotPutOff(row) && index > (row.lastDue ?? row.registered.block)),
      inFlight: transactions.inFlight(),
    };
  });

  /** What is left to be done; null where nothing is. */
  async function left(header: Header): Promise<string | null> {
    const { isTaken, due, conditions, inFlight } = look(header);
    if (!isTaken) return 'to take the block in';
    const [first] = due;
    if (first !== undefined) return `to run upkeep ${first.id} (${first.triggerText})`;
    const pool = new Set(await network.rpc.call<Hash256[]>('getrawmempool'));
    const gone = inFlight.find(({ hash }) => !pool.has(hash));
    if (gone !== undefined) return `to learn what became of ${gone.hash}`;
    for (const { id, target } of conditions) {
      if (await holds(target)) return `to run upkeep ${id}, whose condition holds`;
    }
    return null;
  }

  return {
    async untilDone(header: Header): Promise<void> {
      let open: string | null = null;
      const isDone = async () => {
        open = await left(header);
        return open === null ? true : null;
      };
      await eventually(`the node behind block ${header.index}`, isDone).catch((error) => {
        throw new Error(`${open === null ? '' : `it has ${open}; `}${error.message}`);
      });
    },
    /** The upkeeps that share the transaction in flight of one, itself among them. */
    inTransactionWith(id: bigint): bigint[] {
      const tx = upkeeps.get(id)?.tx ?? null;
      return tx === null ? [] : upkeeps.byTransaction(tx).map((row) => row.id);
    },

    close: () => db.close(),
  };
}
