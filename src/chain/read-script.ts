import { type Hash160, hashFromLittleEndian } from '../base/hash.js';
import { type ByteReader, createByteReader } from './byte-reader.js';
import { interopId } from './interop-id.js';
import { Opcode } from './script.js';

/** A value that a script pushes; text and hashes are bytes. */
export type PushedValue = null | boolean | bigint | Buffer | readonly PushedValue[];

export interface ContractCall {
  readonly contract: Hash160;
  readonly method: string;
  readonly args: readonly PushedValue[];
}

/** A script holds at most this many bytes, and so at most as many of anything. */
const MAX_BYTES = 65_535;
const CONTRACT_CALL = interopId('System.Contract.Call');

/**
 * Reads a script that is one call of a contract with constant arguments, as `callScript` builds it.
 * Throws a RangeError on any other.
 */
export function readCallScript(script: Uint8Array): ContractCall {
  const reader = createByteReader(script);
  const stack: PushedValue[] = [];
  const pop = (): PushedValue => {
    const top = stack.pop();
    if (top === undefined) throw new RangeError('script: an empty stack');
    return top;
  };
  while (reader.offset < script.length) {
    const code = reader.uint8();
    if (code === Opcode.SYSCALL) {
      if (!reader.take(4).equals(CONTRACT_CALL)) throw new RangeError('script: not a call');
      if (reader.offset !== script.length) throw new RangeError('script: more than one call');
      return callOf(pop(), pop(), pop(), pop());
    }
    if (code === Opcode.PACK) stack.push(times(pop(), pop));
    else stack.push(constant(code, reader));
  }
  throw new RangeError('script: no call');
}

function constant(code: number, reader: ByteReader): PushedValue {
  if (code >= Opcode.PUSHINT8 && code <= Opcode.PUSHINT8 + 5) {
    return integer(reader.take(1 << (code - Opcode.PUSHINT8)));
  }
  if (code >= Opcode.PUSHM1 && code <= Opcode.PUSH0 + 16) return BigInt(code - Opcode.PUSH0);
  switch (code) {
    case Opcode.PUSHTRUE:
      return true;
    case Opcode.PUSHFALSE:
      return false;
    case Opcode.PUSHNULL:
      return null;
    case Opcode.NEWARRAY0:
      return [];
    case Opcode.PUSHDATA1:
      return reader.take(reader.uint8());
    case Opcode.PUSHDATA2:
      return reader.take(reader.uint16());
    case Opcode.PUSHDATA4:
      return reader.take(reader.uint32());
    default:
      throw new RangeError(`script: the opcode 0x${code.toString(16)} was not expected`);
  }
}

function integer(littleEndian: Buffer): bigint {
  const digits = Buffer.from(littleEndian).reverse().toString('hex');
  return BigInt.asIntN(littleEndian.length * 8, BigInt(`0x${digits}`));
}

function times(count: PushedValue, pop: () => PushedValue): PushedValue[] {
  if (typeof count !== 'bigint' || count < 0n || count > MAX_BYTES) {
    throw new RangeError('script: no number of items to pack');
  }
  return Array.from({ length: Number(count) }, pop);
}

function callOf(
  contract: PushedValue,
  method: PushedValue,
  flags: PushedValue,
  args: PushedValue,
): ContractCall {
  const isCall = Buffer.isBuffer(contract) && Buffer.isBuffer(method) && Array.isArray(args);
  if (!isCall || contract.length !== 20 || typeof flags !== 'bigint') {
    throw new RangeError('script: not a call with constant arguments');
  }
  return { contract: hashFromLittleEndian(contract), method: method.toString(), args };
}
