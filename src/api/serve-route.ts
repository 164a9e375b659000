import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AbortListeners } from '../base/abort-listeners.js';
import type { Clock } from '../base/clock.js';
import { hash160ToAddress } from '../base/hash.js';
import type { Log } from '../telemetry/log.js';
import type { Caller } from './access.js';
import type { ApiSources } from './api-sources.js';
import { tokenOf } from './authenticate.js';
import { streamEvents } from './event-stream.js';
import type { Gate } from './gate.js';
import { Refusal } from './problem.js';
import { readGiven } from './read-given.js';
import type { JsonRoute, Route, StreamRoute } from './route.js';
import { idText } from './shapes/values.js';

/** An answer that takes longer is not waited for. */
export const ANSWER_TIMEOUT_MS = 10_000;

export interface ServeOptions {
  readonly sources: ApiSources;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
  readonly gate: Gate;
  /** Of the signal `stopping`: many wait for it at once. */
  readonly stops: AbortListeners;
}

/** Has fastify serve a route: let in, read, asked, and written by its schemas. */
export function serveRoute(app: FastifyInstance, route: Route, options: ServeOptions): void {
  app.route({
    method: route.kind === 'json' && route.method === 'GET' ? ['GET', 'HEAD'] : route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    async onRequest(request, reply) {
      if (route.body === undefined) refuseBody(request);
      options.gate.admit(request, reply, route.access);
    },
    handler: async (request, reply) =>
      route.kind === 'json'
        ? answerJson(route, request, reply, options)
        : answerStream(route, request, reply, options),
  });
}

/** Throws a Refusal NO_BODY where one comes. */
function refuseBody({ headers, method }: FastifyRequest): void {
  const isSent =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (isSent) throw new Refusal('NO_BODY', `this ${method} has no body`);
}

async function answerJson(
  route: JsonRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ServeOptions,
): Promise<FastifyReply> {
  const { sources, clock, gate } = options;
  const given = {
    params: readGiven(route.params, request.params, 'BAD_PARAMETER'),
    query: readGiven(route.query, request.query, 'BAD_QUERY'),
    body: route.body === undefined ? undefined : readGiven(route.body, request.body, 'BAD_BODY'),
  };
  const admitted = gate.admitted(request);
  const { authorization } = request.headers;
  const about = {
    ...{ ...given, ...admitted, sources, nowMs: clock.nowMs() },
    actor: actorOf(admitted.caller),
    origin: `${request.protocol}://${request.headers.host}`,
    token: authorization === undefined ? null : tokenOf(authorization),
  };
  const ask = (signal: AbortSignal): unknown => route.handle({ ...about, signal } as never);
  const value = await withinTime(options, ask).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'SIGN_IN_REFUSED') gate.failed(request);
    throw error;
  });
  if (route.status === 204) return reply.code(204).send();
  // By its schema: what is not documented does not go out.
  const text = JSON.stringify(route.answer.parse(value));
  return reply.code(route.status).type('application/json; charset=utf-8').send(`${text}\n`);
}

function actorOf(caller: Caller): string {
  switch (caller.kind) {
    case 'key':
      return `apiKey:${caller.id}`;
    case 'owner':
      return `owner:${hash160ToAddress(caller.account)}`;
    case 'local':
      return 'operator:local';
    case 'nobody':
      return 'nobody';
  }
}

/** Gives up, with a Refusal BUSY, what takes too long. */
export async function withinTime<T>(
  { clock, stopping, stops }: Pick<ServeOptions, 'clock' | 'stopping' | 'stops'>,
  ask: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const patience = new AbortController();
  const { signal } = patience;
  const stop = stops.add(stopping, () => patience.abort());
  const late = clock.sleep(ANSWER_TIMEOUT_MS, signal).then(
    () => Promise.reject(tooLate(`no answer within ${ANSWER_TIMEOUT_MS} ms`)),
    () => Promise.reject(tooLate('the node stops')),
  );
  late.catch(() => {});
  try {
    return await Promise.race([Promise.resolve().then(() => ask(signal)), late]);
  } finally {
    stop.cancel();
    patience.abort();
  }
}

const tooLate = (why: string): Refusal =>
  new Refusal('BUSY', `${why}; try again`, { headers: { 'retry-after': '1' } });

async function answerStream(
  route: StreamRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  { sources, clock, log, stopping, stops, gate }: ServeOptions,
): Promise<void> {
  const query = readGiven(route.query, request.query, 'BAD_QUERY') as { lastEventId?: bigint };
  const header = request.headers['last-event-id'];
  const resumed = header === undefined ? undefined : readLastEventId(header);
  const headers = Object.fromEntries(
    Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
  );
  streamEvents(reply.raw, {
    feed: sources.events,
    afterId: resumed ?? query.lastEventId ?? null,
    headers,
    clock,
    onStop: (end) => stops.add(stopping, end).cancel,
    isAllowed: () => gate.isStillAllowed(request, route.access),
    onDropped: () => log.debug('a client of /v1/events was dropped', { reason: 'too slow' }),
  });
  reply.hijack();
}

const readLastEventId = (header: string | string[]): bigint => {
  const read = idText('an event').safeParse(header);
  if (read.success) return read.data;
  throw new Refusal('BAD_QUERY', 'Last-Event-ID: expected the id of an event');
};
