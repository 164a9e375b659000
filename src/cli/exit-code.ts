import { isRetryable } from '../base/node-error.js';

/** What every command ends with. */
export const ExitCode = {
  done: 0,
  /** Something is for the user to fix. */
  fixIt: 1,
  /** Try again later: RPC down, node busy (EX_TEMPFAIL of sysexits.h). */
  tryLater: 75,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export const exitCodeOf = (error: unknown): ExitCode =>
  isRetryable(error) ? ExitCode.tryLater : ExitCode.fixIt;
