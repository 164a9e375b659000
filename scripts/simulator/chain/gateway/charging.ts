import type { Hash160 } from '../../../../src/base/hash.js';
import { hashFromLittleEndian } from '../../../../src/base/hash.js';
import { Price } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, toBytes } from '../vm-item.js';
import { getPair, Key, payerOf, putPair, type Request } from './records.js';
import { chargeSponsor, restoreAllowance } from './sponsors.js';

/* contracts/gateway/charging.go: reserving, charging, refunding. */

export interface Reservation {
  readonly sponsor: Hash160 | null;
  readonly sponsored: number;
}

export function reserve(c: CallContext, requester: Hash160, maxFee: bigint): Reservation {
  if (lock(c, requester, maxFee)) return { sponsor: null, sponsored: 0 };
  const { payer, generation } = chargeSponsor(c, requester, maxFee);
  if (lock(c, payer, maxFee)) return { sponsor: payer, sponsored: generation };
  return c.refuse("the requester's credit is below maxFee, and so is the sponsor's");
}

/** Sets an amount of credit aside; false where it does not suffice. */
export function lock(c: CallContext, payer: Hash160, amount: bigint): boolean {
  const key = Key.balance(payer);
  const { high, low } = getPair(c, key);
  if (low < amount) return false;
  putPair(c, key, { high: high + amount, low: low - amount });
  return true;
}

/** Ends what was set aside: refund is credit again, the rest was charged. */
export function unlock(c: CallContext, payer: Hash160, amount: bigint, refund: bigint): void {
  const key = Key.balance(payer);
  const { high, low } = getPair(c, key);
  putPair(c, key, { high: high - amount, low: low + refund });
}

export function release(c: CallContext, request: Request, refund: bigint): void {
  unlock(c, payerOf(request), request.maxFee, refund);
  if (request.sponsor !== null) restoreAllowance(c, request, refund);
}

/** Division that rounds towards zero, as the machine's. */
export const shareOf = (used: bigint, place: number, common: bigint, count: number): bigint =>
  used + (common + BigInt(place)) / BigInt(count);

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const atMost = min;
export const atLeast = max;

export interface Charge {
  readonly fee: bigint;
  readonly lost: bigint;
  readonly premium: bigint;
}

export function split(maxFee: bigint, share: bigint, lost: bigint, premium: bigint): Charge {
  const fee = min(max(share, 0n), maxFee);
  const ofLost = min(lost, maxFee - fee);
  return { fee, lost: ofLost, premium: min(premium, maxFee - fee - ofLost) };
}

/** What an earlier transaction cost that faulted, and its block. */
export function lostFee(
  c: CallContext,
  id: bigint,
  given: Item,
  networkFeeCeiling: bigint,
): { readonly lost: bigint; readonly height: number } {
  const bytes = toBytes(given);
  if (bytes.length !== 32) c.refuse('lostTx is not a Hash256 (32 bytes)');
  c.execution.use(3 * (Price.nativeCall + Price.ledgerIndex));
  const past = c.world.pastTransaction(hashFromLittleEndian(bytes));
  if (past === null) return c.refuse('lostTx is no transaction that the ledger knows');
  if (past.halted) c.refuse('lostTx did not fault');
  if (past.sender !== c.execution.container.sender) {
    c.refuse('lostTx was sent by another account than this transaction');
  }
  if (BigInt(past.nonce) !== (id & 0xffff_ffffn)) {
    c.refuse('lostTx has a nonce that is not the low 32 bits of the id');
  }
  const lost = past.systemFee + min(past.networkFee, networkFeeCeiling);
  return { lost, height: past.blockIndex };
}

/** Refuses all but the first call of the transaction into the gateway, by the entry script. */
export function requireCharging(c: CallContext, notByEntry: string, notFirst: string): void {
  if (!c.calledByEntry) c.refuse(notByEntry);
  c.execution.use(Price.runtimeRead);
  if (c.execution.invocations.get(c.self) !== 1) c.refuse(notFirst);
}

/** high counts answers, low is what was earned. */
export function earn(c: CallContext, account: Hash160, amount: bigint, answers: number): void {
  const key = Key.earned(account);
  const { high, low } = getPair(c, key);
  putPair(c, key, { high: high + BigInt(answers), low: low + amount });
}
