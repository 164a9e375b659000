/** Where the reader is: the part of the address behind #. */
export type Route =
  | { readonly view: 'overview' | 'gasbank' | 'prices' | 'upkeeps' | 'alerts' }
  | { readonly view: 'requests'; readonly show: RequestFilter }
  | { readonly view: 'request'; readonly id: string };

export type View = Route['view'];

/** Lists of requests that the page offers; the name stands in the address. */
export const REQUEST_FILTERS = ['all', 'received', 'stuck', 'answered', 'expired'] as const;
export type RequestFilter = (typeof REQUEST_FILTERS)[number];

const PLAIN = ['gasbank', 'prices', 'upkeeps', 'alerts'] as const;

/** Reads an address such as "#/requests/12"; what is not known leads to the overview. */
export function readRoute(hash: string): Route {
  const [, view = '', rest = ''] = hash.split('/');
  if (view === 'requests') {
    if (/^\d{1,19}$/.test(rest)) return { view: 'request', id: rest };
    return { view: 'requests', show: REQUEST_FILTERS.find((name) => name === rest) ?? 'all' };
  }
  return { view: PLAIN.find((name) => name === view) ?? 'overview' };
}

/** The address of a route. */
export function hashOf(route: Route): string {
  switch (route.view) {
    case 'overview':
      return '#/';
    case 'request':
      return `#/requests/${route.id}`;
    case 'requests':
      return route.show === 'all' ? '#/requests' : `#/requests/${route.show}`;
    default:
      return `#/${route.view}`;
  }
}

/** A link that `dodona console` printed. */
const CODE = /^#code=([A-Za-z0-9_-]{1,200})$/;

/** The code of such a link, or null. */
export const codeIn = (hash: string): string | null => CODE.exec(hash)?.[1] ?? null;
