import type { Datoshi } from '../base/datoshi.js';
import { type Hash160, type Hash256, hash160ToAddress, hashToLittleEndian } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { GAS_TOKEN } from './native-contracts.js';
import { rpcAmount, rpcCount, rpcHash256, rpcList, rpcObject, rpcText } from './rpc-fields.js';
import { parseStackItem } from './stack-item.js';
import { asHash160OrNull, asInteger, asItems } from './stack-item-values.js';

/** The fees of a transaction that an own account sent: burnt whether it HALTed or FAULTed. */
export interface OwnFees {
  readonly kind: 'fees';
  readonly account: Hash160;
  readonly tx: Hash256;
  /** System and network fee, > 0. */
  readonly amount: Datoshi;
  /** The nonce, by which a FAULT can be claimed, of one that FAULTed; null of one that HALTed. */
  readonly fault: { readonly nonce: number } | null;
}

/** GAS that reached or left an own account by a Transfer event, other than by fees. */
export interface OwnMove {
  readonly kind: 'moved';
  readonly account: Hash160;
  /** Where it came from or went to; null when it was minted or burnt. */
  readonly other: Hash160 | null;
  /** Null when the block itself moved it, e.g. a reward. */
  readonly tx: Hash256 | null;
  /** Positive when the account got it, negative when it paid; never 0. */
  readonly amount: Datoshi;
}

/**
 * What one block did to the GAS of the node's own accounts. Fees come first, in the order of the
 * block's transactions; then moves, in the order in which they happened.
 */
export type OwnGas = OwnFees | OwnMove;

/** A set of accounts in the shapes in which servers tell of them. */
export interface OwnAccounts {
  readonly size: number;
  readonly byAddress: ReadonlyMap<string, Hash160>;
  /** Little-endian bytes in base64, as stack items hold them. */
  readonly base64: ReadonlySet<string>;
  has(account: Hash160 | null): account is Hash160;
}

export function ownAccountsOf(accounts: readonly Hash160[]): OwnAccounts {
  const set = new Set<Hash160 | null>(accounts);
  return {
    size: set.size,
    byAddress: new Map(accounts.map((account) => [hash160ToAddress(account), account])),
    base64: new Set(accounts.map((account) => hashToLittleEndian(account).toString('base64'))),
    has: (account): account is Hash160 => account !== null && set.has(account),
  };
}

/** A Transfer event of GAS that an own account has part in. */
export interface GasTransfer {
  readonly from: Hash160 | null;
  readonly to: Hash160 | null;
  readonly amount: Datoshi;
  /** Of an event of a transaction, else null. */
  readonly tx: Hash256 | null;
}

/**
 * The own accounts' GAS transfers among notifications, in order. Others' are passed over without a
 * look at what they hold: a block may have thousands.
 */
export function ownTransfersIn(
  notifications: readonly unknown[],
  own: OwnAccounts,
  tx: Hash256 | null,
): GasTransfer[] {
  const what = 'a Transfer of GAS';
  return notifications.flatMap((entry) => {
    const { contract, eventname, state } = rpcObject(entry, 'a notification');
    if (eventname !== 'Transfer' || contract !== GAS_TOKEN) return [];
    const fields = rpcList(rpcObject(state, what).value, what);
    if (!fields.some((field) => own.base64.has(rpcObject(field, what).value as string))) return [];
    const [from, to, amount] = asItems(parseStackItem(state, what), what, 3);
    if (from === undefined || to === undefined || amount === undefined) return [];
    return [
      {
        from: asHash160OrNull(from, `from of ${what}`),
        to: asHash160OrNull(to, `to of ${what}`),
        amount: asInteger(amount, `amount of ${what}`),
        tx,
      },
    ];
  });
}

/** What a transfer is to each own account that has part in it; to oneself it moves nothing. */
export function movesOf({ from, to, amount, tx }: GasTransfer, own: OwnAccounts): OwnMove[] {
  if (amount === 0n || from === to) return [];
  const moves: OwnMove[] = [];
  if (own.has(from)) moves.push({ kind: 'moved', account: from, other: to, tx, amount: -amount });
  if (own.has(to)) moves.push({ kind: 'moved', account: to, other: from, tx, amount });
  return moves;
}

/** As fees are burnt before a block's transactions run: nothing else is at that place. */
export const isFeeBurn = ({ from, to }: GasTransfer, own: OwnAccounts): boolean =>
  to === null && own.has(from);

/** A transaction of an own account, as its block tells of it. */
export interface OwnTransaction {
  readonly hash: Hash256;
  readonly account: Hash160;
  readonly fees: Datoshi;
  readonly nonce: number;
}

/** The own accounts' transactions in the answer of `getblock`, in order. */
export function ownTransactionsIn(json: unknown, own: OwnAccounts, index: number) {
  const what = `a transaction of block ${index}`;
  const list = rpcList(rpcObject(json, `block ${index}`).tx, `transactions of block ${index}`);
  return list.flatMap((entry): OwnTransaction[] => {
    const tx = rpcObject(entry, what);
    const account = own.byAddress.get(rpcText(tx.sender, `sender of ${what}`));
    if (account === undefined) return [];
    const fees =
      rpcAmount(tx.sysfee, `sysfee of ${what}`) + rpcAmount(tx.netfee, `netfee of ${what}`);
    const nonce = rpcCount(tx.nonce, `nonce of ${what}`);
    return [{ hash: rpcHash256(tx.hash, `hash of ${what}`), account, fees, nonce }];
  });
}

/** Whether the log of a transaction says that it HALTed. */
export function isHalted(log: unknown, hash: Hash256): boolean {
  const what = `log of transaction ${hash}`;
  const [first] = rpcList(rpcObject(log, what).executions, `executions in the ${what}`);
  return (
    rpcText(rpcObject(first, `execution in the ${what}`).vmstate, `vmstate in ${what}`) === 'HALT'
  );
}

export function feesOf(tx: OwnTransaction, isFault: boolean): OwnFees {
  const { account, hash, fees, nonce } = tx;
  return { kind: 'fees', account, tx: hash, amount: fees, fault: isFault ? { nonce } : null };
}

/**
 * Holds the fees that a block's transactions tell of against those that were burnt in it. Throws a
 * retryable NodeError OWN_FEES_UNCLEAR when they differ: the endpoint's answers don't fit together.
 */
export function requireSameFees(
  index: number,
  told: readonly Pick<OwnFees, 'account' | 'amount'>[],
  burns: readonly GasTransfer[],
): void {
  const same =
    told.length === burns.length &&
    told.every(({ account, amount }, at) => {
      const burn = burns[at];
      return burn?.from === account && burn.amount === amount;
    });
  if (same) return;
  throw new NodeError(
    'OWN_FEES_UNCLEAR',
    `block ${index} has ${told.length} transactions of the node's accounts, but other fees were ` +
      `burnt: ${burns.map(({ amount }) => amount).join(', ') || 'none'}`,
    { retryable: true, hint: 'Use another RPC endpoint if this one keeps saying so.' },
  );
}
