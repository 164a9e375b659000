/**
 * Runs the quick tests of a copy of the checkout again and again, within one process: starting one
 * for each mutant would take most of the time. `mutant-worker.ts FOLDER`; each message is a Task,
 * each answer is a TestsRun.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Mocha from 'mocha';
import { register } from 'tsx/esm/api';

export interface Task {
  /** What to put in the place of a source before the tests, and after them. */
  readonly file: string;
  readonly mutated: string;
  readonly original: string;
  readonly tests: readonly string[];
}

export interface TestsRun {
  /** The first test that failed, or why the modules could not be loaded at all. */
  readonly failure: string | null;
}

const [folder = ''] = process.argv.slice(2);
const TEST_TIMEOUT_MS = 60_000;
let runs = 0;

process.on('message', async ({ file, mutated, original, tests }: Task) => {
  writeFileSync(join(folder, file), mutated);
  const failure = await firstFailure(tests).catch((cause) => `not loaded: ${cause}`);
  writeFileSync(join(folder, file), original);
  process.send?.({ failure } satisfies TestsRun);
});
process.send?.({ ready: true });

async function firstFailure(tests: readonly string[]): Promise<string | null> {
  const mocha = new Mocha({ ui: 'bdd', bail: true, timeout: TEST_TIMEOUT_MS, reporter: 'dot' });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  // Every run loads its own modules.
  const modules = register({ namespace: `run-${++runs}` });
  for (const test of tests) {
    const url = pathToFileURL(join(folder, test)).href;
    await modules.import(url, import.meta.url);
  }
  let failure: string | null = null;
  await new Promise<number>((resolve) => {
    mocha.run(resolve).once('fail', (test) => {
      failure = test.fullTitle();
    });
  });
  await modules.unregister();
  return failure;
}
