import { counter, gauge, histogram } from './metric-declaration.js';
import { type Makers, seconds } from './metric-makers.js';

/** The configuration takes 16 endpoints. */
const MAX_ENDPOINTS = 16;
/** What the node calls; `batch` is a whole exchange of several calls. */
const METHODS = [
  ...['batch', 'getversion', 'getblockcount', 'getblock', 'getblockheader', 'getblockhash'],
  ...['getapplicationlog', 'getblocknotifications', 'getrawtransaction', 'sendrawtransaction'],
  ...['gettransactionheight', 'getcontractstate', 'invokescript', 'invokescripthistoric'],
  ...['invokecontainedscript', 'invokefunction', 'calculatenetworkfee'],
];
/** Of src/chain: an error that was answered, a call that was given up, or what went wrong. */
const FAILURES = [
  ...['error', 'aborted', 'RPC_UNREACHABLE', 'RPC_TIMEOUT', 'RPC_HTTP_STATUS', 'RPC_STOPPED'],
  ...['RPC_MALFORMED', 'RPC_TOO_LARGE'],
];
const CALL_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
/** From the next block on. */
const BLOCK_BUCKETS = [1, 2, 3, 5, 10, 25, 100, 1_000];
const TRIGGERS = ['cron', 'every', 'when', 'on', 'unreadable'];

export const CHAIN_METRICS = {
  height: gauge('dodona_chain_height', 'block index', "Index of the network's latest block."),
  processed: gauge(
    'dodona_chain_processed_height',
    'block index',
    'Index of the last block taken in.',
  ),
  lag: gauge('dodona_chain_lag_blocks', 'blocks', 'Blocks still to be taken in.'),
  lastBlock: gauge(
    'dodona_chain_last_block_timestamp_seconds',
    'seconds since 1970',
    'When the node last took a new block in; before the first one, when it started.',
  ),
  stallAfter: gauge(
    'dodona_chain_stall_after_seconds',
    'seconds',
    'network.stallAfter: without a block for so long the chain is called stalled.',
  ),
  up: gauge('dodona_rpc_endpoint_up', 'yes or no', '1 while the endpoint is used, else 0.', {
    endpoint: MAX_ENDPOINTS,
  }),
  heights: gauge('dodona_rpc_endpoint_height', 'block index', "The endpoint's latest block.", {
    endpoint: MAX_ENDPOINTS,
  }),
  calls: histogram(
    'dodona_rpc_duration_seconds',
    'seconds',
    'Time of one RPC exchange.',
    { endpoint: MAX_ENDPOINTS, method: METHODS },
    CALL_BUCKETS_S,
  ),
  errors: counter('dodona_rpc_errors_total', 'calls', 'RPC exchanges that failed.', {
    endpoint: MAX_ENDPOINTS,
    method: METHODS,
    failure: FAILURES,
  }),
  contradictions: counter(
    'dodona_rpc_contradictions_total',
    'times',
    'RPC endpoints told different things of the same blocks.',
  ),
  upkeeps: gauge('dodona_upkeeps', 'upkeeps', 'Upkeeps by state.', {
    state: ['waiting', 'sent', 'unfunded', 'paused', 'unreadable', 'cancelled'],
  }),
  upkeepsDue: gauge('dodona_upkeeps_due', 'upkeeps', 'Upkeeps that are due and do not run yet.'),
  upkeepOverdue: gauge(
    'dodona_upkeep_overdue_seconds',
    'seconds',
    'How long the longest of these has been due; blocks count as network.blockTime.',
  ),
  upkeepRuns: counter('dodona_upkeep_runs_total', 'runs', 'Runs of upkeeps in blocks.', {
    trigger: TRIGGERS,
    delivered: ['true', 'false'],
  }),
  upkeepLagSeconds: histogram(
    'dodona_upkeep_lag_seconds',
    'seconds',
    "From an occurrence of cron to its block's time.",
  ),
  upkeepLagBlocks: histogram(
    'dodona_upkeep_lag_blocks',
    'blocks',
    'From the block of an occurrence to that of its run.',
    { trigger: TRIGGERS },
    BLOCK_BUCKETS,
  ),
};

