import type { Hash160 } from '../../../../src/base/hash.js';
import { GAS_TOKEN } from '../../../../src/chain/native-contracts.js';
import { Price } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, item } from '../vm-item.js';
import { account, isOutsider, whole } from './checks.js';
import { getPair, Key, loadSettings, type Pair, putPair } from './records.js';

/* contracts/gateway/money.go */

export function onPayment(c: CallContext, [from, given, data]: readonly Item[]): undefined {
  if (c.caller !== GAS_TOKEN) c.refuse('only GAS is taken as a deposit');
  const amount = given as bigint;
  if (amount <= 0n) c.refuse('a deposit must be more than 0');
  let to = from ?? null;
  if (data !== null && data !== undefined) {
    c.execution.use(Price.nativeCall + Price.serialize);
    if (!Buffer.isBuffer(data) || data.length !== 20) {
      c.refuse('the data of a deposit is neither null nor an account (20 bytes)');
    }
    to = data;
  }
  const credited = account(c, to, 'a deposit without a sender names no account to credit');
  if (!isOutsider(c, credited, loadSettings(c).executor)) {
    c.refuse('the credited account is a native contract, the gateway or the executor');
  }
  const key = Key.balance(credited);
  const { high, low } = getPair(c, key);
  putPair(c, key, { high, low: low + amount });
  c.notify('Deposit', credited, from ?? null, amount);
}

export const withdraw = (c: CallContext, args: readonly Item[]): undefined =>
  payOut(c, args, Key.balance, {
    method: 'withdraw',
    event: 'Withdrawal',
    of: 'credit',
  });

export const collect = (c: CallContext, args: readonly Item[]): undefined =>
  payOut(c, args, Key.earned, { method: 'collect', event: 'Collected', of: 'earnings' });

interface PayOut {
  readonly method: string;
  readonly event: string;
  readonly of: string;
}

function payOut(
  c: CallContext,
  [who, to, howMuch]: readonly Item[],
  keyOf: typeof Key.balance,
  { method, event, of }: PayOut,
): undefined {
  const owner = account(c, who ?? null, `account of ${method} is not a Hash160 (20 bytes)`);
  const receiver = account(c, to ?? null, `to of ${method} is not a Hash160 (20 bytes)`);
  const amount = whole(c, howMuch ?? null, `amount of ${method} is not from 0 to 2^63-1`);
  if (!c.checkWitness(owner)) c.refuse(`${method} needs the account's witness`);
  const key = keyOf(owner);
  const { high, low }: Pair = getPair(c, key);
  if (low < amount) c.refuse(`amount of ${method} is more than the account's ${of}`);
  putPair(c, key, { high, low: low - amount });
  c.notify(event, owner, receiver, amount);
  pay(c, receiver, amount);
}

/** The receiver's code runs in it. */
function pay(c: CallContext, to: Hash160, amount: bigint): void {
  if (to === c.self) c.refuse('the gateway cannot be the receiver');
  const args = [item(c.self), item(to), amount, null];
  if (c.call(GAS_TOKEN, 'transfer', args) !== true) c.refuse('GAS did not transfer the amount');
}

const figure =
  (method: string, keyOf: typeof Key.balance, part: keyof Pair) =>
  (c: CallContext, [who]: readonly Item[]): bigint =>
    getPair(c, keyOf(account(c, who ?? null, `account of ${method} is not a Hash160 (20 bytes)`)))[
      part
    ];

export const creditOf = figure('creditOf', Key.balance, 'low');
export const reservedOf = figure('reservedOf', Key.balance, 'high');
export const earnedOf = figure('earnedOf', Key.earned, 'low');
