import { collectDefaultMetrics, Registry } from 'prom-client';
import { createMakers } from './metric-makers.js';
import { BUILD_METRICS } from './metric-table.js';
import { type ChainMetrics, chainMetrics } from './metrics-chain.js';
import { type HostMetrics, hostMetrics } from './metrics-host.js';
import { type MoneyMetrics, moneyMetrics } from './metrics-money.js';
import { type WorkMetrics, workMetrics } from './metrics-work.js';

// Units are Prometheus's: seconds, bytes, and GAS for money (a float is fine on a graph; what
// counts is in the ledger). Names that end in _total only grow. The names are in metric-table.ts.

/** One series as it is now. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What the node measures of itself. One object a process, passed to whoever has figures. */
export interface Metrics extends WorkMetrics, ChainMetrics, MoneyMetrics, HostMetrics {
  /** The text that Prometheus scrapes, and its content type. */
  text(): Promise<string>;
  readonly contentType: string;
  /** The series of a gauge or counter; none of a name that there is not. */
  samples(name: string): Promise<readonly Sample[]>;
}

export interface MetricsOptions {
  readonly version: string;
  /** Figures of the process (CPU, memory, event loop, garbage collection) too. */
  readonly process: boolean;
}

/** Gauges of the library whose names say that they are counters; their parts are told, too. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
];

/** Metrics with a registry of their own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  if (options.process) {
    collectDefaultMetrics({ register: registry });
    for (const name of MISNAMED) registry.removeSingleMetric(name);
  }
  const make = createMakers(registry);
  make.gauge(BUILD_METRICS.build).set({ version: options.version }, 1);
  return {
    ...workMetrics(make),
    ...chainMetrics(make),
    ...moneyMetrics(make),
    ...hostMetrics(make),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    async samples(name) {
      const metric = registry.getSingleMetric(name);
      if (metric === undefined) return [];
      const { values } = await metric.get();
      return values.map(({ labels, value }) => ({
        labels: Object.fromEntries(Object.entries(labels).map(([key, v]) => [key, String(v)])),
        value,
      }));
    },
  };
}
