import type { Client, Dispatcher, Pool } from 'undici';
import { type AbortListeners, createAbortListeners } from '../base/abort-listeners.js';
import type { Clock } from '../base/clock.js';
import { createDeadlines, type Deadlines } from '../base/deadlines.js';
import { HttpClient, HttpPool } from '../base/http-client.js';
import { NodeError } from '../base/node-error.js';
import { RpcTrouble } from './rpc-error.js';
import { createTurns } from './turns.js';

/** Limits of one exchange. */
export interface PostLimits {
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Waits for a connection until no other does; the time limit is from then on. It fails at once
   * where another exchange finds that the server does not answer.
   */
  readonly givesWay?: boolean | undefined;
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
  /** `body` is made when there is a connection for it. */
  post(body: () => string, limits: PostLimits): Promise<HttpAnswer>;
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
  const pool = createPool(target, maxConnections);
  const label = endpointLabel(url);
  const deadlines = createDeadlines(clock);
  const aborts = createAbortListeners();
  const path = target.pathname + target.search;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (target.username !== '') headers.authorization = basicAuthorization(target);
  const turns = createTurns(maxConnections, (handler: Exchange): void => {
    // It may have waited longer than it was wanted.
    if (handler.ended) return turns.end();
    handler.limitTime();
    try {
      pool.dispatch({ method: 'POST', path, headers, body: handler.text() }, handler);
    } catch (thrown) {
      handler.onNoRequest(thrown);
    }
  });
  /** Whoever could wait is not to find out by itself, one after another. */
  const onTrouble = (trouble: NodeError): void => {
    for (const handler of turns.dropGivingWay()) handler.fail(trouble);
  };
  const ways = { label, deadlines, aborts, onOver: turns.end, onTrouble };
  const exchange = (body: () => string, limits: PostLimits): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const handler = new Exchange({ ...ways, body, limits, resolve, reject });
      if (handler.ended) return;
      const { givesWay = false } = limits;
      if (!givesWay) handler.limitTime();
      turns.take(handler, givesWay);
    });
  let closed = false;
  const post = async (body: () => string, limits: PostLimits): Promise<HttpAnswer> => {
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
    void pool.destroy();
    deadlines.close();
  };
  return { label, post, close };
}

const basicAuthorization = ({ username, password }: URL): string => {
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
};

/** A server that closes its end sooner than this is asked once more where that shows. */
const IDLE_TIMEOUT_MS = 600_000;

/** Connections, one exchange at a time on each; each tells whether it stood before. */
function createPool({ origin }: URL, connections: number): Pool {
  return new HttpPool(origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    // The time limits are those of each exchange, which the node's own clock watches over.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    factory: (to, options: Client.Options) => {
      const client = new HttpClient(to, options);
      const dispatch = client.dispatch.bind(client);
      client.dispatch = (asked, handler) => {
        if (handler instanceof Exchange) handler.reused = client.stats.connected === true;
        return dispatch(asked, handler);
      };
      return client;
    },
  });
}

interface ExchangeParts {
  readonly label: string;
  readonly body: () => string;
  readonly limits: PostLimits;
  readonly deadlines: Deadlines;
  readonly aborts: AbortListeners;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (reason: unknown) => void;
  /** Its connection is free for another. */
  readonly onOver: () => void;
  /** The endpoint did not answer it. */
  readonly onTrouble: (trouble: NodeError) => void;
}

/** One exchange; it ends once: by its answer, by trouble, by the time limit, or by the signal. */
class Exchange implements Dispatcher.DispatchHandler {
  /** Whether its connection was there before. */
  reused = false;
  ended = false;
  readonly #parts: ExchangeParts;
  #deadline: { cancel(): void } | null = null;
  readonly #abort: { cancel(): void } | null;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #hasLeft = false;
  #status = 0;
  #date: string | null = null;
  #controller: Dispatcher.DispatchController | null = null;

  constructor(parts: ExchangeParts) {
    const { limits, aborts } = parts;
    const { signal } = limits;
    this.#parts = parts;
    this.#abort = signal ? aborts.add(signal, () => this.fail(signal.reason)) : null;
    if (signal?.aborted) this.fail(signal.reason);
  }

  /** What is to be sent, made anew. */
  text(): string {
    return this.#parts.body();
  }

  /** From now on, where it is not limited yet. */
  limitTime(): void {
    const { label, limits, deadlines } = this.#parts;
    if (this.ended || this.#deadline !== null) return;
    this.#deadline = deadlines.start(limits.timeoutMs, () =>
      this.#failByServer(timedOut(label, limits.timeoutMs)),
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It may have waited for the connection to open longer than it was wanted.
    if (this.ended) controller.abort(NOT_WANTED);
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    const { date } = headers;
    this.#date = typeof date === 'string' ? date : null;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    const { label, limits } = this.#parts;
    this.#bytes += chunk.length;
    if (this.#bytes > limits.maxResponseBytes) this.fail(tooLarge(label, limits.maxResponseBytes));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#leave();
    if (!this.#end()) return;
    const body = chunksToText(this.#chunks, this.#bytes);
    this.#parts.resolve({ status: this.#status, date: this.#date, body });
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    const isStale = this.reused && this.#status === 0;
    this.#failByServer(unreachable(this.#parts.label, error, isStale));
    this.#leave();
  }

  /** There is nothing that could be sent. */
  onNoRequest(reason: unknown): void {
    this.#leave();
    this.fail(reason);
  }

  /** Once: what fails may be told of twice. */
  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#parts.onOver();
  }

  fail(reason: unknown): void {
    if (!this.#end()) return;
    this.#controller?.abort(NOT_WANTED);
    this.#parts.reject(reason);
  }

  /** A server that closed an idle connection is in no trouble. */
  #failByServer(trouble: NodeError): void {
    if (this.ended) return;
    // Before the next has its turn by this one's end.
    if (trouble.details.staleConnection !== true) this.#parts.onTrouble(trouble);
    this.fail(trouble);
  }

  /** True the first time. */
  #end(): boolean {
    if (this.ended) return false;
    this.ended = true;
    this.#deadline?.cancel();
    this.#abort?.cancel();
    return true;
  }
}

/** Ends an exchange that nobody waits for; an error of its own for each would say no more. */
const NOT_WANTED = Object.freeze(new Error('the exchange is not wanted any more'));

const timedOut = (label: string, timeoutMs: number): NodeError =>
  new NodeError(RpcTrouble.Timeout, `${label} did not answer within ${timeoutMs} ms`, {
    retryable: true,
    details: { endpoint: label, timeoutMs },
  });

/** What shows that the other end had closed the connection. */
const DEAD_CONNECTION = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

function unreachable(label: string, cause: Error, reused: boolean): NodeError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return new NodeError(RpcTrouble.Unreachable, `${label} could not be reached`, {
    retryable: true,
    hint: 'Check that the Neo node runs and that network.rpc names it.',
    cause,
    details: {
      endpoint: label,
      staleConnection: reused && DEAD_CONNECTION.includes(code),
    },
  });
}

const chunksToText = (chunks: readonly Buffer[], bytes: number): string =>
  (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes)).toString('utf8');

const tooLarge = (label: string, maxBytes: number): NodeError =>
  new NodeError(RpcTrouble.TooLarge, `${label} sent an answer of more than ${maxBytes} bytes`, {
    hint: 'Ask for less at once.',
    details: { endpoint: label, maxBytes },
  });
