import { type Hash160, scriptHash } from '../../../src/base/hash.js';
import { type ByteReader, createByteReader } from '../../../src/chain/byte-reader.js';
import { interopId } from '../../../src/chain/interop-id.js';
import { Opcode } from '../../../src/chain/script.js';
import { Price } from './gas-prices.js';
import type { Execution, Frame } from './machine.js';
import { exceptionOf, VmFault, VmThrow } from './vm-fault.js';
import { type Item, toAccount, toBoolean, toBytes, toInteger, toList } from './vm-item.js';

/** neo-project/neo, OpCode.cs. */
const More = {
  PUSHINT256: 0x05,
  PUSH16: 0x20,
  NOP: 0x21,
  DROP: 0x45,
  ADD: 0x9e,
  SUB: 0x9f,
  MAX: 0xba,
};
const PICK_UNITS = { pack: 2048, setItem: 8192, pushData1: 8, pushData2: 512, pushData4: 4096 };

const CALL = interopId('System.Contract.Call').readUInt32LE(0);
const GAS_LEFT = interopId('System.Runtime.GasLeft').readUInt32LE(0);
const BURN_GAS = interopId('System.Runtime.BurnGas').readUInt32LE(0);

export type ScriptEnd =
  | { readonly state: 'HALT'; readonly stack: readonly Item[] }
  | { readonly state: 'FAULT'; readonly exception: string };

/** Runs an entry script; what it changed stays where it HALTs and is taken back where it FAULTs. */
export function runScript(execution: Execution, script: Buffer, flags = 0x0f): ScriptEnd {
  const mark = execution.world.state.mark();
  const entry = entryFrame(script, flags);
  const stack: Item[] = [];
  try {
    const reader = createByteReader(script);
    while (reader.offset < script.length) step(execution, entry, reader, stack);
    return { state: 'HALT', stack };
  } catch (thrown) {
    execution.world.state.rollBack(mark);
    if (thrown instanceof VmThrow || thrown instanceof VmFault) {
      return { state: 'FAULT', exception: exceptionOf(thrown) };
    }
    // Of the reader: a script that ends within an instruction.
    if (thrown instanceof RangeError) return { state: 'FAULT', exception: thrown.message };
    throw thrown;
  }
}

/** Its hash is made when somebody asks for it, which few do. */
function entryFrame(script: Buffer, flags: number): Frame {
  let hash: Hash160 | null = null;
  return {
    get script() {
      hash ??= scriptHash(script);
      return hash;
    },
    caller: null,
    flags,
    depth: 1,
  };
}

function step(execution: Execution, entry: Frame, reader: ByteReader, stack: Item[]): void {
  const code = reader.uint8();
  if (isConstant(code)) {
    stack.push(constant(execution, code, reader));
    return;
  }
  const pop = (): Item => {
    if (stack.length === 0) throw new VmFault('stack underflow');
    return stack.pop() as Item;
  };
  switch (code) {
    case Opcode.SYSCALL:
      return systemCall(execution, entry, reader.uint32(), stack, pop);
    case Opcode.PACK: {
      execution.use(PICK_UNITS.pack);
      const count = Number(toInteger(pop()));
      stack.push(Array.from({ length: count }, pop));
      return;
    }
    case Opcode.ASSERT:
      if (!toBoolean(pop())) throw new VmFault('ASSERT is executed with false result.');
      return;
    case Opcode.ABORT:
      throw new VmFault('ABORT');
    case Opcode.NEWMAP:
      stack.push(new Map());
      return;
    case Opcode.SETITEM: {
      execution.use(PICK_UNITS.setItem);
      const [value, key, map] = [pop(), pop(), pop()];
      if (map instanceof Map) map.set(key, value);
      return;
    }
    case Opcode.DUP:
      stack.push(stack.at(-1) ?? null);
      return;
    case More.DROP:
      pop();
      return;
    case More.SUB: {
      const right = toInteger(pop());
      stack.push(toInteger(pop()) - right);
      return;
    }
    case More.MAX: {
      const [right, left] = [toInteger(pop()), toInteger(pop())];
      stack.push(left > right ? left : right);
      return;
    }
    default:
      throw new VmFault(`opcode 0x${code.toString(16)} is none that this machine knows`);
  }
}

function systemCall(
  execution: Execution,
  entry: Frame,
  id: number,
  stack: Item[],
  pop: () => Item,
): void {
  if (id === GAS_LEFT) {
    execution.use(Price.runtimeRead);
    stack.push(execution.gasLeft());
  } else if (id === BURN_GAS) {
    execution.use(Price.runtimeRead);
    const amount = toInteger(pop());
    if (amount <= 0n) throw new VmFault('GAS must be positive');
    execution.burn(amount);
  } else if (id === CALL) {
    const target = contractIn(toBytes(pop()));
    const method = toBytes(pop()).toString();
    const flags = Number(toInteger(pop()));
    stack.push(execution.call(entry, target, method, toList(pop()), flags));
  } else {
    throw new VmFault('a system call that this machine does not know');
  }
}

function contractIn(bytes: Buffer): Hash160 {
  if (bytes.length !== 20) throw new VmFault('a contract is not named by 20 bytes');
  return toAccount(bytes);
}

const isConstant = (code: number): boolean =>
  code <= More.PUSHINT256 ||
  (code >= Opcode.PUSHTRUE && code <= More.PUSH16 && code !== 0x0a) ||
  code === Opcode.NEWARRAY0;

function constant(execution: Execution, code: number, reader: ByteReader): Item {
  if (code <= More.PUSHINT256) return integer(reader.take(1 << code));
  if (code >= Opcode.PUSHM1 && code <= More.PUSH16) return BigInt(code - Opcode.PUSH0);
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
      execution.use(PICK_UNITS.pushData1);
      return Buffer.from(reader.take(reader.uint8()));
    case Opcode.PUSHDATA2:
      execution.use(PICK_UNITS.pushData2);
      return Buffer.from(reader.take(reader.uint16()));
    default:
      execution.use(PICK_UNITS.pushData4);
      return Buffer.from(reader.take(reader.uint32()));
  }
}

function integer(littleEndian: Buffer): bigint {
  const digits = Buffer.from(littleEndian).reverse().toString('hex');
  return BigInt.asIntN(littleEndian.length * 8, BigInt(`0x${digits}`));
}
