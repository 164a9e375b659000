import { UPKEEP_STATES } from '../automation/upkeep-machine.js';
import { MAX_LIST_LIMIT, type UpkeepQuery } from '../automation/upkeep-view-store.js';
import { shorten } from '../base/bytes.js';
import { parseAccount } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { readStoredId } from './stored-id.js';

const MAX_BLOCK = 2 ** 32 - 1;

/** Reads an upkeep's id. Throws a NodeError BAD_QUERY. */
export function parseUpkeepId(text: string): bigint {
  const id = readStoredId(text);
  if (id !== null) return id;
  throw bad('id', text, 'the decimal id of an upkeep, such as 12');
}

/** Reads a block's index. Throws a NodeError BAD_QUERY. */
export function parseBlock(text: string): number {
  const block = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (block <= MAX_BLOCK) return block;
  throw bad('block', text, `a block's index, up to ${MAX_BLOCK}`);
}

/** Reads a time in UTC. Throws a NodeError BAD_QUERY. */
export function parseMoment(text: string): number {
  const isUtc = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/.test(text);
  const atMs = isUtc ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(atMs)) return atMs;
  throw bad('time', text, 'a time in UTC, such as 2026-03-01 or 2026-03-01T09:00Z');
}

/** Reads the filters of a list of upkeeps. Throws a NodeError BAD_QUERY. */
export function parseUpkeepQuery(texts: {
  readonly state?: string;
  readonly owner?: string;
  readonly limit?: string;
  readonly cursor?: string;
}): UpkeepQuery {
  const { state, owner, limit, cursor } = texts;
  const known = UPKEEP_STATES.find((candidate) => candidate === state);
  if (state !== undefined && known === undefined) {
    throw bad('state', state, `one of ${UPKEEP_STATES.join(', ')}`);
  }
  return {
    ...(known === undefined ? {} : { state: known }),
    ...(owner === undefined ? {} : { owner: account(owner) }),
    ...(limit === undefined ? {} : { limit: count(limit) }),
    ...(cursor === undefined ? {} : { beforeId: parseUpkeepId(cursor) }),
  };
}

function account(text: string) {
  try {
    return parseAccount(text);
  } catch {
    throw bad('owner', text, "an account's hash (0x and 40 hex digits) or address");
  }
}

function count(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= MAX_LIST_LIMIT) return value;
  throw bad('limit', text, `a number from 1 to ${MAX_LIST_LIMIT}`);
}

const bad = (key: string, text: string, expected: string): NodeError =>
  new NodeError('BAD_QUERY', `${key} is ${JSON.stringify(shorten(text, 60))}`, {
    hint: `expected ${expected}`,
  });
