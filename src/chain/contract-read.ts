import type { Hash160 } from '../base/hash.js';
import { invokeCall, parseInvocation, stackOf } from './invocation.js';
import { LEDGER_CONTRACT } from './native-contracts.js';
import type { Rpc, RpcOptions } from './rpc.js';
import { CallFlags, callScript, type ScriptArg } from './script.js';
import type { StackItem } from './stack-item.js';
import { asCount } from './stack-item-values.js';

/** A question to a contract's safe method, with how to read its answer. */
export interface ContractRead<T> {
  readonly script: Buffer;
  readonly decode: (item: StackItem) => T;
}

/** What several reads answered, all of them at one height. */
export interface ReadTogether<Values> {
  /** Index of the latest block when they were read. */
  readonly height: number;
  readonly values: Values;
}

type ValuesOf<Reads extends readonly ContractRead<unknown>[]> = {
  -readonly [At in keyof Reads]: Reads[At] extends ContractRead<infer T> ? T : never;
};

/** A read of a method; `decode` also gets the method's name, for its errors. */
export const contractRead = <T>(
  contract: Hash160,
  method: string,
  args: readonly ScriptArg[],
  decode: (item: StackItem, what: string) => T,
): ContractRead<T> => ({
  script: callScript(contract, method, args, CallFlags.ReadOnly),
  decode: (item) => decode(item, method),
});

/**
 * Reads several figures by one script, so that they belong together. Throws a NodeError
 * CONTRACT_READ_FAILED when one of them faults.
 */
export async function readTogether<const Reads extends readonly ContractRead<unknown>[]>(
  rpc: Rpc,
  reads: Reads,
  options: RpcOptions = {},
): Promise<ReadTogether<ValuesOf<Reads>>> {
  const index = contractRead(LEDGER_CONTRACT, 'currentIndex', [], asCount);
  const all: readonly ContractRead<unknown>[] = [index, ...reads];
  const { method, params } = invokeCall(Buffer.concat(all.map(({ script }) => script)), []);
  const invocation = parseInvocation(await rpc.call(method, params, options), 'a contract read');
  const stack = stackOf(invocation, 'a contract read', all.length);
  const [height, ...values] = all.map((read, at) => read.decode(stack[at] as StackItem));
  return { height: height as number, values: values as ValuesOf<Reads> };
}

/** Reads one figure. */
export async function readContract<T>(
  rpc: Rpc,
  read: ContractRead<T>,
  options: RpcOptions = {},
): Promise<T> {
  const { values } = await readTogether(rpc, [read], options);
  return values[0] as T;
}
