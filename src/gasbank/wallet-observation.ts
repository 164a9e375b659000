import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { OUTSIDE, walletOf } from './accounts.js';
import type { LedgerStore } from './ledger-store.js';

/**
 * Books what reached or left the node's wallet by other hands than the node's: the difference
 * between the chain's balance and the ledger's, both at the same height and with every transaction
 * of the node up to it settled. Joins the caller's transaction. Returns the difference.
 */
export function bookWalletObservation(
  ledger: LedgerStore,
  account: Hash160,
  observed: { readonly height: number; readonly balance: Datoshi },
  nowMs: number,
): Datoshi {
  const wallet = walletOf(account);
  const difference = observed.balance - ledger.balance(wallet).posted;
  if (difference === 0n) return 0n;
  const gained = difference > 0n;
  ledger.transfer(
    {
      id: `${wallet}:observed:${observed.height}`,
      debit: gained ? OUTSIDE : wallet,
      credit: gained ? wallet : OUTSIDE,
      amount: gained ? difference : -difference,
      cause: gained ? 'wallet funded' : 'wallet spent elsewhere',
      block: observed.height,
      tx: null,
      requestId: null,
    },
    nowMs,
  );
  return difference;
}
