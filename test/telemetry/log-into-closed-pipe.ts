// Logs until its reader has long gone, then exits with 7: see create-log.test.ts.
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.js';
import { createLog } from '../../src/telemetry/create-log.js';

const log = createLog({
  level: 'info',
  format: 'json',
  file: null,
  maxFileBytes: 1_000,
  maxFiles: 1,
  clock: systemClock,
  stream: process.stderr,
});
for (let round = 0; round < 20; round++) {
  for (let index = 0; index < 50; index++) log.info('line', { text: 'x'.repeat(1_000) });
  await delay(5);
}
await log.close();
process.exit(7);
