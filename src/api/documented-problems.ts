import type { ProblemCode } from './problem.js';
import type { Route } from './route.js';

/** Refusals that any route of this kind may give, whatever it does. */
function problemsOfAny(route: Route): ProblemCode[] {
  const { access, body, params } = route;
  return [
    'FOREIGN_HOST',
    'TOKEN_IN_URL',
    'TOO_LONG',
    'BAD_QUERY',
    'BAD_CREDENTIALS',
    'TOO_MANY_REQUESTS',
    'TOO_MANY_FAILURES',
    ...(route.isSelfContained === true ? [] : (['INTERNAL', 'BUSY'] as const)),
    ...(params === undefined ? [] : (['BAD_PARAMETER'] as const)),
    ...(access.kind === 'open' ? [] : (['NOT_SIGNED_IN'] as const)),
    ...(access.kind === 'scope' ? (['NOT_ALLOWED'] as const) : []),
    ...(access.kind === 'scope' && access.changes === true ? (['READ_ONLY'] as const) : []),
    ...(body === undefined
      ? (['NO_BODY'] as const)
      : (['BAD_BODY', 'BODY_TOO_LARGE', 'UNKNOWN_MEDIA_TYPE'] as const)),
  ];
}

/** Every refusal that a route may give, each once. */
export const documentedProblems = (route: Route): readonly ProblemCode[] => [
  ...new Set([...problemsOfAny(route), ...route.problems]),
];
