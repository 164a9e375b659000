import { utf8Text } from '../../../../src/base/bytes.js';
import { hash160 as displayed, type Hash160 } from '../../../../src/base/hash.js';
import {
  CONTRACT_MANAGEMENT,
  GAS_TOKEN,
  LEDGER_CONTRACT,
  POLICY_CONTRACT,
  STD_LIB,
} from '../../../../src/chain/native-contracts.js';
import { GAS_UNITS } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, toAccount, toBytes, toInteger } from '../vm-item.js';

/* contracts/gateway/checks.go: arguments and callers. */

export const MAX_INT = (1n << 63n) - 1n;
/** Opcodes that look at one byte of a text, in units. */
const UNITS_OF_TEXT_BYTE = 64;

const NATIVES: readonly Hash160[] = [
  GAS_TOKEN,
  CONTRACT_MANAGEMENT,
  LEDGER_CONTRACT,
  POLICY_CONTRACT,
  STD_LIB,
  // NEO, CryptoLib, RoleManagement, OracleContract, Notary, Treasury.
  displayed('0xef4073a0f2b305a38ec4050e4d3d28bc40ea63f5'),
  displayed('0x726cb6e0cd8628a1350a611384688911ab75f51b'),
  displayed('0x49cf4e5378ffcd4dec034fd98a174c5491e395e2'),
  displayed('0xfe924b7cfe89ddd271abaf7210a80a7e11178758'),
  displayed('0xc1e14f19c3e60d0b9244d06dd7ba9b113135ec3b'),
  displayed('0x156326f25b1b5d839a4d326aeaa75383c9563ac1'),
];

export function whole(c: CallContext, value: Item, refusal: string): bigint {
  if (value === null) c.refuse(refusal);
  const number = toInteger(value);
  if (number < 0n || number > MAX_INT) c.refuse(refusal);
  return number;
}

/** A number that a block index or a count of milliseconds can be. */
export const count = (c: CallContext, value: Item, refusal: string): number =>
  Number(whole(c, value, refusal));

export const account = (c: CallContext, value: Item, refusal: string): Hash160 =>
  toAccount(blob(c, value, 20, refusal));

export function blob(c: CallContext, value: Item, length: number, refusal: string): Buffer {
  if (value === null) c.refuse(refusal);
  c.execution.use(GAS_UNITS.convert);
  const bytes = toBytes(value);
  if (bytes.length !== length) c.refuse(refusal);
  return bytes;
}

export function text(
  c: CallContext,
  value: Item,
  limit: number,
  tooLong: string,
  notUtf8: string,
): string {
  if (value === null) return '';
  const bytes = toBytes(value);
  if (bytes.length > limit) c.refuse(tooLong);
  c.execution.use(GAS_UNITS.convert + bytes.length * UNITS_OF_TEXT_BYTE);
  return utf8Text(bytes) ?? c.refuse(notUtf8);
}

export const isOutsider = (c: CallContext, who: Hash160, executor: Hash160): boolean =>
  who !== c.self && who !== executor && !NATIVES.includes(who);

/** The calling contract or, when the entry script calls, the sender, whose witness must hold. */
export function callerOf(c: CallContext, executor: Hash160): Hash160 {
  const isEntry = c.calledByEntry;
  const caller = isEntry ? c.container.sender : c.caller;
  if (isEntry && !c.checkWitness(caller)) {
    c.refuse("the sender's witness does not hold for the gateway");
  }
  if (!isOutsider(c, caller, executor)) {
    c.refuse('the caller is a native contract, the gateway or the executor');
  }
  return caller;
}
