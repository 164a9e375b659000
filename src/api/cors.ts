import type { FastifyReply, FastifyRequest } from 'fastify';

/** A browser asks again after so long whether it may. */
const PREFLIGHT_KEPT_S = 600;

/**
 * Tells browsers which pages of other sites may ask (Fetch standard, CORS). Answers the question
 * itself (a preflight); true when it did. Without configured origins nothing is told.
 */
export function allowOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  origins: readonly string[],
): boolean {
  if (origins.length === 0) return false;
  reply.header('vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !origins.includes(origin)) return false;
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'ratelimit, ratelimit-policy, retry-after',
  });
  const isPreflight =
    request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
  if (!isPreflight) return false;
  reply.code(204).headers({
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
    'access-control-allow-headers': 'authorization, content-type, last-event-id',
    'access-control-max-age': String(PREFLIGHT_KEPT_S),
  });
  return true;
}
