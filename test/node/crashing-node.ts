/**
 * A real node in a process of its own, for tests that kill it:
 * `node --import tsx crashing-node.ts CONFIG STORAGE [POINT:N]` kills itself when it passes that
 * crash point for the Nth time. SIGTERM stops it gracefully.
 */
import { systemClock } from '../../src/base/clock.js';
import { loadConfig } from '../../src/config/load-config.js';
import { createNode } from '../../src/node.js';
import type { CrashPoint } from '../../src/pipeline/crash-point.js';
import { createLog } from '../../src/telemetry/create-log.js';
import { createMetrics } from '../../src/telemetry/metrics.js';

const [file = '', dir = '', crash = ''] = process.argv.slice(2);
const [place = '', nth = '0'] = crash.split(':');
let passed = 0;
const crashPoint: CrashPoint = (at) => {
  if (at !== place) return;
  passed += 1;
  if (passed === Number(nth)) process.kill(process.pid, 'SIGKILL');
};

const loaded = loadConfig(file);
const filters = { ...loaded.filters, workers: 1 };
const config = { ...loaded, filters, storage: { dir } };
const log = createLog({
  ...config.log,
  format: 'json',
  clock: systemClock,
  stream: process.stderr,
});
const metrics = createMetrics({ version: 'test', process: false });
const node = createNode({ config, version: 'test', log, metrics, clock: systemClock, crashPoint });
process.once('SIGTERM', () => {
  void node.stop().then(() => process.exit(0));
});
await node.start();
await node.ended;
