import type { Hash160 } from '../base/hash.js';
import type { Outcome } from '../base/outcome.js';
import { parseFunctionSubject } from '../requests/asked-for.js';
import type { RequestRow } from '../requests/request-store.js';
import type { FunctionResolver, FunctionWork } from '../resolvers/function.js';
import type { HttpResolver, HttpWork } from '../resolvers/http.js';

/** The gateway that a request is of. */
export interface RequestPlace {
  readonly magic: number;
  readonly gateway: Hash160;
}

/** What work a request is made of. */
type AskedRow = Pick<
  RequestRow,
  | 'id'
  | 'kind'
  | 'requester'
  | 'subject'
  | 'filter'
  | 'createdBlock'
  | 'createdTimeMs'
  | 'createdTx'
>;

/** The plain description of the work that a web request asks for. */
export function httpWorkOf(row: AskedRow): HttpWork {
  const { id: requestId, requester, subject, filter } = row;
  return row.kind === 'oracle'
    ? { requestId, requester, style: 'native', url: subject, filter }
    : { requestId, requester, style: 'spec', spec: subject, filter };
}

/** As above, of a request for a function's result: all of it comes from the chain. */
export function functionWorkOf(row: AskedRow, { magic, gateway }: RequestPlace): FunctionWork {
  const { functionId, codeHash } = parseFunctionSubject(row.subject);
  return {
    requestId: row.id,
    requester: row.requester,
    functionId,
    codeHash,
    args: row.filter,
    block: { index: row.createdBlock, timeMs: row.createdTimeMs },
    seed: `${magic}:${gateway}:${row.createdTx}:${row.id}`,
  };
}

export interface KindResolvers {
  readonly http: HttpResolver;
  readonly function: FunctionResolver;
}

/** Resolves a request by its kind. */
export const resolverByKind =
  (resolvers: KindResolvers, place: RequestPlace) =>
  (row: RequestRow, signal: AbortSignal): Promise<Outcome> =>
    row.kind === 'function'
      ? resolvers.function(functionWorkOf(row, place), signal)
      : resolvers.http(httpWorkOf(row), signal);
