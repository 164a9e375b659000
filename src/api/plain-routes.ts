import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import { jsonText } from './json-text.js';
import { Refusal } from './problem.js';
import { pageOf } from './request-page.js';
import { parseRequestId, parseRequestQuery, QUERY_KEYS, type QueryKey } from './request-query.js';
import type { ServeOptions } from './serve-route.js';
import { withinTime } from './serve-route.js';

const READ = ['GET', 'HEAD'];
const LOCAL = { kind: 'local' } as const;

export interface PlainOptions extends ServeOptions {
  readonly instance: string;
  readonly api: Pick<NodeConfig['api'], 'public' | 'behindProxy'>;
}

/**
 * What has no version: health and metrics for the machines around the node, and, under /local, what
 * the command line of this machine shows.
 */
export function addPlainRoutes(app: FastifyInstance, options: PlainOptions): void {
  const { sources, gate, instance } = options;
  const { requests } = sources.reads;
  const identity = { alive: true, pid: process.pid, instance };
  app.route({ method: READ, url: '/healthz', handler: async (_, reply) => json(reply, identity) });
  app.route({
    method: READ,
    url: '/readyz',
    async handler(_request, reply) {
      const readiness = await withinTime(options, () => sources.readiness());
      return json(reply.code(readiness.ready ? 200 : 503), readiness);
    },
  });
  app.route({
    method: READ,
    url: '/metrics',
    async handler(request, reply) {
      requireLocal(request, reply, options);
      const { text, contentType } = await withinTime(options, () => sources.metrics());
      return reply.type(contentType).send(text);
    },
  });
  const local = (url: string, answer: (request: FastifyRequest) => unknown): void => {
    app.route({
      method: 'GET',
      url,
      onRequest: async (request, reply) => gate.admit(request, reply, LOCAL),
      handler: async (request, reply) =>
        json(reply, await withinTime(options, () => answer(request))),
    });
  };
  local('/local/status', () => sources.status());
  local('/local/requests', ({ query }) => pageOf(requests, readQuery(query)));
  local('/local/requests/:id', ({ params }) => {
    const { id = '' } = params as { id?: string };
    const found = requests.explain(orBadQuery(() => parseRequestId(id)));
    if (found === null) throw new Refusal('NO_SUCH_REQUEST', `no request has the id ${id} here`);
    return found;
  });
}

/** Behind a proxy, or from elsewhere, metrics need what the rest needs. */
function requireLocal(
  request: FastifyRequest,
  reply: FastifyReply,
  { gate, api }: PlainOptions,
): void {
  // A proxy on this machine asks from here for everybody, and need not say for whom.
  const isForwarded = ['forwarded', 'x-forwarded-for'].some((name) => name in request.headers);
  if (!api.behindProxy && isLoopbackAddress(request.ip) && !isForwarded) return;
  if (api.public.includes('metrics')) return;
  gate.admit(request, reply, { kind: 'scope', scope: 'read', publicGroup: 'metrics' });
}

const isLoopbackAddress = (ip: string): boolean => /^(?:127\.|::1$|::ffff:127\.)/.test(ip);

function readQuery(query: unknown) {
  const texts: Partial<Record<QueryKey, string>> = {};
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    const key = QUERY_KEYS.find((candidate) => candidate === name);
    if (key === undefined || typeof value !== 'string') {
      const expected = `expected each of ${QUERY_KEYS.join(', ')} at most once`;
      throw new Refusal('BAD_QUERY', expected);
    }
    texts[key] = value;
  }
  return orBadQuery(() => parseRequestQuery(texts));
}

function orBadQuery<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    throw new Refusal('BAD_QUERY', `${error.message}; ${error.hint}`);
  }
}

const json = (reply: FastifyReply, value: unknown): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(`${jsonText(value)}\n`);
