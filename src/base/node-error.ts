/**
 * An operator's or the environment's trouble, with a stable code. A bug is an assertion, and
 * a result of the work is a member of a discriminated union.
 */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  /** Stable, upper case, e.g. RPC_TIMEOUT. */
  readonly code: string;
  /** True when trying again later may help. */
  readonly retryable: boolean;
  /** What to do about it, one sentence. */
  readonly hint: string | undefined;
  /** Facts for the log and `--json`; never a secret. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: {
      retryable?: boolean;
      hint?: string;
      cause?: unknown;
      details?: Record<string, unknown>;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** The message of anything thrown, with the messages of its causes. */
export function messageOf(thrown: unknown): string {
  const parts: string[] = [];
  let current: unknown = thrown;
  for (let depth = 0; depth < 5 && current !== undefined && current !== null; depth++) {
    parts.push(current instanceof Error ? current.message : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(': ');
}

export const isRetryable = (thrown: unknown): boolean =>
  thrown instanceof NodeError && thrown.retryable;
