import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import type { FuzzModule } from './fuzz-property.js';

/** Runs one property of a module and tells how it ended; counts its runs where others see it. */
const { file, at, runs, seed, counter } = workerData as {
  readonly file: string;
  readonly at: number;
  readonly runs: number;
  readonly seed: number;
  readonly counter: SharedArrayBuffer;
};
const count = new Int32Array(counter);
const { PROPERTIES, close } = (await import(file)) as FuzzModule;
const found = PROPERTIES[at];
if (found === undefined) throw new Error(`bug: no property ${at} in ${file}`);
const property = found.make() as fc.IAsyncPropertyWithHooks<unknown[]>;
property.beforeEach(() => {
  Atomics.add(count, 0, 1);
});
const details = await fc.check(property, { numRuns: runs, seed, includeErrorInReport: true });
await close?.();
parentPort?.postMessage(details.failed ? await fc.asyncDefaultReportMessage(details) : null);
