import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { type AccountId, OUTSIDE, walletOf } from './accounts.js';
import type { LedgerStore, Transfer } from './ledger-store.js';

/**
 * Books what reached or left the node's wallet by other hands than the node's: the difference
 * between the chain's balance and the ledger's, both at the same height and with every transaction
 * of the node up to it settled. Joins the caller's transaction. What left the wallet is booked as
 * far as draws don't hold it; the rest, 0 or less, is to be looked at again.
 */
export function bookWalletObservation(
  ledger: LedgerStore,
  account: Hash160,
  observed: { readonly height: number; readonly balance: Datoshi },
  nowMs: number,
): { readonly booked: Datoshi; readonly rest: Datoshi } {
  const wallet = walletOf(account);
  const { posted, available } = ledger.balance(wallet);
  const difference = observed.balance - posted;
  const booked = difference < -available ? -available : difference;
  if (booked !== 0n) {
    const gained = booked > 0n;
    ledger.transfer(
      {
        // A second look at one height may see more, once draws have ended.
        id: `${wallet}:observed:${observed.height}:from:${posted}`,
        debit: gained ? OUTSIDE : wallet,
        credit: gained ? wallet : OUTSIDE,
        amount: gained ? booked : -booked,
        cause: gained ? 'wallet funded' : 'wallet spent elsewhere',
        block: observed.height,
        tx: null,
        requestId: null,
      },
      nowMs,
    );
  }
  return { booked, rest: difference - booked };
}

/**
 * Books what a payment out of the node's wallet proves to have been there: the chain let it be
 * spent, by other hands, before it was looked at. Joins the caller's transaction.
 */
export function bookWalletProof(ledger: LedgerStore, payment: Transfer, nowMs: number): void {
  const wallet: AccountId = payment.debit;
  if (!wallet.startsWith('wallet:')) return;
  const amount = payment.amount - ledger.balance(wallet).available;
  if (amount <= 0n) return;
  const id = `${payment.id}:proof`;
  const cause = 'wallet funded';
  ledger.transfer({ ...payment, id, cause, amount, debit: OUTSIDE, credit: wallet }, nowMs);
}
