import type { Execution, FunctionCall } from '../../src/sandbox/execution.js';

/** One attempt at something that must not work. */
export interface Attempt {
  /** What must happen, as a sentence about the sandbox. */
  readonly it: string;
  readonly source: string;
  readonly call?: Partial<FunctionCall>;
  /** How the execution must end. */
  readonly ends: Execution['end']['kind'] | readonly Execution['end']['kind'][];
  /** What it must return, as JSON or text. */
  readonly returns?: unknown;
  /** Anything else that must hold. */
  readonly holds?: (execution: Execution) => void;
  /** How fast: from the start of the execution to its end. */
  readonly withinMs: number;
}

/** An attack: attempts that are made one after the other on the same thread. */
export interface Attack {
  readonly against: string;
  readonly attempts: readonly Attempt[];
}

/** What an execution without waiting may take on a busy machine. */
export const QUICK_MS = 1_000;
/** The time limit of attempts to burn it, and by when the watchdog must have ended them. */
export const BURN = { busyMs: 150, graceMs: 150 } as const;
export const BURNT_MS = BURN.busyMs + BURN.graceMs + 700;
