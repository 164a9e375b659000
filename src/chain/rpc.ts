import type { Clock } from '../base/clock.js';
import { NodeError } from '../base/node-error.js';
import { showValue } from '../base/show-value.js';
import { batchText, callText } from './call-text.js';
import { cutBatch } from './cut-batch.js';
import { RpcError, RpcTrouble } from './rpc-error.js';
import { type ConnectRpc, createHttpPoster, type HttpAnswer, type HttpPoster } from './rpc-http.js';

export { isRpcError, isRpcTrouble, RpcCode, RpcError, RpcTrouble } from './rpc-error.js';

export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
  /**
   * True for the JSON text of a result that says nothing to the caller, who then gets `{}`: in a
   * batch it is spared from being parsed where possible. Without it, every result says something.
   */
  readonly saysNothing?: (resultText: string) => boolean;
  /** The members `method` and `params` as JSON, where they are at hand: see `callSeries`. */
  readonly text?: string;
}

export type RpcResult =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: RpcError };

/** The value of one result of a batch; throws its error. */
export function unwrapResult(result: RpcResult | undefined): unknown {
  if (result === undefined) throw new Error('bug: a batch gives one result a call');
  if (!result.ok) throw result.error;
  return result.result;
}

export interface RpcOptions {
  /** Bound of one exchange; the client's default where absent. */
  readonly timeoutMs?: number | undefined;
  /** Ends the exchange; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Only an endpoint whose height (index of its latest block) is at least this may answer. */
  readonly minHeight?: number | undefined;
  /** Waits for a connection until no other does, as what is read ahead may: see `PostLimits`. */
  readonly givesWay?: boolean | undefined;
}

/**
 * Asks a Neo N3 node. Rejects with a RpcError for an error that the node answered, with a NodeError
 * whose code is one of RpcTrouble when there was no proper answer, or with the signal's reason.
 */
export interface Rpc {
  call<T = unknown>(method: string, params?: readonly unknown[], options?: RpcOptions): Promise<T>;
  /**
   * One result a call, in the order of the calls; an error answer fails its own call only. Too many
   * calls for one exchange, or too large an answer, make it several.
   */
  batch(calls: readonly RpcCall[], options?: RpcOptions): Promise<RpcResult[]>;
}

export interface RpcClient extends Rpc {
  /** Scheme, host and port, for messages and metrics. */
  readonly label: string;
  close(): void;
}

export interface RpcClientOptions {
  readonly url: string;
  /** Default HTTP. */
  readonly connect?: ConnectRpc;
  readonly clock: Clock;
  /** One connection is served serially by neo-go; more than 4 gain nothing (measured). */
  readonly maxConnections?: number;
  readonly timeoutMs?: number;
  readonly maxResponseBytes?: number;
  /** Calls in one exchange; a longer batch becomes several. At most MAX_BATCH_CALLS. */
  readonly batchCalls?: number;
}

export const DEFAULT_RPC_TIMEOUT_MS = 10_000;
export const DEFAULT_RPC_CONNECTIONS = 4;
/** A full block of 2 MiB is some 4 MiB of JSON. A batch whose answer is larger is halved. */
export const DEFAULT_MAX_RESPONSE_BYTES = 16 * 1024 * 1024;
/** neo-go refuses larger batches; a longer list of calls is sent as several. */
export const MAX_BATCH_CALLS = 100;

/** A JSON-RPC client of one endpoint, over kept-alive connections. */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  const maxConnections = options.maxConnections ?? DEFAULT_RPC_CONNECTIONS;
  const connect = options.connect ?? createHttpPoster;
  const poster = connect(options.url, maxConnections, options.clock);
  const limitsOf = (asked: RpcOptions) => ({
    timeoutMs: asked.timeoutMs ?? options.timeoutMs ?? DEFAULT_RPC_TIMEOUT_MS,
    maxResponseBytes: options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
    signal: asked.signal,
    givesWay: asked.givesWay,
  });
  let nextId = 1;
  const takeIds = (count: number): number => {
    const firstId = nextId;
    nextId += count;
    return firstId;
  };

  const call = async <T>(
    method: string,
    params: readonly unknown[] = [],
    asked: RpcOptions = {},
  ): Promise<T> => {
    const id = takeIds(1);
    const answer = await poster.post(() => callText(id, { method, params }), limitsOf(asked));
    const result = readAnswer(parseBody(answer, poster), { id, method }, poster);
    if (!result.ok) throw result.error;
    return result.result as T;
  };
  const inParts = async (
    calls: readonly RpcCall[],
    partCalls: number,
    asked: RpcOptions,
  ): Promise<RpcResult[]> => {
    const parts: Promise<RpcResult[]>[] = [];
    for (let at = 0; at < calls.length; at += partCalls) {
      parts.push(batchPart(calls.slice(at, at + partCalls), asked));
    }
    const results: RpcResult[] = [];
    for (const part of await Promise.all(parts)) results.push(...part);
    return results;
  };
  const batchPart = async (calls: readonly RpcCall[], asked: RpcOptions): Promise<RpcResult[]> => {
    const firstId = takeIds(calls.length);
    try {
      const answer = await poster.post(() => batchText(firstId, calls), limitsOf(asked));
      const skimmed = skim(answer, firstId, calls);
      return skimmed ?? readBatch(parseBody(answer, poster), requestsOf(firstId, calls), poster);
    } catch (thrown) {
      const isTooLarge = thrown instanceof NodeError && thrown.code === RpcTrouble.TooLarge;
      if (!isTooLarge || calls.length === 1) throw thrown;
      return inParts(calls, Math.ceil(calls.length / 2), asked);
    }
  };
  const batchCalls = Math.min(options.batchCalls ?? MAX_BATCH_CALLS, MAX_BATCH_CALLS);
  const batch: Rpc['batch'] = (calls, asked = {}) => inParts(calls, batchCalls, asked);
  return { label: poster.label, call, batch, close: () => poster.close() };
}

