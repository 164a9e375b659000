import { NodeError } from '../base/node-error.js';

/** Nobody would answer or run anything. */
export const noNodeAccount = (): NodeError =>
  new NodeError('ESTIMATE_REFUSED', 'the gateway has no node account: nobody answers now', {
    hint: 'wait until its owner has named one and it has accepted',
  });
