import type { Clock } from '../base/clock.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { type Invocation, invokeCall, parseInvocation } from './invocation.js';
import { isRpcError, type Rpc, RpcCode, type RpcOptions } from './rpc.js';
import { signerToRpc, type TransactionDraft } from './transaction.js';

/** How a transaction would end, were it in the next block. */
export type Preflight = Invocation & {
  /**
   * True where the script ran inside the transaction. Else its fees, nonce and hash looked like 0
   * to the contracts.
   */
  readonly contained: boolean;
};

/** Runs transactions on trial; rejects as `Rpc` does. */
export type PreflightRunner = (draft: TransactionDraft, options?: RpcOptions) => Promise<Preflight>;

/** Endpoints may change: look again after a minute whether there is one that has the call. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Runs a transaction inside itself where the endpoint can (`invokecontainedscript`, neo-go), else
 * its script alone (`invokescript`). `mode` portable never asks for the former.
 */
export function createPreflight(options: {
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly mode: 'auto' | 'portable';
}): PreflightRunner {
  const { rpc, clock } = options;
  let bareUntilMs = options.mode === 'portable' ? Number.POSITIVE_INFINITY : 0;
  return async (draft, limits) => {
    if (clock.monotonicMs() >= bareUntilMs) {
      try {
        const answer = await rpc.call('invokecontainedscript', [containerOf(draft)], limits);
        return { ...parseInvocation(answer, 'a preflight'), contained: true };
      } catch (thrown) {
        if (!isRpcError(thrown, RpcCode.MethodNotFound)) throw thrown;
        bareUntilMs = clock.monotonicMs() + LOOK_AGAIN_MS;
      }
    }
    const { method, params } = invokeCall(draft.script, draft.signers);
    const answer = await rpc.call(method, params, limits);
    return { ...parseInvocation(answer, 'a preflight'), contained: false };
  };
}

/** The transaction as `invokecontainedscript` takes it; it needs neither hash nor witnesses. */
const containerOf = (draft: TransactionDraft): Record<string, unknown> => ({
  version: 0,
  nonce: draft.nonce,
  sender: hash160ToAddress(draft.signers[0]?.account as Hash160),
  sysfee: draft.systemFee.toString(),
  netfee: draft.networkFee.toString(),
  validuntilblock: draft.validUntilBlock,
  signers: draft.signers.map(signerToRpc),
  attributes: [],
  witnesses: [],
  script: draft.script.toString('base64'),
});
