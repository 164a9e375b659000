import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply } from 'fastify';
import { isRetryable, NodeError } from '../base/node-error.js';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode, problemOf, Refusal } from './problem.js';

/** Of one parameter in a path. */
export const MAX_PARAMETER_CHARS = 128;

/** What fastify finds wrong by itself. */
const BY_FASTIFY: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'the body is larger than this route takes'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNKNOWN_MEDIA_TYPE', 'send the body as application/json'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['BAD_BODY', 'the body is empty; a JSON object was expected'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BAD_BODY', 'Content-Length does not fit the body'],
  FST_ERR_MAX_PARAM_LENGTH: [
    'TOO_LONG',
    `a part of the path has more than ${MAX_PARAMETER_CHARS} characters`,
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: ['BAD_BODY', 'the body is no JSON'],
};

/** What the parts of the node refuse, in words that are for the caller. */
const BY_NODE: readonly ProblemCode[] = [
  'SECRET_REFUSED',
  'SECRET_SEALED',
  'NO_SUCH_SECRET',
  'API_KEY_REFUSED',
  'NO_SUCH_API_KEY',
];

/** Any failure as a refusal; `onFailure` is told of what is not the caller's doing. */
export function refusalOf(error: unknown, onFailure: (error: unknown) => void): Refusal {
  if (error instanceof Refusal) return error;
  const { code, statusCode } = error as Partial<FastifyError>;
  const known = code === undefined ? undefined : BY_FASTIFY[code];
  if (known !== undefined) return new Refusal(...known);
  if (error instanceof SyntaxError && statusCode === 400) {
    return new Refusal('BAD_BODY', 'the body is no JSON, or has a key that is not allowed');
  }
  if (code?.startsWith('FST_ERR_BAD_URL') === true) {
    return new Refusal('BAD_REQUEST', 'the path is not encoded as a URL is');
  }
  const told = BY_NODE.find((each) => error instanceof NodeError && each === error.code);
  if (told !== undefined) {
    const { message, hint } = error as NodeError;
    return new Refusal(told, hint === undefined ? message : `${message}; ${hint}`);
  }
  onFailure(error);
  if (isRetryable(error)) {
    const detail = 'the node cannot tell at the moment; try again, or look at its log';
    return new Refusal('BUSY', detail, { headers: { 'retry-after': '1' } });
  }
  const what = error instanceof NodeError ? error.code : 'a fault of the node';
  return new Refusal('INTERNAL', `it failed (${what}); the log has more`);
}

/** Answers with the document of a refusal. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status } = PROBLEMS[refusal.code];
  return reply
    .code(status)
    .headers({ ...refusal.more.headers })
    .type(PROBLEM_TYPE)
    .send(`${JSON.stringify(problemOf(refusal))}\n`);
}

const BY_PARSER: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'the headers are larger than 8 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: ['TIMEOUT', 'headers and body must arrive within seconds'],
};

/** Answers what is no HTTP, or does not arrive, and closes the connection. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  // Without TLS where it is due, there is no way to answer: it would wait for a handshake.
  const isOfParser = /^(?:HPE_|ERR_HTTP_)/.test(error.code ?? '');
  if (!isOfParser || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, detail] = BY_PARSER[error.code ?? ''] ?? ['BAD_REQUEST', 'it cannot be parsed'];
  const body = `${JSON.stringify(problemOf(new Refusal(code, detail)))}\n`;
  const { status, title } = PROBLEMS[code];
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: ${PROBLEM_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
