import { NOTHING_SENT, type UpkeepRow, type UpkeepStore } from '../automation/upkeep-store.js';
import type { Hash256 } from '../base/hash.js';
import { nonceOf } from './planning.js';
import { nonceIn, type SentTransaction } from './transaction-store.js';

/** An upkeep that was in so many that FAULTed is not put beside others any more. */
const MAX_GROUP_FAULTS = 3;

/**
 * What follows for upkeeps when it is known that a transaction did not run them. Joins the caller's
 * transaction; what the chain ran before is not in that transaction any more, and stays as it is.
 */
export function createRunEnding(upkeeps: UpkeepStore) {
  /** Its own fees can be claimed with its next run; nobody's, when it was shared. */
  function fault(row: UpkeepRow, sent: SentTransaction, isLone: boolean, why: string): void {
    if (isLone) {
      const lost = { lostTx: sent.hash, lostDue: row.sentDue };
      const failures = row.failures + 1;
      // What it cost is to be claimed yet.
      const none = { tx: null, sentDue: null };
      const change = { reason: `its transaction ${why}`, ...none, ...lost, failures };
      upkeeps.move(row.id, 'transactionFaulted', { ...change, alone: 'always' });
      return;
    }
    const groupFaults = row.groupFaults + 1;
    const isOften = row.alone === 'always' || groupFaults >= MAX_GROUP_FAULTS;
    const change = { reason: `a transaction that it shared ${why}`, ...NOTHING_SENT, groupFaults };
    const alone = isOften ? ('always' as const) : ('once' as const);
    upkeeps.move(row.id, 'transactionFaulted', { ...change, alone });
  }

  return {
    faulted(sent: SentTransaction, why: string): void {
      const rows = upkeeps.byTransaction(sent.hash);
      for (const row of rows) {
        // One left may have shared it with others that were run since: only its nonce is its own.
        const isLone = rows.length === 1 && nonceIn(sent.raw) === nonceOf(row.id);
        fault(row, sent, isLone, why);
      }
    },

    dead(hash: Hash256, why: string): void {
      for (const { id } of upkeeps.byTransaction(hash)) {
        upkeeps.move(id, 'transactionDead', { reason: why, ...NOTHING_SENT });
      }
    },

    skipped(hash: Hash256): void {
      const reason = 'its transaction is in a block, but the gateway skipped this run';
      for (const { id } of upkeeps.byTransaction(hash)) {
        upkeeps.move(id, 'transactionSkipped', { reason, ...NOTHING_SENT });
      }
    },
  };
}
