import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { earnedOf, walletOf } from '../gasbank/accounts.js';
import { forecast } from '../gasbank/forecast.js';
import { createLedgerStore } from '../gasbank/ledger-store.js';
import { createRecentFlow } from '../gasbank/recent-flow-store.js';
import type { Database } from '../storage/database.js';

/** The past that is taken to go on. */
const PERIOD_MS = 86_400_000;
/** What is known is good for so long: it changes slowly, and adding it up takes a moment. */
const KEPT_MS = 300_000;
const HOUR_MS = 3_600_000;

/**
 * How long wallet and earnings last above the floor if the next days are as the last one was; null
 * while the earnings pay for everything, and in the first hour of the books.
 */
export function createRunway(
  floor: Datoshi,
  db: Database,
  account: Hash160,
  clock: Clock,
): () => number | null {
  const recentFlow = createRecentFlow(db, account);
  const ledger = createLedgerStore(db);
  let known: { readonly atMs: number; readonly lastsMs: number | null } | null = null;

  function lastsMs(nowMs: number): number | null {
    const flow = recentFlow(nowMs - PERIOD_MS, nowMs);
    if (flow === null) return null;
    const told = forecast({
      wallet: ledger.balance(walletOf(account)).available,
      earned: ledger.balance(earnedOf(account)).posted,
      floor,
      spent: flow.spent,
      result: flow.charged - flow.spent,
      periodMs: flow.periodMs,
    });
    return told?.hoursLeftCollecting == null ? null : told.hoursLeftCollecting * HOUR_MS;
  }

  return () => {
    const atMs = clock.monotonicMs();
    if (known === null || atMs - known.atMs >= KEPT_MS) {
      known = { atMs, lastsMs: lastsMs(clock.nowMs()) };
    }
    return known.lastsMs;
  };
}
