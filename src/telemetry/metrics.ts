import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { DATOSHI_PER_GAS, type Datoshi } from '../base/datoshi.js';
import { responseCodeName } from '../base/outcome.js';
import { type PriceMetrics, priceMetrics } from './metrics-prices.js';

// Units are Prometheus's: seconds, bytes, and GAS for money (a float is fine on a graph; what
// counts is in the ledger). Names that end in _total only grow.

/** From a millisecond to the longest time an answer may take. */
const DURATION_BUCKETS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

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

export interface SettledResponse {
  readonly kind: string;
  /** Response code, e.g. 0 for Success. */
  readonly code: number;
  readonly delivered: boolean;
}

/** A run of an upkeep, in a block. */
export interface SettledRun {
  readonly delivered: boolean;
  /** Kind of the trigger; null where the node can't read it. */
  readonly trigger: string | null;
  /** From the occurrence to the block: milliseconds for cron, else blocks. */
  readonly lag: number;
}

/** What the node measures of itself. One object a process, passed to whoever has figures. */
export interface Metrics extends PriceMetrics {
  /** Requests by state; a state that is left out has none. */
  queue(countByState: Readonly<Record<string, number>>): void;
  /** Requests that ended without an answer, since the books began; all kinds each time. */
  unanswered(counts: readonly { readonly kind: string; readonly count: number }[]): void;
  /** A proof of a random number was made, and checked. */
  proof(durations: { readonly provingMs: number; readonly checkingMs: number }): void;
  /** Whether this node holds the key that new requests for random numbers use. */
  randomKey(key: { readonly keyId: bigint; readonly isHeld: boolean }): void;
  /** One step of the pipeline (intake, resolve, respond, confirm, expire) took this long. */
  step(name: string, durationMs: number): void;
  retry(step: string): void;
  /** The network's latest block, and the last one whose events are in the database. */
  chain(heights: { readonly height: number; readonly processed: number }): void;
  endpoint(health: EndpointHealth): void;
  rpcCall(facts: RpcCallFacts): void;
  /** The node's wallet, and what the gateway holds: others' credit, the node's earnings. */
  balances(amounts: {
    readonly wallet?: Datoshi;
    readonly credit?: Datoshi;
    readonly earned?: Datoshi;
    /** Fees of the node's transactions, since the books began. */
    readonly burnt?: Datoshi;
  }): void;
  /** How the books stand to the chain. */
  books(figures: {
    /** Last block at which all accounts agreed; null before the first. */
    readonly agreedHeight: number | null;
    /** Accounts that differ. */
    readonly differences: number;
    readonly isStopped: boolean;
  }): void;
  /** What of the gas bank holds work back now, by cause (budget, floor, loss, stopped). */
  spendingHeld(causes: readonly string[]): void;
  /** How much of each limit of gasbank.budgets is used, by its key; 1: all of it. */
  budgets(used: readonly { readonly key: string; readonly used: number }[]): void;
  /** Requesters whose answers are kept, since their callbacks brought transactions down. */
  inboxOnly(requesters: number): void;
  /** An answer was charged otherwise than predicted (callback, skipped, maxFee, gas). */
  chargeDifference(reason: string): void;
  response(settled: SettledResponse): void;
  upkeepRun(run: SettledRun): void;
  /** Upkeeps by state, and those whose occurrence has come and that do not run yet. */
  upkeeps(countByState: Readonly<Record<string, number>>, due: number): void;
  /** A web request ended: "response" or the failure's name. */
  fetch(result: string, durationMs: number): void;
  filter(result: string, durationMs: number): void;
  /** Sizes of the database's files in bytes. */
  database(sizes: { readonly mainBytes: number; readonly walBytes: number }): void;
  /** True while /readyz says so. */
  ready(isReady: boolean): void;
  /** The text that Prometheus scrapes, and its content type. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  readonly version: string;
  /** Figures of the process (CPU, memory, event loop, garbage collection) too. */
  readonly process: boolean;
}

