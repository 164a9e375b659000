import { counter, gauge, histogram } from './metric-declaration.js';
import { type Makers, seconds } from './metric-makers.js';

/** Alerts that are declared, at most. */
const MAX_ALERTS = 64;
/** From a write that waits for no disk to the longest wait for a lock. */
const WRITE_BUCKETS_S = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5,
];
const CANARY_BUCKETS_S = [1, 3, 5, 10, 15, 30, 60, 120, 300, 600];

export const HOST_METRICS = {
  fileSize: gauge('dodona_sqlite_file_size_bytes', 'bytes', "Size of the database's files.", {
    file: ['main', 'wal'],
  }),
  databaseErrors: counter(
    'dodona_database_errors_total',
    'errors',
    'Writes that the disk or the database file would not take.',
    { code: ['full', 'io', 'busy', 'readonly', 'corrupt'] },
  ),
  databaseWrites: histogram(
    'dodona_database_write_duration_seconds',
    'seconds',
    'Time of one write transaction, waiting for locks and disk included.',
    {},
    WRITE_BUCKETS_S,
  ),
  diskFree: gauge(
    'dodona_disk_free_bytes',
    'bytes',
    'Room that is left on the disk of storage.dir.',
  ),
  diskSize: gauge('dodona_disk_size_bytes', 'bytes', 'Size of the disk of storage.dir.'),
  apiRejected: counter(
    'dodona_api_rejected_total',
    'requests',
    'Requests that the API turned away, by why.',
    { reason: ['credentials', 'access', 'limit'] },
  ),
  signerRefusals: counter(
    'dodona_signer_refusals_total',
    'transactions',
    'Transactions that the remote signer would not sign, by why.',
    {
      reason: [
        ...['frame', 'version', 'operation', 'network', 'account', 'transaction', 'signers'],
        ...['scope', 'script', 'contract', 'method', 'arguments', 'destination', 'fee', 'hour'],
        ...['state', 'busy', 'failure'],
      ],
    },
  ),
  signerUp: gauge(
    'dodona_signer_up',
    'flag',
    'Whether the remote signer answers; 1 where the node has its key itself.',
  ),
  canaryRuns: counter('dodona_canary_runs_total', 'runs', 'Canary requests by how they ended.', {
    outcome: ['success', 'wrong', 'expired', 'late', 'unsent'],
  }),
  canaryDuration: histogram(
    'dodona_canary_duration_seconds',
    'seconds',
    'From the sending of a canary request to its answer in a block.',
    {},
    CANARY_BUCKETS_S,
  ),
  canaryFailures: gauge(
    'dodona_canary_failures_in_a_row',
    'runs',
    'Canary requests that failed since the last success.',
  ),
  canarySuccessAt: gauge(
    'dodona_canary_last_success_timestamp_seconds',
    'seconds since 1970',
    'When a canary request was last answered; before the first, when the node started.',
  ),
  canaryInterval: gauge(
    'dodona_canary_interval_seconds',
    'seconds',
    'canary.every: a request should be made so often.',
  ),
  firing: gauge('dodona_alerts_firing', 'alerts', 'Alerts that the node itself finds firing.', {
    alert: MAX_ALERTS,
    severity: ['critical', 'warning'],
  }),
  deliveries: counter(
    'dodona_alert_deliveries_total',
    'messages',
    'Messages about alerts by channel and what became of them.',
    { channel: ['webhook', 'command'], result: ['delivered', 'failed', 'dropped'] },
  ),
};

export type CanaryOutcome = 'success' | 'wrong' | 'expired' | 'late' | 'unsent';

export interface HostMetrics {
  /** Sizes of the database's files in bytes. */
  database(sizes: { readonly mainBytes: number; readonly walBytes: number }): void;
  /** A write failed; SQLite's code for it, in one word. */
  databaseError(code: string): void;
  /** A write transaction ended, well or not. */
  databaseWrite(durationMs: number): void;
  disk(room: { readonly freeBytes: number; readonly sizeBytes: number }): void;
  /** The API turned a request away; why, in one of the program's own words. */
  apiRejected(reason: string): void;
  /** The remote signer would not sign; why, in one of the program's own words. */
  signerRefused(reason: string): void;
  /** Whether what signs is there. */
  signerUp(isUp: boolean): void;
  /** A canary request ended; `durationMs` of one that was answered. */
  canaryRun(run: { readonly outcome: CanaryOutcome; readonly durationMs: number | null }): void;
  canary(state: {
    readonly failuresInARow: number;
    readonly lastSuccessAtMs: number;
    readonly everyMs: number;
  }): void;
  /** All alerts that fire now. */
  alertsFiring(alerts: readonly { readonly alert: string; readonly severity: string }[]): void;
  alertDelivery(channel: string, result: 'delivered' | 'failed' | 'dropped'): void;
}

export function hostMetrics(make: Makers): HostMetrics {
  const of = HOST_METRICS;
  const [size, errors] = [make.gauge(of.fileSize), make.counter(of.databaseErrors)];
  const writes = make.histogram(of.databaseWrites);
  const [free, whole] = [make.gauge(of.diskFree), make.gauge(of.diskSize)];
  const [rejected, refusals] = [make.counter(of.apiRejected), make.counter(of.signerRefusals)];
  const signer = make.gauge(of.signerUp);
  return {
    database({ mainBytes, walBytes }) {
      size.set({ file: 'main' }, mainBytes);
      size.set({ file: 'wal' }, walBytes);
    },
    databaseError: (code) => errors.inc({ code }),
    databaseWrite: (durationMs) => writes.observe({}, seconds(durationMs)),
    disk({ freeBytes, sizeBytes }) {
      free.set({}, freeBytes);
      whole.set({}, sizeBytes);
    },
    apiRejected: (reason) => rejected.inc({ reason }),
    signerRefused: (reason) => refusals.inc({ reason }),
    signerUp: (isUp) => signer.set({}, isUp ? 1 : 0),
    ...watchMetrics(make),
  };
}

/** What watches the node: the canary and the alerts. */
function watchMetrics(make: Makers) {
  const of = HOST_METRICS;
  const [runs, duration] = [make.counter(of.canaryRuns), make.histogram(of.canaryDuration)];
  const [failures, successAt] = [make.gauge(of.canaryFailures), make.gauge(of.canarySuccessAt)];
  const interval = make.gauge(of.canaryInterval);
  const [firing, deliveries] = [make.gauge(of.firing), make.counter(of.deliveries)];
  return {
    canaryRun({ outcome, durationMs }) {
      runs.inc({ outcome });
      if (durationMs !== null) duration.observe({}, seconds(durationMs));
    },
    canary({ failuresInARow, lastSuccessAtMs, everyMs }) {
      failures.set({}, failuresInARow);
      successAt.set({}, seconds(lastSuccessAtMs));
      interval.set({}, seconds(everyMs));
    },
    alertsFiring(alerts) {
      firing.reset();
      for (const alert of alerts) firing.set(alert, 1);
    },
    alertDelivery: (channel, result) => deliveries.inc({ channel, result }),
  } satisfies Partial<HostMetrics>;
}
