import { type Hash160, hashFromLittleEndian } from '../base/hash.js';
import { type ByteReader, createByteReader } from './byte-reader.js';
import { interopId } from './interop-id.js';
import { assertScript, callScript, Opcode } from './script.js';

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
  const call = readCall(reader, script.length);
  if (reader.offset !== script.length) throw new RangeError('script: more than one call');
  return call;
}

/** A call among others. */
export interface ScriptCall extends ContractCall {
  /** Whether the script faults unless the call left true, as `assertScript` makes it. */
  readonly isAsserted: boolean;
}

/**
 * Reads a script that is nothing but calls, one after another, each built by `callScript` with all
 * flags, and some by `assertScript`. The script is built anew from what was read and has to be the
 * same to the byte: what else it might do cannot be in it. Throws a RangeError on any other, and on
 * one with more calls than `maxCalls`.
 */
export function readCalls(script: Uint8Array, maxCalls: number): ScriptCall[] {
  const reader = createByteReader(script);
  const calls: ScriptCall[] = [];
  while (reader.offset < script.length) {
    if (calls.length === maxCalls) throw new RangeError(`script: more than ${maxCalls} calls`);
    const call = readCall(reader, script.length, MAX_DEPTH);
    const isAsserted = script[reader.offset] === Opcode.ASSERT;
    if (isAsserted) reader.uint8();
    calls.push({ ...call, isAsserted });
  }
  const again = calls.map(({ contract, method, args, isAsserted }) => {
    const built = callScript(contract, method, args);
    return isAsserted ? assertScript(built) : built;
  });
  if (Buffer.concat(again).equals(script)) return calls;
  throw new RangeError('script: not built as this node builds its calls');
}

/** Arrays within arrays, at most: the gateway's arguments are flatter. */
const MAX_DEPTH = 8;

/** The next call from where the reader is; nothing may be left over of what was pushed for it. */
function readCall(reader: ByteReader, end: number, maxDepth = MAX_BYTES): ContractCall {
  const stack: { readonly value: PushedValue; readonly depth: number }[] = [];
  const take = () => {
    const top = stack.pop();
    if (top === undefined) throw new RangeError('script: an empty stack');
    return top;
  };
  const pop = (): PushedValue => take().value;
  while (reader.offset < end) {
    const code = reader.uint8();
    if (code === Opcode.SYSCALL) {
      if (!reader.take(4).equals(CONTRACT_CALL)) throw new RangeError('script: not a call');
      const call = callOf(pop(), pop(), pop(), pop());
      if (stack.length === 0) return call;
      throw new RangeError('script: more is pushed than the call takes');
    }
    if (code === Opcode.PACK) {
      const items = times(pop(), take);
      const depth = items.reduce((most, item) => Math.max(most, item.depth + 1), 1);
      if (depth > maxDepth) throw new RangeError('script: arrays are nested too deeply');
      stack.push({ value: items.map(({ value }) => value), depth });
    } else stack.push({ value: constant(code, reader), depth: 0 });
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

function times<T>(count: PushedValue, take: () => T): T[] {
  if (typeof count !== 'bigint' || count < 0n || count > MAX_BYTES) {
    throw new RangeError('script: no number of items to pack');
  }
  return Array.from({ length: Number(count) }, take);
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
