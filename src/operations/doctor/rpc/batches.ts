import { messageOf } from '../../../base/node-error.js';
import { unwrapResult } from '../../../chain/rpc.js';
import type { NodeConfig } from '../../../config/node-config.js';
import { type Check, check, fail, given, ok } from '../finding.js';
import type { Endpoint } from './endpoint.js';
import { UNREACHED } from './height.js';

/** While it catches up, the node asks for so much at once. */
export const batchCheck = (endpoint: Endpoint, { network }: Pick<NodeConfig, 'network'>): Check =>
  check(
    'rpc.batches',
    (signal) =>
      given(endpoint.facts(), UNREACHED, async () => {
        const call = { method: 'getblockcount', params: [] };
        const calls = Array.from({ length: network.batchSize }, () => call);
        try {
          const results = await endpoint.rpc.batch(calls, { signal });
          for (const result of results) unwrapResult(result);
          return ok(`${calls.length} calls in one exchange`);
        } catch (error) {
          signal.throwIfAborted();
          return fail({
            expected: `an answer to ${calls.length} calls in one exchange (network.batchSize)`,
            found: messageOf(error),
            fix: 'Lower network.batchSize to what the endpoint takes, or name another endpoint.',
          });
        }
      }),
    endpoint.label,
  );
