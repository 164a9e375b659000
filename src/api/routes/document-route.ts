import { z } from 'zod';
import { openApiDocument } from '../open-api.js';
import { jsonRoute, type Route } from '../route.js';

/** The route that tells of these routes, and of itself. */
export function documentRoute(routes: readonly Route[]): Route {
  const route: Route = jsonRoute({
    method: 'GET',
    path: '/v1/openapi.json',
    name: 'getOpenApi',
    group: 'node',
    summary: 'This document: OpenAPI 3.1',
    access: { kind: 'open' },
    answer: z.record(z.string(), z.unknown()),
    problems: [],
    handle: ({ sources }) => openApiDocument([...routes, route], sources.version),
  });
  return route;
}
