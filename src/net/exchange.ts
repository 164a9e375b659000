import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import type { Deadline, Watch } from './deadline.js';
import { FetchFault, fault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';
import { ACCEPT_ENCODING, MAX_DISCARDED_BYTES, tooLarge } from './read-body.js';
import type { HttpMethod, RequestHeaders } from './request-headers.js';
import { type ResponseHead, ResponseParser } from './response-parser.js';
import type { Target } from './target-url.js';

/** One request to one address, on one connection. */
export interface ExchangeRequest {
  readonly target: Target;
  /** Checked by the guard; the connection goes there and nowhere else. */
  readonly address: string;
  readonly method: HttpMethod;
  readonly headers: RequestHeaders;
  readonly body: Buffer | null;
  /** A connection that no request before it has used, and none after it will. */
  readonly fresh: boolean;
  /** Ends the exchange, the body included. */
  readonly deadline: Deadline;
  /** For TCP and TLS, where no kept connection is used. */
  readonly connectTimeoutMs: number;
  /** Whether the body is worth reading; may throw a FetchFault. */
  readonly wantsBody: (head: ResponseHead) => boolean;
}

export type Exchange =
  | {
      readonly kind: 'response';
      readonly head: ResponseHead;
      /** As sent, not decoded; null where it is not wanted. */
      readonly body: Buffer | null;
      readonly reused: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly fault: FetchFault;
      /** False: no connection stood, so the source has seen nothing. */
      readonly connected: boolean;
      /** A kept connection broke before any answer came over it. */
      readonly stale: boolean;
    };

export interface ExchangeDeps {
  readonly pool: ConnectionPool;
  readonly limits: HttpLimits;
  readonly watch: Watch;
}

/** How far an exchange got, filled in while it happens. */
interface Progress {
  readonly reused: boolean;
  connected: boolean;
  head: ResponseHead | null;
  wanted: boolean;
  bytes: number;
  readonly chunks: Buffer[];
}

/**
 * Sends one request and reads its answer. Nothing about a body that isn't wanted can make it fail:
 * what the headers say stands, and only the connection is lost.
 */
export function exchange(request: ExchangeRequest, deps: ExchangeDeps): Promise<Exchange> {
  const { target, address, fresh } = request;
  const kept = fresh ? null : deps.pool.take(target, address);
  const connection = kept ?? deps.pool.open(target, address);
  return new Promise((resolve) => run(request, deps, connection, kept !== null, resolve));
}

function run(
  request: ExchangeRequest,
  { pool, limits, watch }: ExchangeDeps,
  connection: Connection,
  reused: boolean,
  resolve: (result: Exchange) => void,
): void {
  const { target, body, deadline } = request;
  const { progress, parser } = begin(request, limits, reused);
  let isOver = false;
  let connecting: { cancel(): void } | null = null;

  function settle(result: Exchange): void {
    isOver = true;
    connecting?.cancel();
    resolve(result);
  }
  function finish(mayKeep: boolean): void {
    const { head, wanted } = progress;
    if (head === null) throw new Error('bug: an answer without a head');
    const idleMs = mayKeep && !request.fresh && parser.keepsAlive ? idleMsOf(head) : 0;
    if (idleMs > 0) pool.keep(connection, idleMs);
    else connection.destroy();
    settle({ kind: 'response', head, body: wanted ? joined(progress.chunks) : null, reused });
  }
  function fail(error: unknown): void {
    // It may have ended well, and the connection may serve somebody else by now.
    if (isOver) return;
    connection.destroy();
    const { head, wanted, connected } = progress;
    if (head !== null && !wanted) return settle({ kind: 'response', head, body: null, reused });
    const stale = reused && head === null;
    settle({ kind: 'failed', fault: faultOf(error, request, progress), connected, stale });
  }
  function attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      fail(error);
    }
  }
  const send = (): void => connection.send(requestHead(request), body);

  connection.receive({
    connected() {
      progress.connected = true;
      connecting?.cancel();
      send();
    },
    take: (bytes) =>
      attempt(() => {
        const state = parser.take(bytes);
        if (state !== 'more') finish(state === 'done');
      }),
    ended: () =>
      attempt(() => {
        parser.end();
        finish(false);
      }),
    failed: fail,
  });
  if (reused) send();
  else {
    connecting = watch.deadlines.start(request.connectTimeoutMs, () =>
      fail(fault('connect', `no connection to ${target.host} in time`)),
    );
  }
  deadline.onEnd(() => fail(new Error('ended')));
}

/** What reads the answer, and what is known of it so far. */
function begin(
  { method, wantsBody }: ExchangeRequest,
  limits: HttpLimits,
  reused: boolean,
): { progress: Progress; parser: ResponseParser } {
  const progress: Progress = {
    reused,
    connected: reused,
    head: null,
    wanted: true,
    bytes: 0,
    chunks: [],
  };
  const parser = new ResponseParser(limits, method, {
    onHead(head) {
      progress.head = head;
      progress.wanted = wantsBody(head);
    },
    onBody(bytes) {
      progress.bytes += bytes.length;
      const most = progress.wanted ? limits.maxBodyBytes : MAX_DISCARDED_BYTES;
      if (progress.bytes > most) throw tooLarge(most, '');
      if (progress.wanted) progress.chunks.push(bytes);
    },
  });
  return { progress, parser };
}

const joined = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);

/** How long the source says that it keeps the connection; 0: not at all. */
function idleMsOf({ headers }: ResponseHead): number {
  const seconds = /(?:^|[ ,])timeout=(\d{1,9})/.exec(headers['keep-alive'] ?? '')?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1_000;
}

/** Methods whose request says that it has no body, rather than leave it to be guessed. */
const LENGTH_OF_NOTHING = new Set<HttpMethod>(['POST', 'PUT', 'PATCH']);

/** Request line and headers. Names and values were checked: none of them can end a line. */
function requestHead({ target, method, headers, body, fresh }: ExchangeRequest): string {
  const { pathname, search, host } = target.url;
  let head = `${method} ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n`;
  head += `Accept-Encoding: ${ACCEPT_ENCODING}\r\n`;
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  if (body !== null) head += `Content-Length: ${body.length}\r\n`;
  else if (LENGTH_OF_NOTHING.has(method)) head += 'Content-Length: 0\r\n';
  return `${head}Connection: ${fresh ? 'close' : 'keep-alive'}\r\n\r\n`;
}

/** Codes of a connection that did not come about, or that broke. */
const CONNECTION_CODES = new Set([
  'EADDRNOTAVAIL',
  'EACCES',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOBUFS',
  'EPERM',
  'EPIPE',
  'ETIMEDOUT',
]);

function faultOf(error: unknown, request: ExchangeRequest, progress: Progress): FetchFault {
  if (error instanceof FetchFault) return error;
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  const { host, secure } = request.target;
  if (progress.head !== null) {
    return fault('interrupted', `the connection ended within the answer (${code})`);
  }
  if (progress.connected) return fault('interrupted', `${host} ended the connection (${code})`);
  if (secure && !CONNECTION_CODES.has(code)) {
    return fault('tls', `TLS with ${host} failed: ${message} (${code})`);
  }
  return fault('connect', `no connection to ${host} at ${request.address} (${code})`);
}
