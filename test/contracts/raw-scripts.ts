import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { interopId } from '../../src/chain/interop-id.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { assertScript, CallFlags, Opcode, pushScript, utf8 } from '../../src/chain/script.js';

/*
 * Scripts that no honest caller writes (opcodes: neo-project/neo, OpCode.cs, StackItemType.cs).
 */

const CONVERT_TO_BUFFER = Buffer.from([0xdb, 0x30]);
const PACK = Buffer.from([Opcode.PACK]);

/** Calls a method with one argument: an account, but as a Buffer instead of a ByteString. */
export const callWithBuffer = (contract: Hash160, method: string, account: Hash160): Buffer =>
  Buffer.concat([pushBuffer(account), pushScript(1), PACK, callOf(contract, method)]);

/** A deposit whose data is an account, but as a Buffer instead of a ByteString. */
export const depositWithBuffer = (from: Hash160, gateway: Hash160, account: Hash160): Buffer =>
  transferWithData(from, gateway, 1n, pushBuffer(account));

/** A transfer of GAS with data that a script pushes. */
export const transferWithData = (
  from: Hash160,
  to: Hash160,
  amount: Datoshi,
  data: Buffer,
): Buffer =>
  assertScript(
    Buffer.concat([
      data,
      pushScript(amount),
      pushScript(to),
      pushScript(from),
      pushScript(4),
      PACK,
      callOf(GAS_TOKEN, 'transfer'),
    ]),
  );

/** Loads another script and runs it, with all the rights that there are. */
export const loadScript = (script: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([Opcode.NEWARRAY0]),
    pushScript(CallFlags.All),
    pushScript(script),
    syscall('System.Runtime.LoadScript'),
  ]);

const pushBuffer = (account: Hash160): Buffer =>
  Buffer.concat([pushScript(account), CONVERT_TO_BUFFER]);

/** Calls a method with the array of arguments that lies on the stack. */
const callOf = (contract: Hash160, method: string): Buffer =>
  Buffer.concat([
    pushScript(CallFlags.All),
    pushScript(utf8(method)),
    pushScript(contract),
    syscall('System.Contract.Call'),
  ]);

const syscall = (name: string): Buffer =>
  Buffer.concat([Buffer.from([Opcode.SYSCALL]), interopId(name)]);
