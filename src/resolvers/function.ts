import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import {
  answerCode,
  answerSuccess,
  type FailureAnswer,
  type Outcome,
  ResponseCode,
} from '../base/outcome.js';
import { printable } from '../net/fetch-result.js';
import type { Execution, ExecutionEnd, FunctionCall, FunctionHost } from '../sandbox/execution.js';
import type { Reveal } from '../vault/reveal.js';
import { secretInResult, withoutSecrets } from '../vault/secret-traces.js';
import type { CodeHash, FindCode, HostsOf } from './function-code.js';
import { createFunctionHost } from './function-host.js';
import type { Fetcher } from './http.js';

/** A request for the result of a function, as its event says it. */
export interface FunctionWork {
  readonly requestId: bigint;
  readonly requester: Hash160;
  readonly functionId: bigint;
  readonly codeHash: CodeHash;
  /** JSON text. */
  readonly args: string;
  readonly block: { readonly index: number; readonly timeMs: number };
  /** What Math.random is derived from. */
  readonly seed: string;
}

/** What the resolver needs of src/sandbox. */
export interface FunctionRunner {
  run(call: FunctionCall, host: FunctionHost, signal: AbortSignal): Promise<Execution>;
}

export interface UsedCode {
  readonly functionId: bigint;
  readonly source: Buffer;
  /** Hosts that it may fetch from; null: any. */
  readonly allowedHosts: readonly string[] | null;
}

export type FunctionResolver = (work: FunctionWork, signal: AbortSignal) => Promise<Outcome>;

export interface FunctionResolverOptions {
  readonly findCode: FindCode;
  readonly sandbox: FunctionRunner;
  readonly fetch: Fetcher;
  readonly reveal: Reveal;
  readonly hostsOf: HostsOf;
  /** Bytes of a result. */
  readonly maxResultBytes: number;
  /** Told of the code that runs, for the record. */
  readonly onCode?: ((code: UsedCode) => void) | undefined;
  /** Told of the lines that it logged, which may hold secrets. */
  readonly onLogs?: ((lines: readonly string[]) => void) | undefined;
}

const RETRY_AFTER_MS = 1_000;

/**
 * Builds the resolver of `requestFunction`. What the function does is its outcome; trouble of the
 * node, or of a source that may be gone the next time, comes back as a retry.
 */
export function createFunctionResolver(options: FunctionResolverOptions): FunctionResolver {
  const { findCode, sandbox, fetch, reveal, maxResultBytes } = options;
  return async (work, signal) => {
    const code = await findCode(work.codeHash, signal);
    if (code.kind === 'missing') {
      const otherwise = { code: ResponseCode.NotFound, reason: printable(code.reason) };
      return code.mayPass ? retry(otherwise) : answerCode(otherwise.code, otherwise.reason);
    }
    const allowedHosts = options.hostsOf(work.codeHash);
    options.onCode?.({ functionId: work.functionId, source: code.source, allowedHosts });
    const host = createFunctionHost({ work, fetch, reveal, allowedHosts });
    try {
      const { requestId, requester, args, block, seed } = work;
      const call: FunctionCall = {
        source: code.source.toString(),
        args,
        requestId: requestId.toString(),
        requester,
        block,
        seed,
        ...(allowedHosts === null ? {} : { allowedHosts }),
      };
      const execution = await sandbox.run(call, host, signal);
      signal.throwIfAborted();
      options.onLogs?.(execution.logs);
      const outcome = troubleOf(execution, host) ?? outcomeOf(execution, maxResultBytes);
      const mayHelp = outcome.kind === 'answer' && outcome.code === ResponseCode.Error;
      const told = withReason(guardSecrets(outcome, host), host);
      if (told.kind !== 'answer') return told;
      return mayHelp && host.failedForNow() ? retry(failureOf(told)) : told;
    } finally {
      host.wipe();
    }
  };
}

type Host = ReturnType<typeof createFunctionHost>;

