import { gauge, type MetricDeclaration } from './metric-declaration.js';
import { CHAIN_METRICS } from './metrics-chain.js';
import { HOST_METRICS } from './metrics-host.js';
import { MONEY_METRICS } from './metrics-money.js';
import { WORK_METRICS } from './metrics-work.js';

export const BUILD_METRICS = {
  build: gauge('dodona_build_info', '1', 'Always 1; the version is in its label.', { version: 1 }),
};

/** Every metric of the node: documents, dashboards and alert rules are held against these. */
export const METRIC_TABLE: readonly MetricDeclaration[] = [
  BUILD_METRICS,
  WORK_METRICS,
  CHAIN_METRICS,
  MONEY_METRICS,
  HOST_METRICS,
].flatMap((part) => Object.values(part) as MetricDeclaration[]);
