import type { Hash160, Hash256 } from '../base/hash.js';
import type { OwnFees, OwnGas, OwnMove } from '../chain/own-gas.js';
import { BURNT, LOST, OUTSIDE, walletOf } from './accounts.js';
import type { Transfer } from './ledger-store.js';

/** What GAS of an own account moves for, other than by a gateway event or a draw. */
export type OwnGasCause =
  | 'fees elsewhere'
  | 'faulted'
  | 'funded'
  | 'ordered'
  | 'spent elsewhere'
  | 'moved';

type Booked = Transfer & { readonly cause: OwnGasCause };

/** The ledger's id of the draw for a transaction of the node. */
export const drawIdOf = (hash: Hash256): string => `${hash}:fees`;

/** The draw for what a transaction of the node moves out of the wallet besides its fees. */
export const takenIdOf = (hash: Hash256): string => `${hash}:taken`;

/** Fees that no draw stands for: somebody else signed with an own account. */
export const feesElsewhere = (fees: OwnFees, block: number): Booked => ({
  id: `${fees.tx}:fees:elsewhere`,
  debit: walletOf(fees.account),
  credit: BURNT,
  amount: fees.amount,
  cause: 'fees elsewhere',
  block,
  tx: fees.tx,
  requestId: null,
});

/** Fees that bought nothing. They stay lost until an answer is charged for them. */
export const faultedFees = (fees: OwnFees, block: number): Booked => ({
  id: `${fees.tx}:faulted`,
  debit: BURNT,
  credit: LOST,
  amount: fees.amount,
  cause: 'faulted',
  block,
  tx: fees.tx,
  requestId: null,
  lostTx: fees.tx,
});

/**
 * The transfers that moves of own accounts' GAS within a block stand for. What came in stands
 * before what went out: the events of other contracts have no known order among the gateway's, and
 * with these in between no balance falls below where the chain had it. Moves to and from the
 * gateway are left out: its events tell of them.
 */
export function movePostings(
  ownGas: readonly OwnGas[],
  context: {
    readonly block: number;
    readonly gateway: Hash160;
    readonly ownAccounts: ReadonlySet<Hash160>;
    /** Whether this database sent a transaction that was to take GAS out of a wallet. */
    readonly isOrdered: (tx: Hash256) => boolean;
  },
): { readonly incoming: Booked[]; readonly outgoing: Booked[] } {
  const incoming: Booked[] = [];
  const outgoing: Booked[] = [];
  const places = new Map<string, number>();
  for (const move of ownGas) {
    if (move.kind !== 'moved') continue;
    const where = `${move.tx ?? `block:${context.block}`}:gas:${move.account}`;
    const place = places.get(where) ?? 0;
    places.set(where, place + 1);
    if (move.other === context.gateway) continue;
    const list = move.amount > 0n ? incoming : outgoing;
    const { tx } = move;
    const out = tx !== null && list === outgoing && context.isOrdered(tx);
    list.push(bookedMove(move, `${where}:${place}`, context, out ? 'ordered' : 'spent elsewhere'));
  }
  return { incoming, outgoing };
}

function bookedMove(
  { account, other, tx, amount }: OwnMove,
  id: string,
  { block, ownAccounts }: { block: number; ownAccounts: ReadonlySet<Hash160> },
  outCause: 'ordered' | 'spent elsewhere',
): Booked {
  const wallet = walletOf(account);
  const isIn = amount > 0n;
  // Each side of a move between own accounts is booked for itself, by way of `outside`.
  const isOwn = other !== null && ownAccounts.has(other);
  return {
    id,
    debit: isIn ? OUTSIDE : wallet,
    credit: isIn ? wallet : OUTSIDE,
    amount: isIn ? amount : -amount,
    cause: isOwn ? 'moved' : isIn ? 'funded' : outCause,
    block,
    tx,
    requestId: null,
    counterparty: other,
  };
}
