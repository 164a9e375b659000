import type { Clock } from '../base/clock.js';
import type { NodeConfig } from '../config/node-config.js';
import type { CrashPoint } from '../pipeline/crash-point.js';
import type { ProcessLog } from '../telemetry/create-log.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { NodeOutside } from './outside.js';

export interface NodeOptions {
  readonly config: NodeConfig;
  readonly version: string;
  readonly log: ProcessLog;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Tests kill the process there; the node's own does nothing. */
  readonly crashPoint?: CrashPoint;
  /** A simulator's; absent as the real one. */
  readonly outside?: NodeOutside;
}

/** File names within storage.dir. */
export const DATABASE_FILE = 'node.sqlite';
export const LOCK_FILE = 'node.lock';
