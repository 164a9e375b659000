import { isRetryable, NodeError } from '../base/node-error.js';

/** What every command ends with. */
export const ExitCode = {
  done: 0,
  /** Something is for the user to fix. */
  fixIt: 1,
  /** A bug, or a trouble that has no name yet; starting again may help (EX_SOFTWARE). */
  bug: 70,
  /** Try again later: RPC down, node busy (EX_TEMPFAIL of sysexits.h). */
  tryLater: 75,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof NodeError)) return ExitCode.bug;
  return isRetryable(error) ? ExitCode.tryLater : ExitCode.fixIt;
}