const requestsOf = (firstId: number, calls: readonly RpcCall[]): RpcRequest[] =>
  calls.map(({ method }, at) => ({ id: firstId + at, method }));

/** What a call gets whose result was spared from being parsed. */
export const NOTHING_SAID: RpcResult = { ok: true, result: {} };

/** Parses only what says something. Null where the answer is to be read as a whole. */
function skim(
  { status, body }: HttpAnswer,
  firstId: number,
  calls: readonly RpcCall[],
): RpcResult[] | null {
  if (status !== 200 || calls.every(({ saysNothing }) => saysNothing === undefined)) return null;
  const texts = cutBatch(body, firstId, calls.length);
  if (texts === null) return null;
  const results: RpcResult[] = [];
  try {
    for (let at = 0; at < texts.length; at++) {
      const text = texts[at] as string;
      const saysNothing = calls[at]?.saysNothing?.(text) === true;
      results.push(saysNothing ? NOTHING_SAID : { ok: true, result: JSON.parse(text) });
    }
  } catch {
    return null;
  }
  return results;
}

interface RpcRequest {
  readonly id: number;
  readonly method: string;
}

function malformed(poster: HttpPoster, what: string, cause?: unknown): NodeError {
  return new NodeError(RpcTrouble.Malformed, `${poster.label} answered ${what}`, {
    retryable: true,
    hint: 'Check that the URL is the JSON-RPC endpoint of a Neo N3 node.',
    cause,
    details: { endpoint: poster.label },
  });
}

/** Some servers send errors with a HTTP status of their own; a JSON body says more than that. */
function parseBody({ status, body }: HttpAnswer, poster: HttpPoster): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (cause) {
    if (status === 200) throw malformed(poster, 'something that is not JSON', cause);
  }
  if (status === 200) throw malformed(poster, 'JSON that is neither an object nor an array');
  throw new NodeError(
    RpcTrouble.HttpStatus,
    `${poster.label} answered with HTTP status ${status}`,
    {
      retryable: true,
      details: { endpoint: poster.label, status },
    },
  );
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readAnswer(answer: unknown, request: RpcRequest, poster: HttpPoster): RpcResult {
  const { method, id } = request;
  if (!isFields(answer)) throw malformed(poster, `${method} with a list instead of one answer`);
  // A request that could not be read at all is answered with an error and the id null.
  const nullIdError = answer.id === null && isFields(answer.error);
  if (answer.id !== id && !nullIdError) {
    throw malformed(poster, `${method} with the id ${showValue(answer.id)} instead of ${id}`);
  }
  if (answer.error !== undefined && answer.error !== null) {
    return { ok: false, error: readError(answer.error, method, poster) };
  }
  if (!('result' in answer)) throw malformed(poster, `${method} with neither result nor error`);
  return { ok: true, result: answer.result };
}

function readError(error: unknown, method: string, poster: HttpPoster): RpcError {
  if (!isFields(error) || typeof error.code !== 'number') {
    throw malformed(poster, `${method} with an error that has no code`);
  }
  return new RpcError(method, error.code, messageIn(error), error.data);
}

/** Servers send a text; what else they send is shown. */
const messageIn = ({ message }: Fields): string =>
  typeof message === 'string' ? message : showValue(message ?? '');

function readBatch(
  answers: unknown,
  requests: readonly RpcRequest[],
  poster: HttpPoster,
): RpcResult[] {
  if (isFields(answers) && isFields(answers.error)) {
    throw readError(answers.error, 'a batch', poster);
  }
  if (!Array.isArray(answers)) throw malformed(poster, 'a batch with something else than a list');
  const inOrder = answers.length === requests.length;
  if (inOrder && answers.every((answer, at) => answer?.id === requests[at]?.id)) {
    return requests.map((request, at) => readAnswer(answers[at], request, poster));
  }
  const byId = new Map<unknown, unknown>();
  for (const answer of answers) {
    if (!isFields(answer)) throw malformed(poster, 'a batch with an entry that is not an object');
    if (byId.has(answer.id)) throw malformed(poster, `the id ${showValue(answer.id)} twice`);
    byId.set(answer.id, answer);
  }
  if (byId.size !== requests.length) {
    throw malformed(poster, `a batch of ${requests.length} calls with ${byId.size} answers`);
  }
  return requests.map((request) => {
    const answer = byId.get(request.id);
    if (answer === undefined) throw malformed(poster, `nothing for the call with id ${request.id}`);
    return readAnswer(answer, request, poster);
  });
}
