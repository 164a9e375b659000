import { type Datoshi, formatGas } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import { OUTSIDE, walletOf } from './accounts.js';
import type { LedgerStore, Transfer } from './ledger-store.js';
import type { OwnAccount, OwnAccountStore } from './own-account-store.js';

/** What the chain says of an account, and what the books say that moved up to the same block. */
export interface Observed {
  readonly height: number;
  readonly balance: Datoshi;
  readonly moved: Datoshi;
}

/**
 * Books what an own account held before the first block on the books. From then on its wallet has a
 * floor. Joins the caller's transaction; returns the amount, or null when it was booked before.
 * Throws a retryable NodeError WALLET_OPENING for a balance that cannot be.
 */
export function bookOpening(
  { ledger, ownAccounts }: { ledger: LedgerStore; ownAccounts: OwnAccountStore },
  own: OwnAccount,
  observed: Observed,
  nowMs: number,
): Datoshi | null {
  const { account, sinceBlock } = own;
  if (!ownAccounts.opened(account, observed.height)) return null;
  const wallet = walletOf(account);
  const { moved } = observed;
  const amount = observed.balance - moved;
  if (observed.balance < 0n || amount < 0n) {
    throw new NodeError(
      'WALLET_OPENING',
      `an endpoint says that ${account} has ${formatGas(observed.balance)} GAS at block ` +
        `${observed.height}, but since block ${sinceBlock} it was moved ${formatGas(moved)} GAS`,
      { retryable: true, hint: 'Use another RPC endpoint if this one keeps saying so.' },
    );
  }
  if (amount > 0n) ledger.transfer(openingOf(own, '', amount), nowMs);
  ledger.holdFloor(wallet);
  return amount;
}

/** What the books have of an own account's opening: one transfer, and one for each correction. */
export interface BookedOpening {
  readonly amount: Datoshi;
  readonly transfers: number;
}

/**
 * Books the difference between an opening that was told wrongly and the true one: rows are never
 * changed. Joins the caller's transaction. Throws LEDGER_FLOOR where more was spent since.
 */
export function correctOpening(
  ledger: LedgerStore,
  own: OwnAccount,
  { booked, amount }: { readonly booked: BookedOpening; readonly amount: Datoshi },
  nowMs: number,
): void {
  const more = amount - booked.amount;
  if (more === 0n) return;
  ledger.transfer(openingOf(own, `:${booked.transfers}`, more), nowMs);
}

function openingOf({ account, sinceBlock }: OwnAccount, which: string, amount: Datoshi): Transfer {
  const wallet = walletOf(account);
  const isMore = amount > 0n;
  return {
    id: `${wallet}:opening${which}`,
    debit: isMore ? OUTSIDE : wallet,
    credit: isMore ? wallet : OUTSIDE,
    amount: isMore ? amount : -amount,
    cause: 'opening',
    block: sinceBlock === 0 ? null : sinceBlock - 1,
    tx: null,
    requestId: null,
  };
}
