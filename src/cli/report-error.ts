import { jsonText } from '../api/json-text.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { safeFacts, safeText } from '../telemetry/safe-facts.js';
import type { CommandContext } from './command-context.js';
import { type ExitCode, exitCodeOf } from './exit-code.js';
import { visible } from './visible-text.js';

/**
 * Tells of a failure: what was wrong and what to do, on standard error; with `--json` as one object
 * on standard output. Returns the exit code.
 */
export function reportError(context: CommandContext, error: unknown, asJson: boolean): ExitCode {
  const code = exitCodeOf(error);
  if (asJson) {
    context.print(jsonText({ ok: false, exitCode: code, error: errorFacts(error) }));
    return code;
  }
  context.complain(`error: ${visible(messageText(error), 'many')}`);
  if (error instanceof NodeError && error.hint !== undefined) {
    context.complain(`to do: ${visible(error.hint)}`);
  }
  if (!(error instanceof NodeError)) {
    context.complain('This is a bug in dodona. Please report it with these lines:');
    context.complain(visible(String((error as Error | null)?.stack ?? ''), 'many'));
  }
  return code;
}

// A list of problems may be longer than what a log's fact holds, and is told whole.
const messageText = (error: unknown): string =>
  error instanceof NodeError ? error.message : safeText(messageOf(error));

function errorFacts(error: unknown): object {
  if (!(error instanceof NodeError)) return { code: 'BUG', ...safeFacts({ error }) };
  const { code, message, hint, retryable, details } = error;
  return { code, message, hint, retryable, details };
}
