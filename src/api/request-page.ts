import type { RequestQuery, RequestView } from '../requests/request-view.js';
import { DEFAULT_LIST_LIMIT, type RequestViews } from '../requests/request-view-store.js';

/** A page of requests, newest first; `cursor` asks for the next one, null where there is none. */
export interface RequestPage {
  readonly requests: readonly RequestView[];
  readonly cursor: bigint | null;
}

/** One page of requests for a query. */
export function pageOf(views: Pick<RequestViews, 'list'>, query: RequestQuery): RequestPage {
  const requests = views.list(query);
  const isFull = requests.length >= (query.limit ?? DEFAULT_LIST_LIMIT);
  return { requests, cursor: isFull ? (requests.at(-1)?.id ?? null) : null };
}
