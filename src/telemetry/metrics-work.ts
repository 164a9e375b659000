import { responseCodeName } from '../base/outcome.js';
import { counter, gauge, histogram } from './metric-declaration.js';
import { type Makers, seconds } from './metric-makers.js';

const KINDS = ['oracle', 'http', 'function', 'random'];
const OPEN_STATES = ['received', 'resolved', 'sent', 'stuck', 'overdue', 'expiring'];
const CODES = [
  'Success',
  'ProtocolNotSupported',
  'ConsensusUnreachable',
  'NotFound',
  'Timeout',
  'Forbidden',
  'ResponseTooLarge',
  'InsufficientFunds',
  'ContentTypeNotSupported',
  'Error',
];
/** Steps whose work may be held back, or may fail for now. */
export const RETRIED_STEPS = [
  ...(['resolve', 'respond', 'perform', 'confirm', 'prices', 'collect', 'expire'] as const),
];
export type RetriedStep = (typeof RETRIED_STEPS)[number];
const STEPS = ['intake', 'reconcile', ...RETRIED_STEPS];
/** Of src/net: an answer, or why there is none. */
const FETCH_RESULTS = [
  ...['response', 'malformed-url', 'scheme', 'credentials', 'blocked', 'bad-request'],
  ...['unknown-host', 'dns', 'connect', 'tls', 'timeout', 'interrupted', 'aborted'],
  ...['body-too-large', 'headers-too-large', 'protocol', 'encoding', 'redirect-limit'],
  ...['redirect-scheme', 'redirect-target', 'redirect-relative'],
];
/** Of src/filters. */
const FILTER_RESULTS = [
  ...['matched', 'bad-path', 'not-json', 'limit', 'inexact-number', 'too-large', 'timeout'],
  ...['out-of-memory', 'crashed', 'busy', 'cancelled'],
];
/** Of src/sandbox: how an execution ends. */
const RUN_OUTCOMES = [
  ...['returned', 'thrown', 'notJson', 'timeout', 'heap', 'stack', 'sourceTooLarge'],
  ...['argsTooLarge', 'tooLarge', 'tooManyFetches', 'fetchTooLarge', 'tooManySecrets'],
  ...['tooManyLogs', 'forbidden', 'neverSettles', 'crashed', 'busy', 'cancelled'],
];

/** From one block to the longest that requests commonly wait. */
const DELAY_BUCKETS_S = [1, 3, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600];

export const WORK_METRICS = {
  requests: gauge('dodona_requests', 'requests', 'Requests by state.', {
    state: [...OPEN_STATES, 'answered', 'expired'],
  }),
  oldest: gauge(
    'dodona_request_oldest_age_seconds',
    'seconds',
    'Age of the oldest open request in this state; absent while there is none.',
    { state: OPEN_STATES },
  ),
  unanswered: counter(
    'dodona_unanswered_total',
    'requests',
    'Requests that ended without an answer and were refunded, since the node was in step.',
    { kind: KINDS },
  ),
  delay: histogram(
    'dodona_answer_delay_seconds',
    'seconds',
    "From the block of a request to that of its answer, by the blocks' times.",
    { kind: KINDS },
    DELAY_BUCKETS_S,
  ),
  proofs: histogram('dodona_proof_duration_seconds', 'seconds', 'Time of one proof.', {
    part: ['proving', 'checking'],
  }),
  randomKeyId: gauge(
    'dodona_random_key_id',
    'key id',
    "Id of the gateway's random key; 0: it has none.",
  ),
  randomKeyHeld: gauge(
    'dodona_random_key_held',
    'yes or no',
    "1 while this node holds the gateway's random key, 0 while it does not; absent without a key.",
  ),
  steps: histogram('dodona_step_duration_seconds', 'seconds', 'Time of one step.', {
    step: STEPS,
  }),
  retries: counter(
    'dodona_retries_total',
    'tries',
    'What was held back, or failed for now, and is tried again.',
    { step: RETRIED_STEPS },
  ),
  responses: counter('dodona_responses_total', 'answers', 'Answers in blocks.', {
    kind: KINDS,
    code: CODES,
    delivered: ['true', 'false'],
  }),
  fetches: histogram('dodona_fetch_duration_seconds', 'seconds', 'Time of one fetch.', {
    result: FETCH_RESULTS,
  }),
  blocked: counter(
    'dodona_fetch_blocked_total',
    'fetches',
    'Fetches to a private address or port, which the guard refused.',
  ),
  filters: histogram('dodona_filter_duration_seconds', 'seconds', 'Time of one filter.', {
    result: FILTER_RESULTS,
  }),
  functionRuns: counter(
    'dodona_function_runs_total',
    'runs',
    'Runs of functions by how they ended.',
    { outcome: RUN_OUTCOMES },
  ),
  functionBusy: histogram(
    'dodona_function_busy_seconds',
    'seconds',
    'Time that the code of one function ran.',
  ),
  threads: gauge('dodona_sandbox_threads', 'threads', 'Threads of the sandbox.'),
  executions: gauge('dodona_sandbox_executions', 'runs', 'Functions under way by where they are.', {
    state: ['running', 'waiting', 'parked'],
  }),
  threadsLost: counter(
    'dodona_sandbox_threads_lost_total',
    'threads',
    'Threads of the sandbox that ended under a function, or had to be ended.',
  ),
  ready: gauge('dodona_ready', 'yes or no', '1 while the node is in step and can answer, else 0.'),
};

