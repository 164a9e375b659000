import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { startWorker } from '../../src/base/start-worker.js';
import type { FuzzModule } from './fuzz-property.js';

/** Far more than any input takes, on a machine that does much else as well. */
const INPUT_LIMIT_MS = 60_000;
/** What the code under test, its inputs and the tools themselves may have on the heap. */
export const HEAP_LIMIT_MB = 256;
const LOOK_MS = 1_000;
/** Of one property in a long run. */
const TEST_LIMIT_MS = 7_200_000;

/** DODONA_FUZZ_RUNS, how often each property is tried; the usual number where it is not given. */
export function runsOf(usual: number): number {
  const given = process.env.DODONA_FUZZ_RUNS;
  if (given === undefined) return usual;
  assert.match(given, /^[1-9]\d{0,7}$/, 'DODONA_FUZZ_RUNS is no whole number, 1 to 99999999');
  return Number(given);
}

/**
 * Tests each property of a module in a thread of its own. A property fails by itself, and where the
 * thread ends, one input takes longer than INPUT_LIMIT_MS, or the heap grows beyond HEAP_LIMIT_MB.
 */
export function fuzzInWorker(module: FuzzModule, file: URL): void {
  for (const [at, { name, runs }] of module.PROPERTIES.entries()) {
    it(name, () => runProperty(file, at, runsOf(runs))).timeout(TEST_LIMIT_MS);
  }
}

async function runProperty(file: URL, at: number, runs: number): Promise<void> {
  const seed = randomInt(2 ** 31 - 1);
  const counter = new SharedArrayBuffer(4);
  const count = new Int32Array(counter);
  const worker = startWorker(new URL('./fuzz-worker.ts', import.meta.url), {
    workerData: { file: file.href, at, runs, seed, counter },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
  });
  const told = await new Promise<string | null>((resolve) => {
    const where = () => `input ${Atomics.load(count, 0)} of seed ${seed}`;
    let seen = -1;
    let since = Date.now();
    const watch = setInterval(() => {
      const now = Atomics.load(count, 0);
      // Before the first input it is the thread that takes its time to start.
      if (now !== seen || now === 0) since = Date.now();
      seen = now;
      if (Date.now() - since > INPUT_LIMIT_MS) resolve(`${where()} takes too long`);
    }, LOOK_MS);
    worker.once('message', resolve);
    worker.once('error', (error) => resolve(`${where()} ended the thread: ${error}`));
    worker.once('exit', (code) => resolve(`${where()} ended the thread with code ${code}`));
    worker.once('exit', () => clearInterval(watch));
  });
  await worker.terminate();
  assert.equal(told, null, told ?? '');
}
