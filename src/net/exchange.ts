import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { ConnectionPool, PinnedOptions } from './connection-pool.js';
import { type Deadline, startDeadline, type Watch } from './deadline.js';
import { FetchFault, fault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';
import { ACCEPT_ENCODING, parserFaultOf } from './read-body.js';
import type { HttpMethod, RequestHeaders } from './request-headers.js';
import type { Target } from './target-url.js';

/** One request to one address, on one connection. */
export interface ExchangeRequest {
  readonly target: Target;
  /** Checked by the guard; the connection goes there and nowhere else. */
  readonly address: string;
  readonly method: HttpMethod;
  readonly headers: RequestHeaders;
  readonly body: Buffer | null;
  /** A connection that no request before it has used. */
  readonly fresh: boolean;
  /** Ends the exchange, reading the body included. */
  readonly deadline: Deadline;
  /** For TCP and TLS, where no kept connection is used. */
  readonly connectTimeoutMs: number;
}

export type Exchange =
  | {
      readonly kind: 'response';
      /** Its body is still to be read. */
      readonly response: IncomingMessage;
      readonly reused: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly fault: FetchFault;
      /** False: no connection stood, so the source has seen nothing. */
      readonly connected: boolean;
      readonly reused: boolean;
    };

export interface ExchangeDeps {
  readonly pool: ConnectionPool;
  readonly limits: HttpLimits;
  readonly watch: Watch;
}

/** How far a connection got, filled in while it happens. */
interface Progress {
  connected: boolean;
  reused: boolean;
}

/** Sends one request and waits for the answer's headers; the signal holds for its body, too. */
export async function exchange(request: ExchangeRequest, deps: ExchangeDeps): Promise<Exchange> {
  const progress: Progress = { connected: false, reused: false };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = open(request, deps, progress, resolve);
      sent.on('error', reject);
      sent.end(request.body ?? undefined);
    });
    const count = response.rawHeaders.length / 2;
    if (count <= deps.limits.maxHeaders) {
      return { kind: 'response', response, reused: progress.reused };
    }
    response.destroy();
    const reason = `the answer has more than ${deps.limits.maxHeaders} headers`;
    return { kind: 'failed', fault: fault('headers-too-large', reason), ...progress };
  } catch (error) {
    return { kind: 'failed', fault: faultOf(error, request, progress), ...progress };
  }
}

/** Answers with such a status have no body, whatever their headers say. */
const NO_BODY = new Set([204, 304]);

/** The connection is pinned to the checked address, under the name for TLS and Host. */
function open(
  request: ExchangeRequest,
  deps: ExchangeDeps,
  progress: Progress,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  const { target, address, method, headers, body, deadline } = request;
  const { limits, pool } = deps;
  const options: PinnedOptions = {
    host: address,
    port: target.port,
    pinnedHost: target.host,
    // An address has no server name; the certificate is then checked for the address itself.
    servername: target.isAddress ? '' : target.host,
    method,
    path: target.url.pathname + target.url.search,
    headers: wireHeaders(target, headers, body),
    setHost: false,
    agent: pool.agent(target.secure, request.fresh),
    maxHeaderSize: limits.maxHeaderBytes,
    insecureHTTPParser: false,
  };
  const sent = target.secure ? https.request(options) : http.request(options);
  sent.once('response', (response) => {
    // Node tells the request, not the answer, what was wrong with the rest of the bytes.
    sent.on('error', (error) => response.destroy(error));
    // A body that is sent all the same would be taken for the answer to whoever comes next.
    if (method === 'HEAD' || NO_BODY.has(response.statusCode ?? 0)) sent.shouldKeepAlive = false;
    onResponse(response);
  });
  // Node's own option for it listens to each event of the request: a tenth of a fetch's time.
  deadline.onEnd(() => void sent.destroy());
  watchConnection(sent, request, deps.watch, progress);
  limitInformational(sent, limits.maxInformational);
  return sent;
}

function wireHeaders(
  target: Target,
  headers: RequestHeaders,
  body: Buffer | null,
): Record<string, string | number> {
  return {
    Host: target.url.host,
    'Accept-Encoding': ACCEPT_ENCODING,
    ...(body === null ? {} : { 'Content-Length': body.length }),
    ...Object.fromEntries(headers),
  };
}

function watchConnection(
  sent: ClientRequest,
  { target, connectTimeoutMs, deadline: whole }: ExchangeRequest,
  watch: Watch,
  progress: Progress,
): void {
  sent.once('socket', (socket) => {
    progress.reused = sent.reusedSocket;
    progress.connected = sent.reusedSocket;
    if (sent.reusedSocket) return;
    const deadline = startDeadline(watch, connectTimeoutMs, whole.signal);
    socket.once(target.secure ? 'secureConnect' : 'connect', () => {
      progress.connected = true;
      deadline.stop();
    });
    sent.once('close', deadline.stop);
    deadline.onEnd(() => {
      if (deadline.expired())
        sent.destroy(fault('connect', `no connection to ${target.host} in time`));
    });
  });
}

function limitInformational(sent: ClientRequest, max: number): void {
  let count = 0;
  const another = (): void => {
    count += 1;
    if (count > max) sent.destroy(fault('protocol', `more than ${max} 1xx answers`));
  };
  sent.on('information', another);
  sent.on('continue', another);
  // Node has let go of the socket by then, and would not report what becomes of it.
  sent.on('upgrade', (_, socket) => {
    socket.destroy();
    sent.emit('error', fault('protocol', 'the answer switches to a protocol nobody asked for'));
  });
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
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof FetchFault) return cause;
  const { code = 'unknown', message } = cause as NodeJS.ErrnoException;
  const { host, secure } = request.target;
  const parserFault = parserFaultOf(code);
  if (parserFault !== null) return parserFault;
  if (progress.connected) return fault('interrupted', `${host} ended the connection (${code})`);
  if (secure && !CONNECTION_CODES.has(code)) {
    return fault('tls', `TLS with ${host} failed: ${message} (${code})`);
  }
  return fault('connect', `no connection to ${host} at ${request.address} (${code})`);
}
