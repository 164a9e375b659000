import { isRetryable, NodeError } from '../base/node-error.js';
import { isRpcError } from '../chain/rpc.js';
import { SIGNER_REFUSED } from '../keystore/remote-signer.js';
import type { RefusalReason } from '../keystore/signer-protocol.js';

/**
 * True for trouble that holds work back and never ends the node: what says so of itself, and what
 * an endpoint answered, be it that a read FAULTs, since the next one, or this one after a change,
 * may answer otherwise.
 */
export const mayPass = (error: unknown): boolean =>
  isRetryable(error) || isRpcError(error) || isFailedRead(error);

const isFailedRead = (error: unknown): boolean =>
  error instanceof NodeError && error.code === 'CONTRACT_READ_FAILED';

/** Refusals of a signer that a smaller transaction may not meet. */
const OF_ONE: readonly RefusalReason[] = ['fee', 'hour', 'arguments', 'script', 'transaction'];

/** Whether what failed for a group may be for one in it, or for the group as a whole. */
export function mayBeOfOne(error: unknown): boolean {
  if (isRpcError(error)) return true;
  if (!(error instanceof NodeError) || error.code !== SIGNER_REFUSED) return false;
  return OF_ONE.some((reason) => reason === error.details.reason);
}