export interface EndpointHealth {
  /** Scheme, host and port; never a path, where providers put keys. */
  readonly endpoint: string;
  readonly healthy: boolean;
  /** Index of its latest block; null while unknown. */
  readonly height: number | null;
}

export interface RpcCallFacts {
  readonly endpoint: string;
  readonly method: string;
  readonly durationMs: number;
  /** Error code (RPC_TIMEOUT, …) of a call that failed. */
  readonly failure?: string | undefined;
}

/** A run of an upkeep, in a block. */
export interface SettledRun {
  readonly delivered: boolean;
  /** Kind of the trigger; null where the node can't read it. */
  readonly trigger: string | null;
  /** From the occurrence to the block: milliseconds for cron, else blocks. */
  readonly lag: number;
}

export interface ChainMetrics {
  /** The network's latest block, and the last one whose events are in the database. */
  chain(heights: { readonly height: number; readonly processed: number }): void;
  /** When the last block was taken in, and after what time without one the chain is stalled. */
  chainPace(pace: { readonly lastBlockAtMs: number; readonly stallAfterMs: number }): void;
  endpoint(health: EndpointHealth): void;
  rpcCall(facts: RpcCallFacts): void;
  /** Endpoints told different things of the same blocks: one of them lies. */
  rpcContradiction(): void;
  upkeepRun(run: SettledRun): void;
  /** Upkeeps by state; those that are due and do not run yet, and since when the longest is. */
  upkeeps(
    countByState: Readonly<Record<string, number>>,
    due: { readonly count: number; readonly longestMs: number },
  ): void;
}

export function chainMetrics(make: Makers): ChainMetrics {
  const of = CHAIN_METRICS;
  const [height, processed] = [make.gauge(of.height), make.gauge(of.processed)];
  const lag = make.gauge(of.lag);
  const [lastBlock, stallAfter] = [make.gauge(of.lastBlock), make.gauge(of.stallAfter)];
  const [up, heights] = [make.gauge(of.up), make.gauge(of.heights)];
  const [calls, errors] = [make.histogram(of.calls), make.counter(of.errors)];
  const contradictions = make.counter(of.contradictions);
  return {
    chain(now) {
      height.set({}, now.height);
      processed.set({}, now.processed);
      lag.set({}, Math.max(0, now.height - now.processed));
    },
    chainPace({ lastBlockAtMs, stallAfterMs }) {
      lastBlock.set({}, seconds(lastBlockAtMs));
      stallAfter.set({}, seconds(stallAfterMs));
    },
    endpoint({ endpoint, healthy, height: latest }) {
      up.set({ endpoint }, healthy ? 1 : 0);
      if (latest !== null) heights.set({ endpoint }, latest);
    },
    rpcCall({ endpoint, method, durationMs, failure }) {
      calls.observe({ endpoint, method }, seconds(durationMs));
      if (failure !== undefined) errors.inc({ endpoint, method, failure });
    },
    rpcContradiction: () => contradictions.inc({}),
    ...upkeepMetrics(make),
  };
}

function upkeepMetrics(make: Makers) {
  const of = CHAIN_METRICS;
  const upkeeps = make.gauge(of.upkeeps);
  const [dueNow, overdue] = [make.gauge(of.upkeepsDue), make.gauge(of.upkeepOverdue)];
  const runs = make.counter(of.upkeepRuns);
  const lagSeconds = make.histogram(of.upkeepLagSeconds);
  const lagBlocks = make.histogram(of.upkeepLagBlocks);
  return {
    upkeeps(countByState, due) {
      upkeeps.reset();
      for (const [state, count] of Object.entries(countByState)) upkeeps.set({ state }, count);
      dueNow.set({}, due.count);
      overdue.set({}, seconds(due.longestMs));
    },
    upkeepRun({ delivered, trigger, lag }) {
      const kind = trigger ?? 'unreadable';
      runs.inc({ trigger: kind, delivered: String(delivered) });
      if (trigger === 'cron') lagSeconds.observe({}, seconds(lag));
      else lagBlocks.observe({ trigger: kind }, Math.max(0, lag));
    },
  } satisfies Partial<ChainMetrics>;
}
