import { type Answer, AnswerReader, type WantsBody } from './answer-reader.js';
import { askOnce, type WholeRequest } from './ask-once.js';
import type { ConnectionPool } from './connection-pool.js';
import { FetchFault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';
import { CONTINUED, type KeptConnection } from './kept-connection.js';
import type { SocketRequest } from './open-socket.js';

/** One request to one address, on one connection. Its deadline holds for the answer's body, too. */
export interface ExchangeRequest extends SocketRequest, WholeRequest {
  /** A connection that serves this request alone; else there must be no body. */
  readonly fresh: boolean;
  readonly wantsBody: WantsBody;
}

export type Exchange =
  | {
      readonly kind: 'response';
      readonly answer: Answer;
      readonly reused: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly fault: FetchFault;
      /** False: no connection stood, so the source has seen nothing. */
      readonly connected: boolean;
      /** Whether the fault is of how the connection was used: a fresh one may do better. */
      readonly retryFresh: boolean;
    };

export interface ExchangeDeps {
  readonly pool: ConnectionPool;
  readonly limits: HttpLimits;
}

/** Sends one request and waits for the whole answer. */
export async function exchange(request: ExchangeRequest, deps: ExchangeDeps): Promise<Exchange> {
  const { pool } = deps;
  if (request.fresh) return exchangeOnce(request, deps);
  const kept = pool.take(request.target, request.address);
  if (kept !== null) return exchangeKept(request, kept, true, deps);
  const opened = await pool.openKept(request);
  if (opened instanceof FetchFault) return noConnection(opened);
  return exchangeKept(request, opened, false, deps);
}

async function exchangeOnce(request: ExchangeRequest, deps: ExchangeDeps): Promise<Exchange> {
  const socket = await deps.pool.openOnce(request);
  if (socket instanceof FetchFault) return noConnection(socket);
  const reader = readerOf(request, socket, deps);
  askOnce(socket, request, deps.limits, reader);
  const outcome = await reader.outcome;
  if (!(outcome instanceof FetchFault)) return { kind: 'response', answer: outcome, reused: false };
  return { kind: 'failed', fault: outcome, connected: true, retryFresh: false };
}

async function exchangeKept(
  request: ExchangeRequest,
  connection: KeptConnection,
  reused: boolean,
  deps: ExchangeDeps,
): Promise<Exchange> {
  const reader = readerOf(request, connection.socket, deps);
  connection.ask(request, reader);
  const outcome = await reader.outcome;
  if (!(outcome instanceof FetchFault)) {
    deps.pool.giveBack(connection);
    return { kind: 'response', answer: outcome, reused };
  }
  const stale = reused && !reader.begun && outcome.failure === 'interrupted';
  const retryFresh = stale || outcome === CONTINUED;
  return { kind: 'failed', fault: outcome, connected: true, retryFresh };
}

/** A reader that the request's deadline ends, and the connection with it. */
function readerOf(
  request: ExchangeRequest,
  socket: KeptConnection['socket'],
  { limits }: ExchangeDeps,
): AnswerReader {
  const { target, method, wantsBody, deadline } = request;
  const reader = new AnswerReader(method, target.host, limits, wantsBody);
  deadline.onEnd(() => {
    if (reader.settled) return;
    socket.destroy();
    reader.broken('ECONNABORTED');
  });
  return reader;
}

const noConnection = (fault: FetchFault): Exchange => ({
  kind: 'failed',
  fault,
  connected: false,
  retryFresh: false,
});
