import type { ExecutionEnd, FunctionFetch } from './execution.js';
import type { SandboxLimits } from './limits.js';

/** One execution, as it crosses over to a thread. */
export interface RunTask {
  readonly source: string;
  readonly args: string;
  readonly requestId: string;
  readonly requester: string;
  readonly block: { readonly index: number; readonly timeMs: number };
  /** Four words of 32 bits, not all 0. */
  readonly seed: readonly number[];
  readonly limits: SandboxLimits;
  /** Hosts that may be fetched from; null for any. */
  readonly allowedHosts: readonly string[] | null;
}

export type Question =
  | { readonly what: 'fetch'; readonly request: FunctionFetch }
  | { readonly what: 'secret'; readonly name: string };

export type Answer =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: readonly (readonly [string, string])[];
      readonly url: string;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'secret'; readonly value: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** What a thread is told. `run` numbers executions, `id` the questions of one. */
export type ToThread =
  | { readonly kind: 'run'; readonly run: number; readonly task: RunTask }
  | {
      readonly kind: 'answer';
      readonly run: number;
      readonly id: number;
      readonly answer: Answer;
    }
  /** Ends an execution, if it still runs. */
  | { readonly kind: 'stop'; readonly run: number; readonly end: ExecutionEnd };

export type FromThread =
  /** A fresh VM is there, after the start and after a `done` that promised none. */
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'question';
      readonly run: number;
      readonly id: number;
      readonly question: Question;
    }
  /** The code has come to rest until a question is answered. */
  | { readonly kind: 'waiting'; readonly run: number; readonly busyMs: number }
  | {
      readonly kind: 'done';
      readonly run: number;
      readonly end: ExecutionEnd;
      readonly logs: readonly string[];
      readonly polls: number;
      readonly busyMs: number;
      /** Whether the VM can be put back at once; else `ready` follows. */
      readonly reusable: boolean;
    };
