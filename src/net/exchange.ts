import type { Socket } from 'node:net';
import { type Answer, AnswerReader, type WantsBody } from './answer-reader.js';
import { askOnce, type WholeRequest } from './ask-once.js';
import type { ConnectionPool } from './connection-pool.js';
import { FetchFault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';
import { CONTINUED } from './kept-connection.js';
import type { SocketRequest } from './open-socket.js';

/** One request to one address. Its deadline holds for the answer's body, too. */
export interface ExchangeRequest extends SocketRequest, WholeRequest {
  /** Over a connection that serves this request alone; else there must be no body. */
  readonly fresh: boolean;
  readonly wantsBody: WantsBody;
}

export type Exchange =
  | {
      readonly kind: 'response';
      readonly answer: Answer;
      readonly address: string;
      readonly reused: boolean;
      readonly sent: true;
    }
  | {
      readonly kind: 'failed';
      readonly fault: FetchFault;
      /** Whether a connection stood in the end. */
      readonly connected: boolean;
      /** Whether the source may have seen the request. */
      readonly sent: boolean;
    };

export interface ExchangeDeps {
  readonly pool: ConnectionPool;
  readonly limits: HttpLimits;
}

/**
 * Sends one request and waits for the whole answer. Where a kept connection turned out to be dead,
 * the request is sent a second time, over a fresh one: the other end may close a connection at the
 * very moment that it is used again.
 */
export async function exchange(request: ExchangeRequest, deps: ExchangeDeps): Promise<Exchange> {
  const { pool } = deps;
  const { target, address, deadline } = request;
  if (request.fresh) return exchangeOnce(request, deps, false);
  const kept = pool.take(target, address);
  const connection = kept ?? (await pool.openKept(request));
  if (connection instanceof FetchFault) return failed(connection, false, false);
  const reader = readerOf(request, connection.socket, deps);
  connection.ask(request, reader);
  const outcome = await reader.outcome;
  if (!(outcome instanceof FetchFault)) {
    pool.giveBack(connection);
    return answered(outcome, address, kept !== null);
  }
  const dead = kept !== null && !reader.begun && outcome.failure === 'interrupted';
  const again = (dead || outcome === CONTINUED) && !deadline.ended();
  return again ? exchangeOnce(request, deps, true) : failed(outcome, true, true);
}

/** @param sent whether the source may have seen the request already. */
async function exchangeOnce(
  request: ExchangeRequest,
  deps: ExchangeDeps,
  sent: boolean,
): Promise<Exchange> {
  const socket = await deps.pool.openOnce(request);
  if (socket instanceof FetchFault) return failed(socket, false, sent);
  const reader = readerOf(request, socket, deps);
  askOnce(socket, request, deps.limits, reader);
  const outcome = await reader.outcome;
  return outcome instanceof FetchFault
    ? failed(outcome, true, true)
    : answered(outcome, request.address, false);
}

const answered = (answer: Answer, address: string, reused: boolean): Exchange => ({
  kind: 'response',
  answer,
  address,
  reused,
  sent: true,
});

const failed = (fault: FetchFault, connected: boolean, sent: boolean): Exchange => ({
  kind: 'failed',
  fault,
  connected,
  sent,
});

/** A reader that the request's deadline ends, and the connection with it. */
function readerOf(
  request: ExchangeRequest,
  socket: Socket,
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
