import type { Hash256 } from '../base/hash.js';
import type { LedgerStore } from '../gasbank/ledger-store.js';
import type { RequestStore } from '../requests/request-store.js';
import { nonceOf } from './plan-alone.js';
import type { SentTransaction, TransactionStore } from './transaction-store.js';

export type TransactionEnding = ReturnType<typeof createTransactionEnding>;

/** The ledger's id of the draw for a transaction of the node. */
export const drawIdOf = (hash: Hash256): string => `${hash}:fees`;

/** The nonce of a raw transaction: after the version, the first byte. */
const nonceIn = (raw: Buffer): number => raw.readUInt32LE(1);

/**
 * What follows when it is known how a transaction of the node ended: its draw is posted or voided,
 * and its requests that the chain did not end go back to be planned anew. Joins the caller's
 * transaction. Each method returns false when the transaction is not ours or had ended before.
 */
export function createTransactionEnding(stores: {
  requests: RequestStore;
  ledger: LedgerStore;
  transactions: TransactionStore;
}) {
  const { requests, ledger, transactions } = stores;
  const feesOf = (sent: SentTransaction): bigint => sent.systemFee + sent.networkFee;

  return {
    halted(hash: Hash256, block: number, nowMs: number): boolean {
      const sent = transactions.get(hash);
      if (sent === null || !transactions.end(hash, 'halted', block, null)) return false;
      ledger.post(drawIdOf(hash), feesOf(sent), block, nowMs);
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
      ledger.post(drawIdOf(hash), feesOf(sent), block, nowMs);
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
      const sent = transactions.get(hash);
      if (sent === null || !transactions.end(hash, 'dead', null, why)) return false;
      ledger.void(drawIdOf(hash), height, nowMs);
      for (const row of requests.byTransaction(hash)) {
        const step = { atMs: nowMs, block: height, tx: hash, what: 'transaction dead', why };
        requests.move(row.id, 'transactionDead', { reason: why, tx: null }, step);
      }
      return true;
    },
  };
}
