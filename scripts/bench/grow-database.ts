import { dirname, join } from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { creditOf, reservedOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { DATABASE_FILE } from '../../src/node/node-options.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import type { Devnet } from '../devnet/devnet.js';
import { broadcastAll, fundBursts, httpAsk, pendingCount, prepareBurst } from './burst.js';
import type { HttpsSource } from './https-source.js';

/** Blocks that one burst may take to be asked and answered. */
const MAX_BLOCKS = 240;
/** Transfers in one transaction of the database; between two of them others get a turn. */
const TRANSFERS_IN_COMMIT = 20_000;

/**
 * Has the node that runs answer so many requests, burst after burst; the next one is signed while
 * the last is answered. Looks at the chain by RPC alone, so that no lost connection ends a long
 * run. Answers a second, of all of them.
 */
export async function answerMany(
  devnet: Devnet,
  source: HttpsSource,
  { requests, burst }: { readonly requests: number; readonly burst: number },
  tell: (step: string) => void,
): Promise<number> {
  await fundBursts(devnet, requests);
  const prepare = (done: number) =>
    prepareBurst(devnet, httpAsk(devnet, source), Math.min(burst, requests - done));
  const startMs = systemClock.monotonicMs();
  let next = prepare(0);
  for (let done = 0; done < requests; ) {
    await broadcastAll(devnet, await next);
    done = Math.min(requests, done + burst);
    if (done < requests) next = prepare(done);
    await nothingPending(devnet);
    tell(`${done} of ${requests} requests have ended`);
  }
  return (1000 * requests) / (systemClock.monotonicMs() - startMs);
}

/** Waits for the block after which nothing is on its way, neither a request nor an answer. */
async function nothingPending(devnet: Devnet): Promise<void> {
  const start = await devnet.height();
  for (let block = start + 1; block <= start + MAX_BLOCKS; block++) {
    await devnet.waitForBlock(block);
    // In this order: what leaves the memory pool in between is pending then.
    const waiting = await devnet.rpc.call<string[]>('getrawmempool');
    if (waiting.length === 0 && (await pendingCount(devnet)) === 0) return;
  }
  throw new Error(`after ${MAX_BLOCKS} blocks a burst still had no answer`);
}

/** What a database holds. */
export interface Rows {
  readonly endedRequests: number;
  readonly transfers: number;
}

/**
 * Brings the ledger of a node that does not run to so many transfers: credit is reserved and given
 * back in one block, again and again, so that all its balances stay. Gives what there is then.
 */
export async function fillLedger(
  devnet: Devnet,
  storage: string,
  transfers: number,
): Promise<Rows> {
  const db = openDatabase(join(dirname(devnet.configFile), storage, DATABASE_FILE));
  const numberOf = (query: string): number => Number(db.prepare(query).pluck().get());
  try {
    const missing = transfers - numberOf('SELECT count(*) FROM ledger_transfer');
    const block = numberOf('SELECT max(block) FROM ledger_transfer');
    for (let from = 0; from < missing; from += TRANSFERS_IN_COMMIT) {
      const to = Math.min(missing, from + TRANSFERS_IN_COMMIT);
      inTransaction(db, () => reserveAndRefund(db, devnet, block, from, to));
      await systemClock.sleep(0);
    }
    return {
      endedRequests: numberOf('SELECT count(*) FROM request WHERE ended_tx IS NOT NULL'),
      transfers: numberOf('SELECT count(*) FROM ledger_transfer'),
    };
  } finally {
    db.close();
  }
}

function reserveAndRefund(
  db: Database,
  { consumer }: Devnet,
  block: number,
  from: number,
  to: number,
): void {
  const ledger = createLedgerStore(db);
  const [credit, reserved] = [creditOf(consumer), reservedOf(consumer)];
  const what = { amount: 1n, block, tx: null, requestId: null };
  const nowMs = systemClock.nowMs();
  for (let at = from; at < to; at += 2) {
    const id = `growth:${at}`;
    const there = { id, debit: credit, credit: reserved, cause: 'reserve', ...what } as const;
    const back = { id: `${id}:back`, debit: reserved, credit, cause: 'refund', ...what } as const;
    ledger.transfer(there, nowMs);
    ledger.transfer(back, nowMs);
  }
}
