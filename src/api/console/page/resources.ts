import type { Route } from './route.js';
import type { ResourceName } from './state.js';
import type { EventName } from './wire.js';

/** When a resource is asked for anew. */
export interface Freshness {
  /** At the latest after this. */
  readonly everyMs: number;
  /** Not more often than this, whatever happens. */
  readonly gapMs: number;
  /** Events after which it is another. */
  readonly on: readonly EventName[];
}

/**
 * A request is seen to move within this. All gaps together keep one page, on the busiest chain,
 * below half of what the API lets one address ask in a minute (api.limits.perAddress).
 */
const QUICK_MS = 500;
const CALM_MS = 2_000;
const SLOW_MS = 10_000;

export const FRESHNESS: Readonly<Record<ResourceName, Freshness>> = {
  status: { everyMs: 5_000, gapMs: CALM_MS, on: ['block', 'request'] },
  alerts: { everyMs: SLOW_MS, gapMs: SLOW_MS, on: ['block'] },
  flow: { everyMs: 15_000, gapMs: QUICK_MS, on: ['request'] },
  requests: { everyMs: 15_000, gapMs: QUICK_MS, on: ['request'] },
  life: { everyMs: 15_000, gapMs: QUICK_MS, on: ['request'] },
  feeds: { everyMs: 15_000, gapMs: CALM_MS, on: ['poll', 'round'] },
  polls: { everyMs: 30_000, gapMs: SLOW_MS, on: ['poll'] },
  upkeeps: { everyMs: 15_000, gapMs: CALM_MS, on: ['run', 'block'] },
  balance: { everyMs: 15_000, gapMs: CALM_MS, on: ['block'] },
  forecast: { everyMs: 30_000, gapMs: SLOW_MS, on: ['block'] },
  days: { everyMs: 30_000, gapMs: SLOW_MS, on: ['block'] },
};

const FLOW_LIMIT = 30;
const PAGE_LIMIT = 50;
const UPKEEP_LIMIT = 100;
export const CHART_DAYS = 30;
export const POLL_LIMIT = 50;

/** Whatever view is shown, the frame around it needs these. */
const ALWAYS: readonly ResourceName[] = ['status', 'alerts'];

const OF_VIEW: Readonly<Record<Route['view'], readonly ResourceName[]>> = {
  overview: ['flow', 'feeds', 'upkeeps', 'days', 'forecast'],
  requests: ['requests'],
  request: ['life'],
  gasbank: ['balance', 'forecast', 'days'],
  prices: ['feeds', 'polls'],
  upkeeps: ['upkeeps'],
  alerts: [],
};

export const neededBy = (route: Route): readonly ResourceName[] => [
  ...ALWAYS,
  ...OF_VIEW[route.view],
];

/** The path of a resource; polls have one for each pair. */
export function pathOf(name: Exclude<ResourceName, 'polls'>, route: Route): string {
  switch (name) {
    case 'status':
      return '/v1/status';
    case 'alerts':
      return '/v1/alerts';
    case 'flow':
      return `/v1/requests?limit=${FLOW_LIMIT}`;
    case 'requests':
      return requestsPath(route, null);
    case 'life':
      return `/v1/requests/${route.view === 'request' ? route.id : '0'}`;
    case 'feeds':
      return '/v1/prices';
    case 'upkeeps':
      return `/v1/upkeeps?limit=${UPKEEP_LIMIT}`;
    case 'balance':
      return '/v1/gasbank/balance?limit=200';
    case 'forecast':
      return '/v1/gasbank/forecast';
    case 'days':
      return `/v1/gasbank/days?days=${CHART_DAYS}`;
  }
}

export function requestsPath(route: Route, cursor: string | null): string {
  const query = new URLSearchParams({ limit: String(PAGE_LIMIT) });
  if (route.view === 'requests' && route.show !== 'all') query.set('state', route.show);
  if (cursor !== null) query.set('cursor', cursor);
  return `/v1/requests?${query}`;
}

export const pollsPath = (pair: string): string =>
  `/v1/prices/${pair.split('/').map(encodeURIComponent).join('/')}/polls?limit=${POLL_LIMIT}`;
