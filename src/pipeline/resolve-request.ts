import type { Outcome } from '../base/outcome.js';
import type { RequestRow } from '../requests/request-store.js';
import type { HttpWork } from '../resolvers/http.js';

/** The plain description of the work that a request asks for. */
export function httpWorkOf(row: RequestRow): HttpWork {
  const { id: requestId, requester, subject, filter } = row;
  return row.kind === 'oracle'
    ? { requestId, requester, style: 'native', url: subject, filter }
    : { requestId, requester, style: 'spec', spec: subject, filter };
}

export type HttpResolver = (work: HttpWork, signal: AbortSignal) => Promise<Outcome>;
