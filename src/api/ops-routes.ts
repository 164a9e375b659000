import { isRetryable, messageOf, NodeError } from '../base/node-error.js';
import type { RequestExplanation, RequestQuery, RequestView } from '../requests/request-view.js';
import { DEFAULT_LIST_LIMIT } from '../requests/request-view-store.js';
import { jsonText } from './json-text.js';
import type { NodeStatus, Readiness } from './node-status.js';
import { parseRequestId, parseRequestQuery, QUERY_KEYS, type QueryKey } from './request-query.js';

/** Longest path with its query; anything longer is nobody's honest question. */
const MAX_TARGET_CHARS = 1_024;

/** Where the figures come from. Each may be asked at any time; none changes anything. */
export interface OpsSources {
  readiness(): Readiness | Promise<Readiness>;
  status(): NodeStatus | Promise<NodeStatus>;
  listRequests(query: RequestQuery): readonly RequestView[] | Promise<readonly RequestView[]>;
  explain(id: bigint): RequestExplanation | null | Promise<RequestExplanation | null>;
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
}

export interface OpsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A page of requests, newest first; `cursor` asks for the next one, null where there is none. */
export interface RequestPage {
  readonly requests: readonly RequestView[];
  readonly cursor: bigint | null;
}

type Route = (sources: OpsSources, query: URLSearchParams) => Promise<OpsAnswer>;

/** Answers a GET. What went wrong is an answer too; `onBug` is told of what should not happen. */
export async function answerGet(
  sources: OpsSources,
  identity: object,
  target: string,
  onFailure: (error: unknown) => void,
): Promise<OpsAnswer> {
  try {
    if (target.length > MAX_TARGET_CHARS) {
      return failure(414, 'TOO_LONG', `the path has more than ${MAX_TARGET_CHARS} characters`);
    }
    const [path = '', queryText = ''] = splitOnce(target, '?');
    if (path === '/healthz') return json(200, { alive: true, ...identity });
    const route = routeOf(path);
    if (route === null) return failure(404, 'NOT_FOUND', `there is nothing here; ${KNOWN_PATHS}`);
    return await route(sources, new URLSearchParams(queryText));
  } catch (error) {
    if (error instanceof NodeError && error.code === 'BAD_QUERY') {
      return failure(400, error.code, error.message, error.hint);
    }
    onFailure(error);
    const code = error instanceof NodeError ? error.code : 'INTERNAL';
    const message = error instanceof NodeError ? messageOf(error) : 'it failed; the log has more';
    return failure(isRetryable(error) ? 503 : 500, code, message);
  }
}

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    '/metrics',
    async (sources) => {
      const { text, contentType } = await sources.metrics();
      return { status: 200, contentType, body: text };
    },
  ],
  [
    '/readyz',
    async (sources) => {
      const readiness = await sources.readiness();
      return json(readiness.ready ? 200 : 503, readiness);
    },
  ],
  ['/status', async (sources) => json(200, await sources.status())],
  ['/requests', async (sources, query) => json(200, await pageOf(sources, readQuery(query)))],
]);
const KNOWN_PATHS = `known: ${[...ROUTES.keys()].join(' ')} /requests/ID /healthz`;

function routeOf(path: string): Route | null {
  const route = ROUTES.get(path);
  if (route !== undefined) return route;
  const [, id] = /^\/requests\/([^/]+)$/.exec(path) ?? [];
  if (id === undefined) return null;
  return async (sources) => {
    const found = await sources.explain(parseRequestId(id));
    return found === null
      ? failure(404, 'NO_SUCH_REQUEST', `no request has the id ${id} here`)
      : json(200, found);
  };
}

/** One page of requests for a query. */
export async function pageOf(
  sources: Pick<OpsSources, 'listRequests'>,
  query: RequestQuery,
): Promise<RequestPage> {
  const requests = await sources.listRequests(query);
  const isFull = requests.length >= (query.limit ?? DEFAULT_LIST_LIMIT);
  return { requests, cursor: isFull ? (requests.at(-1)?.id ?? null) : null };
}

function readQuery(parameters: URLSearchParams): RequestQuery {
  const texts: Partial<Record<QueryKey, string>> = {};
  for (const [name, value] of parameters) {
    const key = QUERY_KEYS.find((candidate) => candidate === name);
    if (key === undefined || key in texts) {
      const what = key === undefined ? 'unknown' : 'given twice';
      throw new NodeError('BAD_QUERY', `the filter ${JSON.stringify(name)} is ${what}`, {
        hint: `expected each of ${QUERY_KEYS.join(', ')} at most once`,
      });
    }
    if (value !== '') texts[key] = value;
  }
  return parseRequestQuery(texts);
}

export const json = (status: number, body: unknown): OpsAnswer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${jsonText(body)}\n`,
});

export const failure = (status: number, code: string, message: string, hint?: string): OpsAnswer =>
  json(status, { error: { code, message, ...(hint === undefined ? {} : { hint }) } });

function splitOnce(text: string, by: string): [string, string?] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
