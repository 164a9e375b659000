import type { Hash160 } from '../base/hash.js';
import { readContract, readTogether } from './contract-read.js';
import { gatewayReads, type RegisteredCode, type RegisteredFunction } from './gateway-reads.js';
import type { Rpc, RpcOptions } from './rpc.js';

/** A function of the gateway, with what the gateway has of its code. */
export interface FunctionWithCode extends RegisteredFunction {
  readonly id: bigint;
  readonly uris: readonly string[];
  /** 0: the source is not at the gateway. */
  readonly sourceBytes: number;
}

/** Functions that are read in one exchange. */
export const MAX_FUNCTIONS_READ = 40;

/**
 * Functions from an id on, as many as there are up to `count` (at most MAX_FUNCTIONS_READ). Rejects
 * as `readTogether` does.
 */
export async function readFunctions(
  rpc: Rpc,
  gateway: Hash160,
  { from, count }: { readonly from: bigint; readonly count: number },
  options: RpcOptions = {},
): Promise<FunctionWithCode[]> {
  if (count > MAX_FUNCTIONS_READ) throw new Error('bug: too many functions in one read');
  const reads = gatewayReads(gateway);
  const ids = Array.from({ length: count }, (_, at) => from + BigInt(at));
  const { values } = await readTogether(
    rpc,
    ids.map((id) => reads.functionOf(id)),
    options,
  );
  const found = values.flatMap((value, at) => {
    const id = ids[at];
    return value === null || id === undefined ? [] : [{ ...value, id }];
  });
  // Each by itself: the sources of many would be too much for one stack.
  const codes = await Promise.all(
    found.map(({ codeHash }) => readContract(rpc, reads.codeOf(codeHash), options)),
  );
  return found.map((each, at) => ({ ...each, ...codeFacts(codes[at] ?? null) }));
}

const codeFacts = (code: RegisteredCode | null) => ({
  uris: code?.uris ?? [],
  sourceBytes: code?.source.length ?? 0,
});
