import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { buildConnector, Client, Dispatcher } from 'undici';
import { HttpClient } from '../base/http-client.js';
import {
  type AnswerReader,
  headersTooLarge,
  joinHeaders,
  notHttp,
  switchedProtocol,
} from './answer-reader.js';
import { ACCEPT_ENCODING } from './body-coding.js';
import { type FetchFault, fault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';
import type { HttpMethod, RequestHeaders } from './request-headers.js';
import type { Target } from './target-url.js';

/** What is sent; there is no body. */
export interface BareRequest {
  readonly target: Target;
  readonly method: HttpMethod;
  readonly headers: RequestHeaders;
}

/** A connection that serves one request after the other. */
export interface KeptConnection {
  /** What it may be used for. */
  readonly key: string;
  readonly socket: Socket;
  /** Sends a request, whose answer goes to the reader; the one before must be at its end. */
  ask(request: BareRequest, reader: AnswerReader): void;
}

/** The client takes 100 Continue, which nobody asked for, for the end of the connection. */
export const CONTINUED: FetchFault = fault('protocol', 'the answer begins with 100 Continue');

/** How long before its source closes an idle connection, if it says so, it is given up. */
const CLOSING_MARGIN_MS = 1_000;

/**
 * Makes a kept connection of a connected socket. It speaks through undici's client, which costs a
 * fraction of Node's own.
 */
export function keptConnection(
  key: string,
  target: Target,
  socket: Socket,
  limits: HttpLimits,
): KeptConnection {
  const client = new HttpClient(target.url.origin, {
    connect: handOver(socket),
    pipelining: 1,
    maxHeaderSize: limits.maxHeaderBytes,
    keepAliveTimeout: limits.idleTimeoutMs,
    keepAliveMaxTimeout: limits.idleTimeoutMs,
    keepAliveTimeoutThreshold: CLOSING_MARGIN_MS,
    // The deadline of the whole fetch holds instead.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return new Connection(key, socket, client, limits.maxHeaderBytes);
}

/** Gives the client its socket; when that is gone, the client is at its end, too. */
function handOver(socket: Socket): buildConnector.connector {
  let given = false;
  return (_, callback) => {
    const answer = given
      ? () => callback(Object.assign(new Error('closed'), { code: 'ECONNRESET' }), null)
      : () => callback(null, socket);
    given = true;
    // The client waits for it only once it has called.
    queueMicrotask(answer);
  };
}

/** A header or trailer that the parser counts as one byte takes this many at most. */
const MAX_BYTES_PER_COUNTED = 4;

/** What is sent and received by one client, one request at a time. */
class Connection implements KeptConnection, Dispatcher.DispatchHandler {
  readonly key: string;
  readonly socket: Socket;
  readonly #client: Client;
  readonly #maxHeaderBytes: number;
  #reader: AnswerReader | null = null;
  /** Bytes that came since the parser last told of something. */
  #untold = 0;

  constructor(key: string, socket: Socket, client: Client, maxHeaderBytes: number) {
    this.key = key;
    this.socket = socket;
    this.#client = client;
    this.#maxHeaderBytes = maxHeaderBytes;
    socket.on('readable', () => this.#countUntold());
  }

  ask({ target, method, headers }: BareRequest, reader: AnswerReader): void {
    this.#reader = reader;
    const lines = ['host', target.url.host, 'accept-encoding', ACCEPT_ENCODING];
    for (const [name, value] of headers) lines.push(name, value);
    const path = target.url.pathname + target.url.search;
    this.#client.dispatch({ path, method, headers: lines }, this);
  }

  onRequestStart(): void {
    this.#untold = 0;
  }

  onResponseStart(
    { rawHeaders }: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    const reader = this.#reader;
    if (reader === null) return;
    this.#untold = 0;
    if (isInformational(status)) this.#goOn(reader.informational());
    else {
      const count = Array.isArray(rawHeaders) ? rawHeaders.length / 2 : 0;
      this.#goOn(reader.head(status, joinHeaders(headers), count));
    }
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    this.#untold = 0;
    this.#goOn(this.#reader?.data(chunk) ?? false);
  }

  onResponseEnd(): void {
    const { destroyed, readableEnded } = this.socket;
    // A body that lasts as long as the connection is whole only where that ended well.
    if (destroyed && !readableEnded) this.#reader?.broken('ECONNRESET');
    else this.#reader?.end();
  }

  onResponseError(_: unknown, error: NodeJS.ErrnoException): void {
    const reader = this.#reader;
    if (reader === null || reader.settled) return;
    const { code = '', message } = error;
    if (message === 'bad response') reader.fail(CONTINUED);
    else if (message === 'bad upgrade') reader.fail(switchedProtocol());
    else if (code === 'UND_ERR_HEADERS_OVERFLOW') reader.fail(headersTooLarge());
    else if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && !reader.begun) {
      reader.fail(notHttp('contradictory lengths'));
    } else if (error.name === 'HTTPParserError' && !message.includes('Invalid EOF state')) {
      reader.fail(notHttp(PARSER_WORD.exec(message)?.[1] ?? message));
    } else reader.broken(code === '' || code.startsWith('UND_') ? 'ECONNRESET' : code);
  }

  #goOn(wanted: boolean): void {
    if (!wanted) this.socket.destroy();
  }

  /** The parser bounds headers and trailers by itself, but no status line and no chunk's head. */
  #countUntold(): void {
    if (this.#untold > this.#maxHeaderBytes * MAX_BYTES_PER_COUNTED) {
      const reader = this.#reader;
      if (reader?.begun) reader.fail(notHttp('Chunk extensions overflow'));
      else reader?.fail(headersTooLarge());
      this.socket.destroy();
    }
    this.#untold += this.socket.readableLength;
  }
}

/** Whether an answer is still to come; after 101, nothing comes that the parser could read. */
const isInformational = (status: number): boolean =>
  status >= 100 && status < 200 && status !== 101;

/** How undici quotes its parser. */
const PARSER_WORD = /\(([^)]*)\)/;
