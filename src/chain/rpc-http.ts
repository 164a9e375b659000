import * as http from 'node:http';
import * as https from 'node:https';
import { type AbortListeners, createAbortListeners } from '../base/abort-listeners.js';
import type { Clock } from '../base/clock.js';
import { createDeadlines, type Deadlines } from '../base/deadlines.js';
import { NodeError } from '../base/node-error.js';
import { RpcTrouble } from './rpc-error.js';

/** Limits of one exchange. */
export interface PostLimits {
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** When the server says that it answered (RFC 9110, Date); null where it does not. */
  readonly date: string | null;
}

/** Posts JSON texts to one URL over a few kept-alive connections. */
export interface HttpPoster {
  /** What to call the endpoint in messages: scheme, host and port, without keys or passwords. */
  readonly label: string;
  post(body: string, limits: PostLimits): Promise<HttpAnswer>;
  close(): void;
}

/** How a client reaches its endpoint: see `createHttpPoster`. */
export type ConnectRpc = (url: string, maxConnections: number, clock: Clock) => HttpPoster;

/** An endpoint's name for messages: providers put keys into paths, queries and user names. */
export const endpointLabel = (url: string): string => {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
};

/**
 * Opens at most `maxConnections` to the URL's host, each kept alive. Throws a NodeError
 * RPC_URL_INVALID when the URL is not http(s).
 */
export function createHttpPoster(url: string, maxConnections: number, clock: Clock): HttpPoster {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new NodeError('RPC_URL_INVALID', 'the RPC endpoint is not an http:// or https:// URL', {
      hint: 'Give the full URL of a Neo N3 node, e.g. https://rpc.example.org:10331.',
    });
  }
  const target = new URL(url);
  const { request, Agent } = target.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections });
  const label = endpointLabel(url);
  const deadlines = createDeadlines(clock);
  const aborts = createAbortListeners();
  const base: https.RequestOptions = {
    agent,
    method: 'POST',
    hostname: target.hostname.replace(/^\[|\]$/g, ''),
    port: target.port,
    path: target.pathname + target.search,
    ...(target.username
      ? { auth: `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}` }
      : {}),
  };
  const exchange = (body: string, limits: PostLimits): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      const sent = request({ ...base, headers });
      const settle = boundExchange({ sent, label, limits, deadlines, aborts, reject });
      sent.on('error', (cause) => settle.fail(unreachable(label, cause, sent.reusedSocket)));
      sent.once('response', (response) => {
        readBody(response, label, limits.maxResponseBytes).then(
          (body) => settle.done(() => resolve({ ...headOf(response), body })),
          (cause: unknown) => settle.fail(cause),
        );
      });
      sent.end(body);
    });
  let closed = false;
  const post = async (body: string, limits: PostLimits): Promise<HttpAnswer> => {
    if (closed) throw new NodeError('RPC_STOPPED', `the connections to ${label} were closed`);
    try {
      return await exchange(body, limits);
    } catch (thrown) {
      // A server may close an idle connection just when it is used again; asking once more on a
      // fresh one is safe, since every call here is a read or a transaction known by its hash.
      const isStale = thrown instanceof NodeError && thrown.details.staleConnection === true;
      if (!isStale || closed) throw thrown;
      return await exchange(body, limits);
    }
  };
  const close = (): void => {
    closed = true;
    agent.destroy();
    deadlines.close();
  };
  return { label, post, close };
}

const headOf = ({ statusCode, headers }: http.IncomingMessage): Omit<HttpAnswer, 'body'> => ({
  status: statusCode ?? 0,
  date: headers.date ?? null,
});

interface Bound {
  readonly sent: http.ClientRequest;
  readonly label: string;
  readonly limits: PostLimits;
  readonly deadlines: Deadlines;
  readonly aborts: AbortListeners;
  readonly reject: (reason: unknown) => void;
}

/** Ends an exchange once: by its answer, by trouble, by the time limit, or by the signal. */
function boundExchange({ sent, label, limits, deadlines, aborts, reject }: Bound) {
  const { timeoutMs, signal } = limits;
  let settled = false;
  const done = (report: () => void): void => {
    if (settled) return;
    settled = true;
    deadline.cancel();
    abort?.cancel();
    report();
  };
  const fail = (reason: unknown): void =>
    done(() => {
      sent.destroy();
      reject(reason);
    });
  const deadline = deadlines.start(timeoutMs, () => fail(timedOut(label, timeoutMs)));
  const abort = signal ? aborts.add(signal, () => fail(signal.reason)) : null;
  if (signal?.aborted) fail(signal.reason);
  return { done, fail };
}

const timedOut = (label: string, timeoutMs: number): NodeError =>
  new NodeError(RpcTrouble.Timeout, `${label} did not answer within ${timeoutMs} ms`, {
    retryable: true,
    details: { endpoint: label, timeoutMs },
  });

function unreachable(label: string, cause: Error, reused: boolean): NodeError {
  const errno = (cause as NodeJS.ErrnoException).code;
  return new NodeError(RpcTrouble.Unreachable, `${label} could not be reached`, {
    retryable: true,
    hint: 'Check that the Neo node runs and that network.rpc names it.',
    cause,
    details: {
      endpoint: label,
      staleConnection: reused && (errno === 'ECONNRESET' || errno === 'EPIPE'),
    },
  });
}

/** The answer's text, of at most `maxBytes`. */
function readBody(
  response: http.IncomingMessage,
  label: string,
  maxBytes: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) reject(tooLarge(label, maxBytes));
      else chunks.push(chunk);
    });
    response.once('end', () => resolve(chunksToText(chunks, bytes)));
    response.on('error', (cause) => reject(unreachable(label, cause, false)));
    response.once('close', () => {
      if (response.complete) return;
      reject(unreachable(label, new Error('the answer was cut short'), false));
    });
  });
}

const chunksToText = (chunks: readonly Buffer[], bytes: number): string =>
  (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes)).toString('utf8');

const tooLarge = (label: string, maxBytes: number): NodeError =>
  new NodeError(RpcTrouble.TooLarge, `${label} sent an answer of more than ${maxBytes} bytes`, {
    hint: 'Ask for less at once.',
    details: { endpoint: label, maxBytes },
  });
