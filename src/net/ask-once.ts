import { request as createRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import {
  type AnswerReader,
  headersTooLarge,
  joinHeaders,
  notHttp,
  switchedProtocol,
} from './answer-reader.js';
import { ACCEPT_ENCODING } from './body-coding.js';
import type { HttpLimits } from './http-limits.js';
import type { BareRequest } from './kept-connection.js';

/** What is sent on a connection of its own. */
export interface WholeRequest extends BareRequest {
  readonly body: Buffer | null;
}

/**
 * Sends one request over a connected socket, whose answer goes to the reader; the socket is closed
 * then. By Node's client, which passes over a 100 Continue that nobody asked for: what may not be
 * sent twice must get its answer all the same.
 */
export function askOnce(
  socket: Socket,
  request: WholeRequest,
  limits: HttpLimits,
  reader: AnswerReader,
): void {
  const { target, method, headers, body } = request;
  const sent = createRequest({
    createConnection: () => socket,
    method,
    path: target.url.pathname + target.url.search,
    headers: {
      Host: target.url.host,
      'Accept-Encoding': ACCEPT_ENCODING,
      ...(body === null ? {} : { 'Content-Length': body.length }),
      ...Object.fromEntries(headers),
    },
    setHost: false,
    maxHeaderSize: limits.maxHeaderBytes,
    insecureHTTPParser: false,
  });
  const goOn = (wanted: boolean): void => {
    if (!wanted) socket.destroy();
  };
  sent.on('error', (error) => fail(reader, error));
  sent.on('information', () => goOn(reader.informational()));
  sent.on('upgrade', () => goOn(reader.fail(switchedProtocol())));
  sent.once('response', (response) => read(response, reader, goOn));
  sent.end(body ?? undefined);
}

function read(
  response: IncomingMessage,
  reader: AnswerReader,
  goOn: (wanted: boolean) => void,
): void {
  const { statusCode = 0, headers, rawHeaders } = response;
  response.on('error', (error) => fail(reader, error));
  goOn(reader.head(statusCode, joinHeaders(headers), rawHeaders.length / 2));
  response.on('data', (chunk: Buffer) => goOn(reader.data(chunk)));
  response.once('end', () => reader.end());
  response.once('close', () => {
    if (!response.complete) reader.broken('ECONNRESET');
  });
}

function fail(reader: AnswerReader, error: NodeJS.ErrnoException & { reason?: unknown }): void {
  const { code = 'unknown', reason } = error;
  if (code === 'HPE_HEADER_OVERFLOW') reader.fail(headersTooLarge());
  else if (code.startsWith('HPE_')) reader.fail(notHttp(String(reason ?? code)));
  else reader.broken(code);
}
