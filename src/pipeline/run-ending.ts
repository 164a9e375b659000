import type { OwnerStore } from '../automation/owner-store.js';
import { loseClaim } from '../automation/upkeep-events.js';
import { NOTHING_SENT, type UpkeepRow, type UpkeepStore } from '../automation/upkeep-store.js';
import type { Hash256 } from '../base/hash.js';
import { nonceOf } from './planning.js';
import { nonceIn, type SentTransaction } from './transaction-store.js';

/** An upkeep that was in so many that FAULTed is not put beside others any more. */
const MAX_GROUP_FAULTS = 3;

interface RunFault {
  readonly hash: Hash256;
  readonly isLone: boolean;
  readonly why: string;
  readonly nowMs: number;
}

/**
 * What follows for upkeeps when it is known that a transaction did not run them. Joins the caller's
 * transaction; what the chain ran before is not in that transaction any more, and stays as it is.
 */
export function createRunEnding(upkeeps: UpkeepStore, owners: OwnerStore) {
  /** Its own fees can be claimed with its next run; nobody's, when it was shared. */
  function fault(row: UpkeepRow, { hash, isLone, why, nowMs }: RunFault): void {
    const { sentDue: lostDue, sentCost: cost, sentRisk: risk } = row;
    // Others may have brought down what it shared, and a claim calls nothing of its owner's.
    const loss = { atMs: nowMs, isBlamed: false };
    if (isLone) {
      // Only one transaction can be claimed: what an earlier one cost is lost.
      loseClaim(owners, row, loss);
      const lost = { lostTx: hash, lostDue, lostCost: cost, lostRisk: risk, lostMs: nowMs };
      const failures = row.failures + 1;
      const change = { reason: `its transaction ${why}`, ...NOTHING_SENT, ...lost, failures };
      upkeeps.move(row.id, 'transactionFaulted', { ...change, alone: 'always' });
      return;
    }
    owners.lost({ upkeepId: row.id, owner: row.owner, tx: hash, cost, risk, ...loss });
    const groupFaults = row.groupFaults + 1;
    const isOften = row.alone === 'always' || groupFaults >= MAX_GROUP_FAULTS;
    const change = { reason: `a transaction that it shared ${why}`, ...NOTHING_SENT, groupFaults };
    const alone = isOften ? ('always' as const) : ('once' as const);
    upkeeps.move(row.id, 'transactionFaulted', { ...change, alone });
  }

  return {
    faulted(sent: SentTransaction, why: string, nowMs: number): void {
      const { hash } = sent;
      const rows = upkeeps.byTransaction(hash);
      for (const row of rows) {
        // One left may have shared it with others that were run since: only its nonce is its own.
        const isLone = rows.length === 1 && nonceIn(sent.raw) === nonceOf(row.id);
        fault(row, { hash, isLone, why, nowMs });
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
