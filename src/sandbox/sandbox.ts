import { type Clock, systemClock } from '../base/clock.js';
import type { Execution, FunctionCall, FunctionHost } from './execution.js';
import { DEFAULT_SANDBOX_LIMITS, type SandboxLimits } from './limits.js';
import { SandboxPool } from './sandbox-pool.js';

export interface SandboxOptions {
  /**
   * Functions that run at once, each in a thread of its own; one more thread is kept warm. One that
   * waits for an answer is parked, outside of any thread, when another one wants to run.
   */
  readonly workers?: number;
  /** Of one requester; by default half of the workers. */
  readonly workersPerRequester?: number;
  /** Functions that may wait for a thread. */
  readonly maxWaiting?: number;
  /** Of one requester. */
  readonly maxWaitingPerRequester?: number;
  /** Functions that may be parked; of one requester an eighth. */
  readonly maxParked?: number;
  /** What they may take in memory; those of one requester an eighth. */
  readonly maxParkedBytes?: number;
  readonly limits?: Partial<SandboxLimits>;
  readonly clock?: Clock;
  /** The program of the threads; for tests. */
  readonly workerFile?: URL;
}

export const SANDBOX_DEFAULTS = Object.freeze({
  workers: 4,
  maxWaiting: 1_024,
  maxWaitingPerRequester: 256,
  maxParked: 256,
  maxParkedBytes: 1024 * 1024 * 1024,
});

export interface SandboxStatus {
  readonly threads: number;
  /** On a thread, running or waiting for an answer. */
  readonly running: number;
  /** For a thread: to begin, or to go on. */
  readonly waiting: number;
  /** Away from any thread: they wait for an answer, or for a thread to go on. */
  readonly parked: number;
  /** Threads that ended without being told to, or had to be ended, since the start. */
  readonly lostThreads: number;
}

/** Runs strangers' functions, each in a VM that is as new, off this thread. */
export interface Sandbox {
  /**
   * Runs a function when its requester's turn comes; whatever its code does is in the outcome.
   * Rejects with a NodeError SANDBOX_WORKER_START when no thread can be started, and with what a
   * host's function rejected with.
   */
  run(call: FunctionCall, host: FunctionHost, signal?: AbortSignal): Promise<Execution>;
  /** Resolves when all threads are warm; rejects with SANDBOX_WORKER_START when none can start. */
  ready(): Promise<void>;
  /** What the sandbox is doing now, for metrics. */
  status(): SandboxStatus;
  /** Answers `cancelled` to all that is open, and resolves when no thread is left. */
  close(): Promise<void>;
}

/** Starts a sandbox with its threads. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const workers = options.workers ?? SANDBOX_DEFAULTS.workers;
  return new SandboxPool({
    ...SANDBOX_DEFAULTS,
    workers,
    workersPerRequester: Math.max(1, Math.floor(workers / 2)),
    clock: systemClock,
    workerFile: new URL(
      import.meta.url.endsWith('.ts') ? './sandbox-worker.ts' : './sandbox-worker.js',
      import.meta.url,
    ),
    ...options,
    limits: { ...DEFAULT_SANDBOX_LIMITS, ...options.limits },
  });
}
