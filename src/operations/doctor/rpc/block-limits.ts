import { formatGas } from '../../../base/datoshi.js';
import { knownNetwork } from '../../../chain/known-networks.js';
import { readNetworkPolicy } from '../../../chain/policy.js';
import type { NodeConfig } from '../../../config/node-config.js';
import { type Check, check, type Finding, fail, given, ok, skipped, warning } from '../finding.js';
import type { Endpoint } from './endpoint.js';
import { UNREACHED } from './height.js';

const DAY_MS = 86_400_000;
/** Three with answers, three with runs, refunds, prices, collecting, and one of the canary. */
const TRANSACTIONS_AT_ONCE = 10;

/**
 * How far back contracts may look: `respond` proves the fees of a FAULTed transaction by the
 * ledger, up to the end of a request's life, and for an account whose overlap has ended.
 * `lifetime`: the gateway's requestLifetime, in blocks.
 */
export const traceableCheck = (endpoint: Endpoint, lifetime: () => Promise<number>): Check =>
  check(
    'rpc.traceable-blocks',
    () =>
      given(endpoint.facts(), UNREACHED, ({ maxTraceableBlocks, msPerBlock }) =>
        given(lifetime(), 'the gateway was not read: see gateway.contract', (requestLifetime) => {
          if (maxTraceableBlocks === null || msPerBlock === null || msPerBlock === 0) {
            return skipped('the endpoint does not tell MaxTraceableBlocks');
          }
          const overlap = Math.ceil(DAY_MS / msPerBlock);
          const needed = requestLifetime + overlap;
          if (maxTraceableBlocks >= needed) {
            return ok(`${maxTraceableBlocks}; lifetime and overlap need ${needed}`);
          }
          return tooFewTraceable(maxTraceableBlocks, requestLifetime, overlap);
        }),
      ),
    endpoint.label,
  );

const tooFewTraceable = (found: number, life: number, overlap: number): Finding =>
  fail({
    expected: `MaxTraceableBlocks of ${life + overlap}: ${life} of lifetime, a day's ${overlap}`,
    found: String(found),
    fix:
      "It is the network's: let the gateway's owner lower requestLifetime (setPolicy), and " +
      'choose shorter overlaps. Lost fees beyond it cannot be claimed.',
  });

export const blockTransactionsCheck = (endpoint: Endpoint): Check =>
  check(
    'rpc.block-transactions',
    () =>
      given(endpoint.facts(), UNREACHED, ({ maxTransactionsPerBlock: most }) => {
        if (most === null) return skipped('the endpoint does not tell MaxTransactionsPerBlock');
        if (most >= TRANSACTIONS_AT_ONCE) {
          return ok(`${most} a block; the node sends ${TRANSACTIONS_AT_ONCE} at once at most`);
        }
        return warning({
          expected: `MaxTransactionsPerBlock of ${TRANSACTIONS_AT_ONCE} or more`,
          found: String(most),
          fix: "It is the network's: expect answers to wait for later blocks.",
        });
      }),
    endpoint.label,
  );

/** Consensus takes no block whose system fees are more; most endpoints do not tell the limit. */
export const blockFeeCheck = (
  endpoint: Endpoint,
  { network, pipeline }: Pick<NodeConfig, 'network' | 'pipeline'>,
): Check =>
  check(
    'rpc.block-fee',
    (signal) =>
      given(endpoint.facts(), UNREACHED, async () => {
        const told = (await readNetworkPolicy(endpoint.rpc, { signal })).maxBlockSystemFee;
        const limit = told ?? knownNetwork(network.magic)?.maxBlockSystemFee ?? null;
        if (limit === null) return skipped('the endpoint does not tell MaxBlockSystemFee');
        const most = pipeline.maxSystemFeeDatoshi;
        if (most <= limit) {
          return ok(
            `${formatGas(limit)} GAS a block, ${formatGas(most)} GAS a transaction at most`,
          );
        }
        return fail({
          expected: `pipeline.maxSystemFee of at most MaxBlockSystemFee, ${formatGas(limit)} GAS`,
          found: `${formatGas(most)} GAS: what is dearer than the limit gets into no block`,
          fix: `Set pipeline.maxSystemFee to ${formatGas(limit)} GAS or less.`,
        });
      }),
    endpoint.label,
  );
