import { type Outcome, ResponseCode } from '../base/outcome.js';
import type { RequestRow } from '../requests/request-store.js';
import type { HttpWork } from '../resolvers/http.js';

/** The plain description of the work that a web request asks for. */
export function httpWorkOf(row: RequestRow): HttpWork {
  const { id: requestId, requester, subject, filter } = row;
  return row.kind === 'oracle'
    ? { requestId, requester, style: 'native', url: subject, filter }
    : { requestId, requester, style: 'spec', spec: subject, filter };
}

export type HttpResolver = (work: HttpWork, signal: AbortSignal) => Promise<Outcome>;

/**
 * Resolves a request by its kind. Functions are answered as those are whose code can't be had:
 * this node runs none.
 */
export const resolverByKind =
  (http: HttpResolver) =>
  async (row: RequestRow, signal: AbortSignal): Promise<Outcome> =>
    row.kind === 'function' ? NO_FUNCTIONS : http(httpWorkOf(row), signal);

const NO_FUNCTIONS: Outcome = {
  kind: 'answer',
  code: ResponseCode.NotFound,
  result: Buffer.alloc(0),
  reason: 'this node runs no functions',
};