/** Metrics with a registry of their own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  const make = makers(registry);
  make
    .gauge('dodona_build_info', 'Always 1; the version is in its label.', ['version'])
    .set({ version: options.version }, 1);
  return {
    ...pipelineMetrics(make),
    ...chainMetrics(make),
    ...automationMetrics(make),
    ...moneyMetrics(make),
    ...resourceMetrics(make),
    ...priceMetrics(make),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

export type Makers = ReturnType<typeof makers>;

function makers(registry: Registry) {
  const registers = [registry];
  return {
    gauge: <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Gauge<L>({ name, help, labelNames, registers }),
    counter: <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Counter<L>({ name, help, labelNames, registers }),
    histogram: <L extends string>(
      name: string,
      help: string,
      labelNames: L[] = [],
      buckets: number[] = DURATION_BUCKETS_S,
    ) => new Histogram<L>({ name, help, labelNames, registers, buckets }),
  };
}

const seconds = (durationMs: number): number => Math.max(0, durationMs) / 1_000;

/** GAS as a float, for graphs only. */
const gas = (amount: Datoshi): number => Number(amount) / Number(DATOSHI_PER_GAS);

function pipelineMetrics(make: Makers) {
  const requests = make.gauge('dodona_requests', 'Requests by state.', ['state']);
  const unanswered = make.counter(
    'dodona_unanswered_total',
    'Requests that ended without an answer and were refunded, since the books began.',
    ['kind'],
  );
  const proofs = make.histogram('dodona_proof_duration_seconds', 'Time of one proof.', ['part']);
  const randomKeyId = make.gauge(
    'dodona_random_key_id',
    "Id of the gateway's random key; 0: none.",
  );
  const randomKeyHeld = make.gauge('dodona_random_key_held', '1 while this node holds that key.');
  const steps = make.histogram('dodona_step_duration_seconds', 'Time of one step.', ['step']);
  const retries = make.counter('dodona_retries_total', 'Steps tried again.', ['step']);
  const labels: ('kind' | 'code' | 'delivered')[] = ['kind', 'code', 'delivered'];
  const responses = make.counter('dodona_responses_total', 'Answers in blocks.', labels);
  const fetches = make.histogram('dodona_fetch_duration_seconds', 'Time of one fetch.', ['result']);
  const filters = make.histogram('dodona_filter_duration_seconds', 'Time of one filter.', [
    'result',
  ]);
  const ready = make.gauge('dodona_ready', '1 while the node is in step and can answer.');
  return {
    queue(countByState) {
      requests.reset();
      for (const [state, count] of Object.entries(countByState)) requests.set({ state }, count);
    },
    unanswered(counts) {
      // The books know the whole number, also of before this start.
      unanswered.reset();
      for (const { kind, count } of counts) unanswered.inc({ kind }, count);
    },
    proof({ provingMs, checkingMs }) {
      proofs.observe({ part: 'proving' }, seconds(provingMs));
      proofs.observe({ part: 'checking' }, seconds(checkingMs));
    },
    randomKey({ keyId, isHeld }) {
      randomKeyId.set(Number(keyId));
      randomKeyHeld.set(isHeld ? 1 : 0);
    },
    step: (step, durationMs) => steps.observe({ step }, seconds(durationMs)),
    retry: (step) => retries.inc({ step }),
    response: ({ kind, code, delivered }) =>
      responses.inc({ kind, code: responseCodeName(code), delivered: String(delivered) }),
    fetch: (result, durationMs) => fetches.observe({ result }, seconds(durationMs)),
    filter: (result, durationMs) => filters.observe({ result }, seconds(durationMs)),
    ready: (isReady) => ready.set(isReady ? 1 : 0),
  } satisfies Partial<Metrics>;
}

function chainMetrics(make: Makers) {
  const height = make.gauge('dodona_chain_height', "Index of the network's latest block.");
  const processed = make.gauge(
    'dodona_chain_processed_height',
    'Index of the last block taken in.',
  );
  const lag = make.gauge('dodona_chain_lag_blocks', 'Blocks still to be taken in.');
  const up = make.gauge('dodona_rpc_endpoint_up', '1 while the endpoint is used.', ['endpoint']);
  const heights = make.gauge('dodona_rpc_endpoint_height', "The endpoint's latest block.", [
    'endpoint',
  ]);
  const calls = make.histogram('dodona_rpc_duration_seconds', 'Time of one RPC call.', [
    'endpoint',
    'method',
  ]);
  const errors = make.counter('dodona_rpc_errors_total', 'RPC calls that failed.', [
    'endpoint',
    'method',
    'failure',
  ]);
  return {
    chain(now) {
      height.set(now.height);
      processed.set(now.processed);
      lag.set(Math.max(0, now.height - now.processed));
    },
    endpoint({ endpoint, healthy, height: latest }) {
      up.set({ endpoint }, healthy ? 1 : 0);
      if (latest !== null) heights.set({ endpoint }, latest);
    },
    rpcCall({ endpoint, method, durationMs, failure }) {
      calls.observe({ endpoint, method }, seconds(durationMs));
      if (failure !== undefined) errors.inc({ endpoint, method, failure });
    },
  } satisfies Partial<Metrics>;
}