/** What was not the function's doing. It is run again, unless that might repeat an effect. */
function troubleOf({ end }: Execution, host: Host): Outcome | null {
  const again = ({ code, reason }: FailureAnswer): Outcome => {
    const answer = { kind: 'answer', code, reason, result: Buffer.alloc(0) } as const;
    return host.hadEffect() ? { ...answer, ownTrouble: true } : retry({ code, reason });
  };
  if (end.kind === 'crashed') return again({ code: CODES.crashed, reason: end.reason });
  const trouble = end.kind === 'forbidden' ? host.trouble() : null;
  if (trouble === null) return null;
  const { code, reason, mayPass } = trouble;
  return mayPass ? again({ code, reason }) : answerCode(code, reason);
}

/** A secret leaves the node to the hosts of its grant and nowhere else, the chain included. */
function guardSecrets(outcome: Outcome, host: Host): Outcome {
  if (outcome.kind !== 'answer') return outcome;
  const shown = secretInResult(outcome.result, host.guardedSecrets());
  if (shown === null) return outcome;
  return answerCode(ResponseCode.Forbidden, `the result holds the secret ${shown.name}`);
}

function withReason(outcome: Outcome, host: Host): Outcome {
  const reason = printable(withoutSecrets(outcome.reason, host.secrets()));
  if (outcome.kind !== 'retry') return { ...outcome, reason };
  return { ...outcome, reason, otherwise: { ...outcome.otherwise, reason } };
}

const failureOf = (outcome: Outcome): FailureAnswer => ({
  code: ResponseCode.Error,
  reason: outcome.reason,
});

const retry = (otherwise: FailureAnswer): Outcome => ({
  kind: 'retry',
  reason: otherwise.reason,
  afterMs: RETRY_AFTER_MS,
  otherwise,
});

/** The design's codes, by how an execution ended. */
const CODES: Readonly<
  Record<Exclude<ExecutionEnd['kind'], 'returned' | 'busy' | 'cancelled'>, FailureAnswer['code']>
> = {
  thrown: ResponseCode.Error,
  notJson: ResponseCode.Error,
  neverSettles: ResponseCode.Error,
  crashed: ResponseCode.Error,
  heap: ResponseCode.Error,
  stack: ResponseCode.Error,
  sourceTooLarge: ResponseCode.Error,
  argsTooLarge: ResponseCode.Error,
  tooManyFetches: ResponseCode.Error,
  fetchTooLarge: ResponseCode.Error,
  tooManySecrets: ResponseCode.Error,
  tooManyLogs: ResponseCode.Error,
  tooLarge: ResponseCode.ResponseTooLarge,
  timeout: ResponseCode.Timeout,
  forbidden: ResponseCode.Forbidden,
};

function outcomeOf({ end, fuel, busyMs, fetches }: Execution, maxResultBytes: number): Outcome {
  switch (end.kind) {
    case 'returned': {
      const size = `${end.bytes.length} bytes`;
      if (end.bytes.length > maxResultBytes) {
        const reason = `the function returned ${size}, at most ${maxResultBytes} are allowed`;
        return answerCode(ResponseCode.ResponseTooLarge, reason);
      }
      const work = `${fetches.length} fetches, ${busyMs.toFixed(1)} ms busy, fuel ${fuel}`;
      return answerSuccess(Buffer.from(end.bytes), `the function returned ${size} (${work})`);
    }
    case 'thrown':
    case 'notJson': {
      const [at = ''] = end.stack;
      const what = end.kind === 'thrown' ? 'the function threw' : 'the result is not JSON';
      return answerCode(ResponseCode.Error, `${what}: ${end.message}${at === '' ? '' : ` ${at}`}`);
    }
    case 'busy':
      return retry({ code: ResponseCode.Error, reason: end.reason });
    case 'cancelled':
      throw new NodeError('FUNCTION_CANCELLED', end.reason, { retryable: true });
    default:
      return answerCode(CODES[end.kind], end.reason);
  }
}
