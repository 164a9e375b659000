import type { Hash160 } from '../base/hash.js';

/**
 * The ledger's accounts.
 * - `wallet:A`: GAS of the node's account A on the chain
 * - `credit:A`, `reserved:A`: what the gateway holds for A, free and set aside for requests
 * - `earned:A`: what the gateway owes the node's account A
 * - `burnt`: system and network fees paid
 * - `outside`: everybody else; the only account that may go below zero
 */
export type AccountId =
  | `wallet:${Hash160}`
  | `credit:${Hash160}`
  | `reserved:${Hash160}`
  | `earned:${Hash160}`
  | 'burnt'
  | 'outside';

export const OUTSIDE = 'outside' satisfies AccountId;
export const BURNT = 'burnt' satisfies AccountId;

export const walletOf = (account: Hash160): AccountId => `wallet:${account}`;
export const creditOf = (account: Hash160): AccountId => `credit:${account}`;
export const reservedOf = (account: Hash160): AccountId => `reserved:${account}`;
export const earnedOf = (account: Hash160): AccountId => `earned:${account}`;

export const mayOverdraw = (account: AccountId): boolean => account === OUTSIDE;
