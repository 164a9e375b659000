import { NodeError } from '../base/node-error.js';
import { NOT_OF_THIS_VERSION } from '../chain/gateway-events.js';
import { isConstraint } from '../storage/database.js';

/** What no gateway of this version does, e.g. begin a request twice; null for any other failure. */
export function contradiction(error: unknown, from: number, to: number): NodeError | null {
  if (!isConstraint(error)) return null;
  const where = from === to ? `block ${from}` : `blocks ${from} to ${to}`;
  const message = `the gateway's events in ${where} contradict themselves or those before`;
  return new NodeError('GATEWAY_EVENT_MALFORMED', message, {
    hint: NOT_OF_THIS_VERSION,
    cause: error,
  });
}
