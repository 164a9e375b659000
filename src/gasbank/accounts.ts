import type { Hash160 } from '../base/hash.js';

/**
 * The ledger's accounts.
 * - `wallet:A`: GAS of the node's own account A on the chain
 * - `credit:A`, `reserved:A`: what the gateway holds for A, free and set aside for requests and
 *   for runs of upkeeps
 * - `earned:A`: what the gateway owes the node's account A
 * - `burnt`: system and network fees paid, but for what is in `lost`
 * - `lost`: fees of FAULTed transactions of own accounts that nobody has paid for yet
 * - `premium`: premiums that the node was ever paid; `equity` is its contra account
 * - `outside`: everybody else
 *
 * What is in flight is no account: it is what pending transfers have set aside (`drawn`).
 */
export type AccountId =
  | `wallet:${Hash160}`
  | `credit:${Hash160}`
  | `reserved:${Hash160}`
  | `earned:${Hash160}`
  | 'burnt'
  | 'lost'
  | 'premium'
  | 'equity'
  | 'outside';

export const OUTSIDE = 'outside' satisfies AccountId;
export const BURNT = 'burnt' satisfies AccountId;
export const LOST = 'lost' satisfies AccountId;
export const PREMIUM = 'premium' satisfies AccountId;
export const EQUITY = 'equity' satisfies AccountId;

export const walletOf = (account: Hash160): AccountId => `wallet:${account}`;
export const creditOf = (account: Hash160): AccountId => `credit:${account}`;
export const reservedOf = (account: Hash160): AccountId => `reserved:${account}`;
export const earnedOf = (account: Hash160): AccountId => `earned:${account}`;

/** Whether a new account may go below zero; a wallet only until its opening is on the books. */
export const mayOverdraw = (account: AccountId): boolean =>
  account === OUTSIDE || account === EQUITY || account.startsWith('wallet:');
