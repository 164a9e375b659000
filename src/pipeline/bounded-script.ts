import type { Datoshi } from '../base/datoshi.js';
import { interopId } from '../chain/interop-id.js';
import { pushScript } from '../chain/script.js';
import type { StackItem } from '../chain/stack-item.js';
import { asInteger } from '../chain/stack-item-values.js';

/** neo-project/neo, OpCode.cs. */
const SYSCALL = 0x41;
const SUB = 0x9f;
const MAX = 0xba;

const systemCall = (name: string): Buffer =>
  Buffer.concat([Buffer.from([SYSCALL]), interopId(name)]);
const GAS_LEFT = systemCall('System.Runtime.GasLeft');
const BURN_GAS = systemCall('System.Runtime.BurnGas');

/**
 * The script as an RPC node may run it on trial: what the node lends beyond `maxGas` is burnt
 * first, so that a stranger's code in it runs no longer than a transaction's fee would pay for. Of
 * itself a node lends tens of GAS or more, which an endless loop takes many seconds to use up.
 */
export function boundedScript(script: Buffer, maxGas: Datoshi): Buffer {
  const beyond = Buffer.concat([GAS_LEFT, pushScript(maxGas), Buffer.from([SUB])]);
  // At least 1: burning nothing is an error.
  const burn = Buffer.concat([pushScript(1), Buffer.from([MAX]), BURN_GAS]);
  return Buffer.concat([beyond, burn, GAS_LEFT, script, GAS_LEFT]);
}

/** What the script within used, from what a bounded one left on the stack. */
export function gasUsedWithin(stack: readonly StackItem[]): Datoshi {
  const before = stack[0];
  const after = stack.at(-1);
  if (before === undefined || after === undefined) throw new Error('bug: no gas on the stack');
  return asInteger(before, 'gas before') - asInteger(after, 'gas after');
}

/** True where an execution FAULTed because its gas was used up (neo-go; C#). */
export const ranOutOfGas = (exception: string): boolean =>
  /gas limit exceeded|insufficient gas/i.test(exception);
