import { counter, gauge } from './metric-declaration.js';

/**
 * What dashboards ask of the figures that prom-client gives of the process, by its own names: they
 * are declared here to be held against, and made there.
 */
export const PROCESS_METRICS = {
  memory: gauge('process_resident_memory_bytes', 'bytes', 'Resident memory size in bytes.'),
  cpu: counter(
    'process_cpu_seconds_total',
    'seconds',
    'Total user and system CPU time spent in seconds.',
  ),
  eventLoopLag: gauge(
    'nodejs_eventloop_lag_p99_seconds',
    'seconds',
    'The 99th percentile of the recorded event loop delays.',
  ),
  openFiles: gauge('process_open_fds', 'files', 'Number of open file descriptors.'),
  maxFiles: gauge('process_max_fds', 'files', 'Maximum number of open file descriptors.'),
};
