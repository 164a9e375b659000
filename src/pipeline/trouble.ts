import { isRetryable } from '../base/node-error.js';
import { isRpcError } from '../chain/rpc.js';

/**
 * True for trouble that holds work back and never ends the node: what says so of itself, and what
 * an endpoint answered, since the next one, or this one after a change, may answer otherwise.
 */
export const mayPass = (error: unknown): boolean => isRetryable(error) || isRpcError(error);
