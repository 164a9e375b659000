import type { Hash160 } from '../../src/base/hash.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';

/* Scripts that tell an instance of contracts/testing/hostile what to do. */

/** What its callback `onAnswer` does from now on. */
export const setMode = (contract: Hash160, mode: string, number: bigint | number = 0n): Buffer =>
  callScript(contract, 'setMode', [utf8(mode), number]);

/** What the modes `call`, `tryCall`, `callTwice` and `callThenThrow` call. */
export const setCall = (
  contract: Hash160,
  target: Hash160,
  method: string,
  args: readonly ScriptArg[],
): Buffer => callScript(contract, 'setCall', [target, utf8(method), args]);

/** A callback in this mode, which calls this. */
export const calling = (
  contract: Hash160,
  mode: 'call' | 'tryCall' | 'callTwice' | 'callThenThrow',
  target: Hash160,
  method: string,
  args: readonly ScriptArg[],
): Buffer => Buffer.concat([setMode(contract, mode), setCall(contract, target, method, args)]);
