import type { ProblemCode } from './problem.js';
import type { Route } from './route.js';

/** Refusals that any route of this kind may give, whatever it does. */
export function commonProblems(route: Route): ProblemCode[] {
  const { access, method } = route;
  return [
    'FOREIGN_HOST',
    'TOKEN_IN_URL',
    'TOO_LONG',
    'BAD_CREDENTIALS',
    'INTERNAL',
    'BUSY',
    ...(route.query === undefined ? [] : (['BAD_QUERY'] as const)),
    ...(route.params === undefined ? [] : (['BAD_PARAMETER'] as const)),
    ...(access.kind === 'open' ? [] : (['NOT_SIGNED_IN'] as const)),
    ...(access.kind === 'scope' ? (['NOT_ALLOWED'] as const) : []),
    ...(method === 'GET' ? (['NO_BODY'] as const) : []),
    ...(route.body === undefined
      ? []
      : (['BAD_BODY', 'BODY_TOO_LARGE', 'UNKNOWN_MEDIA_TYPE'] as const)),
  ];
}
