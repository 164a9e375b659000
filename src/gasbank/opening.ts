import { type Datoshi, formatGas } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import { OUTSIDE, walletOf } from './accounts.js';
import type { LedgerStore } from './ledger-store.js';
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
  if (amount > 0n) {
    const block = sinceBlock === 0 ? null : sinceBlock - 1;
    const id = `${wallet}:opening`;
    const from = { debit: OUTSIDE, credit: wallet, amount, cause: 'opening' } as const;
    ledger.transfer({ ...from, id, block, tx: null, requestId: null }, nowMs);
  }
  ledger.holdFloor(wallet);
  return amount;
}
