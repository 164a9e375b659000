import type { Hash160 } from '../base/hash.js';
import type { RequestOutcome } from '../base/outcome.js';
import { parseFunctionSubject, parseRandomSubject } from '../requests/asked-for.js';
import type { RequestRow } from '../requests/request-store.js';
import type { FunctionResolver, FunctionWork } from '../resolvers/function.js';
import type { HttpResolver, HttpWork } from '../resolvers/http.js';
import type { RandomResolver, RandomWork } from '../resolvers/random.js';

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

/** As above, of a request for a random number. */
export const randomWorkOf = ({ id, subject }: Pick<AskedRow, 'id' | 'subject'>): RandomWork => ({
  requestId: id,
  ...parseRandomSubject(subject),
});

/** Makers of resolvers: of each piece of work only its own kind's is made. */
export interface KindResolvers {
  http(): HttpResolver;
  function(): FunctionResolver;
  random(): RandomResolver;
}

/** Resolves a request by its kind. */
export const resolverByKind =
  (resolvers: KindResolvers, place: RequestPlace) =>
  (row: RequestRow, signal: AbortSignal): Promise<RequestOutcome> => {
    switch (row.kind) {
      case 'function':
        return resolvers.function()(functionWorkOf(row, place), signal);
      case 'random':
        return resolvers.random()(randomWorkOf(row), signal);
      case 'oracle':
      case 'http':
        return resolvers.http()(httpWorkOf(row), signal);
    }
  };
