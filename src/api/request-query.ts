import { shorten } from '../base/bytes.js';
import { parseAccount } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { REQUEST_KINDS, REQUEST_STATES } from '../requests/request-machine.js';
import type { RequestQuery } from '../requests/request-view.js';
import { MAX_LIST_LIMIT } from '../requests/request-view-store.js';
import { readStoredId } from './stored-id.js';

/** What `/requests` and `dodona requests list` accept, as text. */
export const QUERY_KEYS = ['state', 'kind', 'requester', 'limit', 'cursor'] as const;
export type QueryKey = (typeof QUERY_KEYS)[number];

/** Reads a request's id. Throws a NodeError BAD_QUERY. */
export function parseRequestId(text: string): bigint {
  const id = readStoredId(text);
  if (id === null) throw bad('id', text, 'the decimal id of a request, such as 12');
  return id;
}

/**
 * Reads the filters of a list of requests. Throws a NodeError BAD_QUERY that names the filter, what
 * was given and what is accepted.
 */
export function parseRequestQuery(
  texts: Readonly<Partial<Record<QueryKey, string>>>,
): RequestQuery {
  const { state, kind, requester, limit, cursor } = texts;
  return {
    ...(state === undefined ? {} : { state: word('state', state, REQUEST_STATES) }),
    ...(kind === undefined ? {} : { kind: word('kind', kind, REQUEST_KINDS) }),
    ...(requester === undefined ? {} : { requester: account(requester) }),
    ...(limit === undefined ? {} : { limit: count(limit) }),
    ...(cursor === undefined ? {} : { beforeId: parseRequestId(cursor) }),
  };
}

function word<T extends string>(key: QueryKey, text: string, words: readonly T[]): T {
  const found = words.find((candidate) => candidate === text);
  if (found === undefined) throw bad(key, text, `one of ${words.join(', ')}`);
  return found;
}

function account(text: string) {
  try {
    return parseAccount(text);
  } catch {
    throw bad('requester', text, "a contract's hash (0x and 40 hex digits) or an address");
  }
}

function count(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > MAX_LIST_LIMIT) {
    throw bad('limit', text, `a number from 1 to ${MAX_LIST_LIMIT}`);
  }
  return value;
}

function bad(key: string, text: string, expected: string): NodeError {
  return new NodeError('BAD_QUERY', `${key} is ${JSON.stringify(shorten(text, 60))}`, {
    hint: `expected ${expected}`,
  });
}
