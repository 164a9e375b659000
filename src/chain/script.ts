import { type Hash160, type Hash256, hashToLittleEndian } from '../base/hash.js';
import { interopId } from './interop-id.js';

/** Opcodes that scripts of the node use (neo-project/neo, OpCode.cs). */
export const Opcode = {
  PUSHINT8: 0x00,
  PUSHTRUE: 0x08,
  PUSHFALSE: 0x09,
  PUSHNULL: 0x0b,
  PUSHDATA1: 0x0c,
  PUSHDATA2: 0x0d,
  PUSHDATA4: 0x0e,
  PUSHM1: 0x0f,
  PUSH0: 0x10,
  ABORT: 0x38,
  ASSERT: 0x39,
  SYSCALL: 0x41,
  DUP: 0x4a,
  PACK: 0xc0,
  NEWARRAY0: 0xc2,
  NEWMAP: 0xc8,
  SETITEM: 0xd0,
} as const;

/** Flags of a contract call. */
export const CallFlags = { ReadOnly: 0x05, All: 0x0f } as const;

/**
 * An argument as a script pushes it. A displayed hash is pushed as the virtual machine holds it, 20
 * or 32 bytes little-endian; text is pushed as bytes, by `utf8`, so that the two can't be mixed up.
 */
export type ScriptArg =
  | null
  | boolean
  | bigint
  | number
  | Uint8Array
  | Hash160
  | Hash256
  | readonly ScriptArg[]
  | ReadonlyMap<ScriptArg, ScriptArg>;

/** The bytes of a text, as a script argument. */
export const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

const MAX_INTEGER = (1n << 255n) - 1n;
const MIN_INTEGER = -(1n << 255n);

const CONTRACT_CALL = interopId('System.Contract.Call');

/**
 * A script that calls a contract's method and leaves what it returns on the stack (nothing for a
 * void method is null). Scripts may be concatenated: each leaves one item, in order.
 */
export function callScript(
  contract: Hash160,
  method: string,
  args: readonly ScriptArg[] = [],
  flags: number = CallFlags.All,
): Buffer {
  return Buffer.concat([
    pushScript(args),
    pushScript(flags),
    pushScript(utf8(method)),
    pushScript(contract),
    Buffer.from([Opcode.SYSCALL]),
    CONTRACT_CALL,
  ]);
}

/** Makes what precedes fault unless it left true, e.g. after a token transfer. */
export const assertScript = (script: Uint8Array): Buffer =>
  Buffer.concat([script, Buffer.from([Opcode.ASSERT])]);

/** A script that pushes one argument. Throws a RangeError for one that the machine can't hold. */
export function pushScript(arg: ScriptArg): Buffer {
  const parts: Uint8Array[] = [];
  emit(arg, parts);
  return Buffer.concat(parts);
}

function emit(arg: ScriptArg, out: Uint8Array[]): void {
  if (arg === null) out.push(Buffer.from([Opcode.PUSHNULL]));
  else if (arg === true) out.push(Buffer.from([Opcode.PUSHTRUE]));
  else if (arg === false) out.push(Buffer.from([Opcode.PUSHFALSE]));
  else if (typeof arg === 'bigint') out.push(integer(arg));
  else if (typeof arg === 'number') out.push(integer(wholeNumber(arg)));
  else if (typeof arg === 'string') emitData(hashBytes(arg), out);
  else if (arg instanceof Uint8Array) emitData(arg, out);
  else if (arg instanceof Map) emitMap(arg, out);
  else emitArray(arg as readonly ScriptArg[], out);
}

function wholeNumber(value: number): bigint {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`expected a whole number up to 2^53 or a bigint, got ${value}`);
  }
  return BigInt(value);
}

function hashBytes(text: string): Buffer {
  if (!/^0x([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) {
    throw new RangeError('expected a displayed hash; wrap text in utf8() to push its bytes');
  }
  return hashToLittleEndian(text as Hash160);
}

function emitData(bytes: Uint8Array, out: Uint8Array[]): void {
  const { length } = bytes;
  if (length <= 0xff) {
    out.push(Buffer.from([Opcode.PUSHDATA1, length]), bytes);
  } else if (length <= 0xffff) {
    out.push(Buffer.from([Opcode.PUSHDATA2, length & 0xff, length >> 8]), bytes);
  } else {
    const head = Buffer.allocUnsafe(5);
    head[0] = Opcode.PUSHDATA4;
    head.writeUInt32LE(length, 1);
    out.push(head, bytes);
  }
}

function emitArray(items: readonly ScriptArg[], out: Uint8Array[]): void {
  if (items.length === 0) {
    out.push(Buffer.from([Opcode.NEWARRAY0]));
    return;
  }
  for (let at = items.length - 1; at >= 0; at--) emit(items[at] as ScriptArg, out);
  out.push(integer(BigInt(items.length)), Buffer.from([Opcode.PACK]));
}

function emitMap(entries: ReadonlyMap<ScriptArg, ScriptArg>, out: Uint8Array[]): void {
  out.push(Buffer.from([Opcode.NEWMAP]));
  for (const [key, value] of entries) {
    out.push(Buffer.from([Opcode.DUP]));
    emit(key, out);
    emit(value, out);
    out.push(Buffer.from([Opcode.SETITEM]));
  }
}

/** PUSHM1, PUSH0..PUSH16, or PUSHINT8..PUSHINT256 with the shortest two's complement. */
function integer(value: bigint): Buffer {
  if (value >= -1n && value <= 16n) return Buffer.from([Opcode.PUSH0 + Number(value)]);
  if (value < MIN_INTEGER || value > MAX_INTEGER) {
    throw new RangeError('expected an integer of at most 256 bits, signed');
  }
  for (let power = 0; power <= 5; power++) {
    const bytes = 1 << power;
    if (BigInt.asIntN(bytes * 8, value) !== value) continue;
    const out = Buffer.allocUnsafe(1 + bytes);
    out[0] = Opcode.PUSHINT8 + power;
    let rest = BigInt.asUintN(bytes * 8, value);
    for (let at = 1; at <= bytes; at++, rest >>= 8n) out[at] = Number(rest & 0xffn);
    return out;
  }
  throw new RangeError('unreachable: the bounds were checked above');
}