/** From the next block on. */
const BLOCK_BUCKETS = [1, 2, 3, 5, 10, 25, 100, 1_000];

function automationMetrics(make: Makers) {
  const upkeeps = make.gauge('dodona_upkeeps', 'Upkeeps by state.', ['state']);
  const due = make.gauge('dodona_upkeeps_due', 'Upkeeps that are due and do not run yet.');
  const runs = make.counter('dodona_upkeep_runs_total', 'Runs of upkeeps in blocks.', [
    'trigger',
    'delivered',
  ]);
  const lagSeconds = make.histogram(
    'dodona_upkeep_lag_seconds',
    "From an occurrence of cron to its block's time.",
  );
  const lagBlocks = make.histogram(
    'dodona_upkeep_lag_blocks',
    'From the block of an occurrence to that of its run.',
    ['trigger'],
    BLOCK_BUCKETS,
  );
  return {
    upkeeps(countByState, dueNow) {
      upkeeps.reset();
      for (const [state, count] of Object.entries(countByState)) upkeeps.set({ state }, count);
      due.set(dueNow);
    },
    upkeepRun({ delivered, trigger, lag }) {
      const kind = trigger ?? 'unreadable';
      runs.inc({ trigger: kind, delivered: String(delivered) });
      if (trigger === 'cron') lagSeconds.observe(seconds(lag));
      else lagBlocks.observe({ trigger: kind }, Math.max(0, lag));
    },
  } satisfies Partial<Metrics>;
}

function moneyMetrics(make: Makers) {
  const wallet = make.gauge('dodona_wallet_balance_gas', "GAS in the node's wallet.");
  const credit = make.gauge('dodona_credit_held_gas', 'GAS that the gateway holds as credit.');
  const earned = make.gauge('dodona_earned_gas', 'GAS earned and not yet collected.');
  const burnt = make.gauge('dodona_fees_burnt_gas', 'GAS burnt on fees since the books began.');
  const agreed = make.gauge(
    'dodona_books_agreed_height',
    'Last block at which all accounts of the books agreed with the chain.',
  );
  const differing = make.gauge(
    'dodona_books_differences',
    'Accounts of which books and chain tell different balances.',
  );
  const stopped = make.gauge(
    'dodona_spending_stopped',
    '1 while nothing is spent because books and chain do not agree.',
  );
  const held = make.gauge(
    'dodona_spending_held',
    '1 while work waits: for a budget, the floor of the wallet, the books, or since it would lose.',
    ['cause'],
  );
  const used = make.gauge(
    'dodona_budget_used_ratio',
    'Used share of a limit of gasbank.budgets; 1 is all of it.',
    ['budget'],
  );
  const inboxOnly = make.gauge(
    'dodona_inbox_only_requesters',
    'Requesters whose answers are kept because their callbacks brought transactions down.',
  );
  const differences = make.counter(
    'dodona_charge_differences_total',
    'Answers, runs and price rounds that were charged otherwise than predicted.',
    ['reason'],
  );
  return {
    spendingHeld(causes) {
      held.reset();
      for (const cause of causes) held.set({ cause }, 1);
    },
    budgets(shares) {
      for (const share of shares) used.set({ budget: share.key }, share.used);
    },
    inboxOnly: (requesters) => inboxOnly.set(requesters),
    chargeDifference: (reason) => differences.inc({ reason }),
    balances(amounts) {
      if (amounts.wallet !== undefined) wallet.set(gas(amounts.wallet));
      if (amounts.credit !== undefined) credit.set(gas(amounts.credit));
      if (amounts.earned !== undefined) earned.set(gas(amounts.earned));
      if (amounts.burnt !== undefined) burnt.set(gas(amounts.burnt));
    },
    books({ agreedHeight, differences, isStopped }) {
      if (agreedHeight !== null) agreed.set(agreedHeight);
      differing.set(differences);
      stopped.set(isStopped ? 1 : 0);
    },
  } satisfies Partial<Metrics>;
}

function resourceMetrics(make: Makers) {
  const size = make.gauge('dodona_sqlite_file_size_bytes', "Size of the database's files.", [
    'file',
  ]);
  return {
    database({ mainBytes, walBytes }) {
      size.set({ file: 'main' }, mainBytes);
      size.set({ file: 'wal' }, walBytes);
    },
  } satisfies Partial<Metrics>;
}
