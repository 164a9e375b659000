import type { ChainPort } from './chain-port.js';

/** A callback takes [url or id, userData, code, result]. */
const CALLBACK_PARAMETERS = 4;

export interface NotDelivered {
  /** The gateway looked for no method: as if the node had asked for no delivery. */
  readonly isUnnamed: boolean;
  readonly reason: string;
}

/** Why an answer that was to be delivered was kept on trial, for the one who asks. */
export async function whyNotDelivered(
  requestId: bigint,
  chain: Pick<ChainPort, 'pendingTerms' | 'hasMethod'>,
): Promise<NotDelivered> {
  const pending = await chain.pendingTerms(requestId);
  if (pending === null) {
    return { isUnnamed: false, reason: 'the gateway holds this request pending no longer' };
  }
  const { callback, requester } = pending;
  if (callback === '') return { isUnnamed: true, reason: 'the request names no callback' };
  const name = JSON.stringify(callback);
  const isThere = await chain.hasMethod(requester, callback, CALLBACK_PARAMETERS);
  const reason = isThere
    ? `the callback ${name} throws`
    : `the contract has no method ${name} with ${CALLBACK_PARAMETERS} parameters`;
  return { isUnnamed: false, reason };
}
