import type { ExecutionEnd, FunctionFetch } from './execution.js';
import type { ParkedVm } from './function-vm.js';
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

/** An execution at rest, away from any thread. */
export interface ParkedRun {
  readonly vm: ParkedVm;
  readonly fuel: number;
  readonly logs: readonly string[];
  /** Of answers that the function has and has not read yet, by question. */
  readonly bodies: readonly (readonly [id: number, body: Uint8Array])[];
  /** Questions that are not answered yet. */
  readonly open: readonly number[];
  readonly fetches: number;
  readonly secrets: number;
  readonly busyMs: number;
}

/** What a thread is told. `run` numbers executions, `id` the questions of one. */
export type ToThread =
  | { readonly kind: 'run'; readonly run: number; readonly task: RunTask }
  /** Takes over an execution that rests; runs nothing before an answer follows. */
  | {
      readonly kind: 'resume';
      readonly run: number;
      readonly task: RunTask;
      readonly parked: ParkedRun;
      /** Since it was started. */
      readonly wallMs: number;
    }
  /** Gives an execution at rest away. */
  | { readonly kind: 'park'; readonly run: number }
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
  | {
      readonly kind: 'waiting';
      readonly run: number;
      readonly busyMs: number;
      /** What it may take at most where it is parked. */
      readonly parkedBytes: number;
    }
  | {
      readonly kind: 'parked';
      readonly run: number;
      readonly parked: ParkedRun;
      /** As of `done`. */
      readonly reusable: boolean;
    }
  | {
      readonly kind: 'done';
      readonly run: number;
      readonly end: ExecutionEnd;
      readonly logs: readonly string[];
      readonly fuel: number;
      readonly busyMs: number;
      /** Whether the VM can be put back at once; else `ready` follows. */
      readonly reusable: boolean;
    };
