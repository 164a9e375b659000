/**
 * The command line in a process of its own, for tests that kill it:
 * `node --import tsx crashing-cli.ts STEP WORDS...` kills itself when that step is done.
 */
import { systemClock } from '../../src/base/clock.js';
import { createNodeFor, openStoredView } from '../../src/cli/open-node.js';
import { runCli } from '../../src/cli/run-cli.js';

const [step = '', ...words] = process.argv.slice(2);
const exitCode = await runCli(words, {
  clock: systemClock,
  version: '0.1.0',
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
  passed: (done) => {
    if (done === step) process.kill(process.pid, 'SIGKILL');
  },
  errorStream: process.stderr,
  process,
  exitNow: (code) => process.exit(code),
  createNode: createNodeFor,
  openStored: openStoredView,
});
process.exit(exitCode);
