/**
 * Runs the quick tests of a copy of the checkout again and again, within one process: starting one
 * for each mutant would take most of the time. `mutant-worker.ts FOLDER`; each message is a Task,
 * each answer says whether a test failed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Mocha from 'mocha';
import { register } from 'tsx/esm/api';
import { QUICK_TESTS } from './mutated-sources.js';

export interface Task {
  /** What to put in the place of a source before the tests, and after them. */
  readonly file: string;
  readonly mutated: string;
  readonly original: string;
}

const [folder = ''] = process.argv.slice(2);
const TEST_TIMEOUT_MS = 60_000;
let runs = 0;

process.on('message', async ({ file, mutated, original }: Task) => {
  writeFileSync(join(folder, file), mutated);
  const failed = await fails().catch(() => true);
  writeFileSync(join(folder, file), original);
  process.send?.({ failed });
});
process.send?.({ ready: true });

/** True when a test fails, or when the modules cannot be loaded at all. */
async function fails(): Promise<boolean> {
  const mocha = new Mocha({ ui: 'bdd', bail: true, timeout: TEST_TIMEOUT_MS, reporter: 'dot' });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  // Every run loads its own modules.
  const modules = register({ namespace: `run-${++runs}` });
  for (const test of QUICK_TESTS) {
    const url = pathToFileURL(join(folder, test)).href;
    await modules.import(url, import.meta.url);
  }
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  await modules.unregister();
  return failures > 0;
}