export interface SettledResponse {
  readonly kind: string;
  /** Response code, e.g. 0 for Success. */
  readonly code: number;
  readonly delivered: boolean;
  /** From the request's block to the answer's; null where a block's time is not known. */
  readonly delayMs: number | null;
}

export interface WorkMetrics {
  /** Requests by state; a state that is left out has none. */
  queue(countByState: Readonly<Record<string, number>>): void;
  /** Age of the oldest open request by state; a state that is left out has none. */
  oldestRequests(ageMsByState: Readonly<Record<string, number>>): void;
  /** A request ended without an answer. */
  unanswered(kind: string): void;
  /** A proof of a random number was made, and checked. */
  proof(durations: { readonly provingMs: number; readonly checkingMs: number }): void;
  /** Whether this node holds the key that new requests for random numbers use. */
  randomKey(key: { readonly keyId: bigint; readonly isHeld: boolean }): void;
  /** One step of the pipeline (intake, resolve, respond, confirm, expire) took this long. */
  step(name: string, durationMs: number): void;
  retry(step: string): void;
  response(settled: SettledResponse): void;
  /** A web request ended: "response" or the failure's name. */
  fetch(result: string, durationMs: number): void;
  filter(result: string, durationMs: number): void;
  /** A function ended; how, and how long its code ran. */
  functionRun(run: { readonly outcome: string; readonly busyMs: number }): void;
  sandbox(status: {
    readonly threads: number;
    readonly running: number;
    readonly waiting: number;
    readonly parked: number;
    readonly lostThreads: number;
  }): void;
  /** True while /readyz says so. */
  ready(isReady: boolean): void;
}

export function workMetrics(make: Makers): WorkMetrics {
  const of = WORK_METRICS;
  const requests = make.gauge(of.requests);
  const oldest = make.gauge(of.oldest);
  const unanswered = make.counter(of.unanswered);
  const delay = make.histogram(of.delay);
  const proofs = make.histogram(of.proofs);
  const [randomKeyId, randomKeyHeld] = [make.gauge(of.randomKeyId), make.gauge(of.randomKeyHeld)];
  const steps = make.histogram(of.steps);
  const retries = make.counter(of.retries);
  const responses = make.counter(of.responses);
  const ready = make.gauge(of.ready);
  return {
    queue(countByState) {
      requests.reset();
      for (const [state, count] of Object.entries(countByState)) requests.set({ state }, count);
    },
    oldestRequests(ageMsByState) {
      oldest.reset();
      for (const [state, ageMs] of Object.entries(ageMsByState)) {
        oldest.set({ state }, seconds(ageMs));
      }
    },
    unanswered: (kind) => unanswered.inc({ kind }),
    proof({ provingMs, checkingMs }) {
      proofs.observe({ part: 'proving' }, seconds(provingMs));
      proofs.observe({ part: 'checking' }, seconds(checkingMs));
    },
    randomKey({ keyId, isHeld }) {
      randomKeyId.set({}, Number(keyId));
      if (keyId === 0n) randomKeyHeld.reset();
      else randomKeyHeld.set({}, isHeld ? 1 : 0);
    },
    step: (step, durationMs) => steps.observe({ step }, seconds(durationMs)),
    retry: (step) => retries.inc({ step }),
    response({ kind, code, delivered, delayMs }) {
      responses.inc({ kind, code: responseCodeName(code), delivered: String(delivered) });
      if (delayMs !== null) delay.observe({ kind }, seconds(delayMs));
    },
    ready: (isReady) => ready.set({}, isReady ? 1 : 0),
    ...toolMetrics(make),
  };
}

/** What answers are found with. */
function toolMetrics(make: Makers) {
  const of = WORK_METRICS;
  const fetches = make.histogram(of.fetches);
  const blocked = make.counter(of.blocked);
  const filters = make.histogram(of.filters);
  const functionRuns = make.counter(of.functionRuns);
  const functionBusy = make.histogram(of.functionBusy);
  const [threads, executions] = [make.gauge(of.threads), make.gauge(of.executions)];
  const threadsLost = make.counter(of.threadsLost);
  return {
    fetch(result, durationMs) {
      fetches.observe({ result }, seconds(durationMs));
      if (result === 'blocked') blocked.inc({});
    },
    filter: (result, durationMs) => filters.observe({ result }, seconds(durationMs)),
    functionRun({ outcome, busyMs }) {
      functionRuns.inc({ outcome });
      functionBusy.observe({}, seconds(busyMs));
    },
    sandbox({ threads: count, running, waiting, parked, lostThreads }) {
      threads.set({}, count);
      for (const [state, runs] of Object.entries({ running, waiting, parked })) {
        executions.set({ state }, runs);
      }
      threadsLost.setTo({}, lostThreads);
    },
  } satisfies Partial<WorkMetrics>;
}
