import { type Hash160, hash160 } from '../base/hash.js';
import { contractRead } from '../chain/contract-read.js';
import type { Figure } from '../chain/figures.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import { GAS_TOKEN } from '../chain/native-contracts.js';
import { asInteger } from '../chain/stack-item-values.js';
import type { AccountId } from './accounts.js';

/** All the GAS that the gateway holds: on the books the sum of credits, reserved and earned. */
export const GATEWAY_HELD = 'gateway';

/** What can be held against the chain: accounts of the ledger, and what the gateway holds. */
export type CheckedAccount = AccountId | typeof GATEWAY_HELD;

/** Kinds of ledger accounts whose balance the chain tells, by the beginning of their ids. */
export const CHECKED_PREFIXES = ['credit:', 'earned:', 'reserved:', 'wallet:'] as const;
/** Those that the gateway holds. */
export const HELD_PREFIXES = ['credit:', 'earned:', 'reserved:'] as const;

export const isChecked = (account: string): account is AccountId =>
  CHECKED_PREFIXES.some((prefix) => account.startsWith(prefix));

/** How the chain tells a balance. */
export function figureOf(gateway: Hash160, account: CheckedAccount): Figure {
  const gasOf = (holder: Hash160): Figure =>
    contractRead(GAS_TOKEN, 'balanceOf', [holder], asInteger);
  if (account === GATEWAY_HELD) return gasOf(gateway);
  const [kind, text = ''] = account.split(':');
  const reads = gatewayReads(gateway);
  switch (kind) {
    case 'credit':
      return reads.creditOf(hash160(text));
    case 'reserved':
      return reads.reservedOf(hash160(text));
    case 'earned':
      return reads.earnedOf(hash160(text));
    case 'wallet':
      return gasOf(hash160(text));
    default:
      throw new Error(`bug: the chain knows nothing of the account ${account}`);
  }
}
