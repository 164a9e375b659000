import type { OwnerStore } from '../automation/owner-store.js';
import type { UpkeepStore } from '../automation/upkeep-store.js';
import type { Hash256 } from '../base/hash.js';
import type { OwnFees } from '../chain/own-gas.js';
import type { FaultStore } from '../gasbank/fault-store.js';
import type { LedgerStore } from '../gasbank/ledger-store.js';
import { drawIdOf, faultedFees, feesElsewhere, takenIdOf } from '../gasbank/own-gas-postings.js';
import type { RequestStore } from '../requests/request-store.js';
import { nonceOf } from './plan-alone.js';
import { createRunEnding } from './run-ending.js';
import { nonceIn, type TransactionStore } from './transaction-store.js';

export type TransactionEnding = ReturnType<typeof createTransactionEnding>;

export { drawIdOf, takenIdOf };

/**
 * What follows when it is known how a transaction of the node ended: its draw is posted or voided,
 * and its requests and upkeeps that the chain did not settle are planned anew. Joins the caller's
 * transaction. Each end returns false when the transaction is not ours or had ended before.
 */
export function createTransactionEnding(stores: {
  upkeeps: UpkeepStore;
  owners: OwnerStore;
  requests: RequestStore;
  ledger: LedgerStore;
  transactions: TransactionStore;
  faults: FaultStore;
}) {
  const { requests, ledger, transactions, faults } = stores;
  const runs = createRunEnding(stores.upkeeps, stores.owners);

  /**
   * Books the fees of a transaction that an own account sent, as its block tells of them: on its
   * draw where there is one that may be posted; and as lost when it FAULTed. False when no draw
   * stands for them: this database did not send it.
   */
  function burnt(fees: OwnFees, block: number, nowMs: number): boolean {
    const draw = ledger.drawState(drawIdOf(fees.tx));
    const isDrawn = draw === 'open' || draw === 'posted';
    if (isDrawn) ledger.post(drawIdOf(fees.tx), fees.amount, block, nowMs);
    else ledger.transfer(feesElsewhere(fees, block), nowMs);
    if (fees.fault === null) return isDrawn;
    ledger.transfer(faultedFees(fees, block), nowMs);
    const { tx, account, amount, fault } = fees;
    faults.add({ tx, account, nonce: fault.nonce, block, fees: amount });
    return isDrawn;
  }

  /** What a transaction was to move besides its fees is free again: if it moved, that is booked. */
  function release(hash: Hash256, block: number, nowMs: number): void {
    const id = takenIdOf(hash);
    if (ledger.drawState(id) === 'open') ledger.void(id, block, nowMs);
  }

  return {
    burnt,

    /** A block that is on the books burnt its fees: no endpoint's word alone books anything. */
    isBurnt: (hash: Hash256): boolean => ledger.drawState(drawIdOf(hash)) === 'posted',

    halted(hash: Hash256, block: number, nowMs: number): boolean {
      const sent = transactions.get(hash);
      if (sent === null || !transactions.end(hash, 'halted', block, null)) return false;
      release(hash, block, nowMs);
      runs.skipped(hash);
      const why = 'the transaction is in a block, but the gateway skipped this request';
      for (const row of requests.byTransaction(hash)) {
        const step = { atMs: nowMs, block, tx: hash, what: 'skipped', why };
        requests.move(row.id, 'transactionSkipped', { reason: why, tx: null }, step);
      }
      return true;
    },

    /** A FAULT burns both fees. One with a request's own nonce can be claimed. */
    faulted(hash: Hash256, block: number, exception: string, nowMs: number): boolean {
      const sent = transactions.get(hash);
      if (sent === null || !transactions.end(hash, 'faulted', block, exception)) return false;
      release(hash, block, nowMs);
      runs.faulted(sent, `FAULTed in block ${block}: ${exception}`, nowMs);
      const rows = requests.byTransaction(hash);
      for (const row of rows) {
        // One left may have shared it with others that have ended: only its nonce is its own.
        const isLone = rows.length === 1 && nonceIn(sent.raw) === nonceOf(row.id);
        const alone = isLone && sent.purpose === 'respond';
        const whose = alone ? 'its transaction' : `a transaction of ${rows.length} answers`;
        const why = `${whose} FAULTed in block ${block}: ${exception}`;
        const faults = sent.purpose === 'respond' ? { faults: row.faults + 1 } : {};
        const lost = alone ? { lostTx: hash } : {};
        const change = { reason: why, tx: null, ...faults, ...lost };
        const step = { atMs: nowMs, block, tx: hash, what: 'transaction faulted', why };
        requests.move(row.id, 'transactionFaulted', change, step);
      }
      return true;
    },

    /** Past its validUntilBlock and in no block: it can never be in one, and cost nothing. */
    dead(hash: Hash256, height: number, why: string, nowMs: number): boolean {
      // Its fees were burnt in a block: whoever says otherwise is to be asked again.
      if (ledger.drawState(drawIdOf(hash)) === 'posted') return false;
      const sent = transactions.get(hash);
      if (sent === null || !transactions.end(hash, 'dead', null, why)) return false;
      ledger.void(drawIdOf(hash), height, nowMs);
      release(hash, height, nowMs);
      runs.dead(hash, why);
      for (const row of requests.byTransaction(hash)) {
        const step = { atMs: nowMs, block: height, tx: hash, what: 'transaction dead', why };
        requests.move(row.id, 'transactionDead', { reason: why, tx: null }, step);
      }
      return true;
    },
  };
}
