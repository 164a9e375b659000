/**
 * Runs tests of a copy of the checkout in this process, group after group, until the first fails:
 * `mutant-worker.ts FOLDER`; the message in is a Task, the one out a TestsRun.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Mocha from 'mocha';

export interface Task {
  /** Files of tests; those of a group run before the modules of the next are even loaded. */
  readonly groups: readonly (readonly string[])[];
  /** Of those that set none of their own. */
  readonly testTimeoutMs: number;
  /** Whether there must be a blockchain node for them. */
  readonly onNode: boolean;
}

export interface TestsRun {
  readonly failure: TestFailure | null;
}

/** The first test that failed, or why the modules could not be loaded at all. */
export interface TestFailure {
  readonly what: string;
  /** It waited for too long, which a busy machine does to what is right too. */
  readonly isLate: boolean;
}

const [folder = ''] = process.argv.slice(2);

process.once('message', async ({ groups, testTimeoutMs, onNode }: Task) => {
  const network = onNode ? await offerNetwork() : null;
  let failure: TestFailure | null = null;
  for (const tests of groups) {
    failure ??= await firstFailure(tests, testTimeoutMs).catch((cause) => {
      return { what: `not loaded: ${cause}`, isLate: false };
    });
  }
  await network?.stop();
  process.send?.({ failure } satisfies TestsRun);
});
process.send?.('ready');

/** Loaded when it is needed: its modules take longer than most tests. */
async function offerNetwork(): Promise<{ stop(): Promise<void> }> {
  const { offerSharedNetwork, SHARED_NETWORK_VARIABLE } = await import(
    '../devnet/shared-network.js'
  );
  const network = await offerSharedNetwork();
  process.env[SHARED_NETWORK_VARIABLE] = network.socket;
  return network;
}

async function firstFailure(
  tests: readonly string[],
  timeout: number,
): Promise<TestFailure | null> {
  const mocha = new Mocha({ ui: 'bdd', bail: true, timeout, reporter: 'dot' });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  for (const test of tests) await import(pathToFileURL(join(folder, test)).href);
  let failure: TestFailure | null = null;
  await new Promise<number>((resolve) => {
    mocha.run(resolve).once('fail', (test, error: { readonly code?: string }) => {
      failure = { what: test.fullTitle(), isLate: error.code === 'ERR_MOCHA_TIMEOUT' };
    });
  });
  return failure;
}
