import type { Clock } from '../base/clock.js';
import { NodeError } from '../base/node-error.js';
import type { Log } from '../telemetry/log.js';
import type { RunnableNode } from './command-context.js';
import { ExitCode, exitCodeOf } from './exit-code.js';

/** A graceful stop that takes longer is given up; all that matters is in the database anyway. */
export const STOP_TIMEOUT_MS = 10_000;
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface RunOptions {
  readonly node: RunnableNode;
  /** What it is, for the log; absent as `node`. */
  readonly what?: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Signals and uncaught errors of this process. */
  readonly process: NodeJS.EventEmitter;
  /** Told once the node works. */
  onStarted(facts: { readonly url: string }): void;
  /** Ends the process at once: on a second signal, and after a bug. */
  exitNow(code: number): void;
}

type Ending =
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface RunResult {
  /** 0 after a signal, that of its error when the node failed, 70 when it could not be stopped. */
  readonly exitCode: ExitCode;
  /** What ended the node, already logged; null after a signal. */
  readonly error: unknown;
}

/**
 * Starts a node, waits for a signal or its end, and stops it gracefully. A second signal ends the
 * process at once, and so does an uncaught error, which is a bug: what is done is on disk, and what
 * is not is found there by the next start.
 */
export async function runNode(options: RunOptions): Promise<RunResult> {
  const { log } = options;
  const listening = listen(options);
  try {
    const ending = await Promise.race([listening.signal, startAndWait(options)]);
    if (ending.kind === 'signal') log.info('stopping', { signal: ending.signal });
    else log.error(`the ${options.what ?? 'node'} cannot go on`, { error: ending.error });
    const stopped = await stopInTime(options);
    if (stopped) log.info('stopped');
    const error = ending.kind === 'failed' ? ending.error : null;
    if (ending.kind === 'failed') return { exitCode: exitCodeOf(error), error };
    return { exitCode: stopped ? ExitCode.done : ExitCode.bug, error };
  } finally {
    listening.end();
  }
}

async function startAndWait({ node, onStarted }: RunOptions): Promise<Ending> {
  // Looked at from the beginning: a failure that comes while starting is not an unhandled one.
  node.ended.catch(() => {});
  try {
    onStarted(await node.start());
    await node.ended;
    throw new NodeError('NODE_ENDED', 'the node ended without being told to', {
      retryable: true,
      hint: 'report it, with the log',
    });
  } catch (error) {
    return { kind: 'failed', error };
  }
}

async function stopInTime({ node, log, clock }: RunOptions): Promise<boolean> {
  const patience = new AbortController();
  const late = clock.sleep(STOP_TIMEOUT_MS, patience.signal).then(
    () => 'late' as const,
    () => 'stopped' as const,
  );
  try {
    const outcome = await Promise.race([node.stop().then(() => 'stopped' as const), late]);
    if (outcome === 'late') log.error('not stopped in time', { timeoutMs: STOP_TIMEOUT_MS });
    return outcome === 'stopped';
  } catch (error) {
    log.error('stopping failed', { error });
    return false;
  } finally {
    patience.abort();
  }
}

/** Listens for signals and uncaught errors until `end`. */
function listen({ process, log, exitNow }: RunOptions) {
  let first: (ending: Ending) => void = () => {};
  const signal = new Promise<Ending>((resolve) => {
    first = resolve;
  });
  let seen = 0;
  const onSignal = (name: string): void => {
    seen += 1;
    if (seen === 1) return first({ kind: 'signal', signal: name });
    log.warn('stopping at once', { signal: name });
    exitNow(ExitCode.fixIt);
  };
  const onBug = (error: unknown): void => {
    const isTrouble = error instanceof NodeError;
    log.error(isTrouble ? 'uncaught error' : 'bug: uncaught error', { error });
    exitNow(exitCodeOf(error));
  };
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  for (const name of ['uncaughtException', 'unhandledRejection']) process.on(name, onBug);
  return {
    signal,
    end(): void {
      for (const name of STOP_SIGNALS) process.off(name, onSignal);
      for (const name of ['uncaughtException', 'unhandledRejection']) process.off(name, onBug);
    },
  };
}
