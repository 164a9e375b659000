import helmet from '@fastify/helmet';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { createAbortListeners } from '../base/abort-listeners.js';
import type { Clock } from '../base/clock.js';
import type { NodeConfig } from '../config/node-config.js';
import { readTlsFiles } from '../config/tls-files.js';
import type { Log } from '../telemetry/log.js';
import type { ApiSources } from './api-sources.js';
import { createAuthenticate } from './authenticate.js';
import { addConsoleRoutes, type ConsoleParts, consoleCaller } from './console/console-routes.js';
import { allowOrigin } from './cors.js';
import { createGate, type GateMetrics } from './gate.js';
import { isOwnHost } from './host-check.js';
import { addPlainRoutes } from './plain-routes.js';
import { PROBLEMS, Refusal } from './problem.js';
import {
  MAX_PARAMETER_CHARS,
  refusalOf,
  refuseConnection,
  sendRefusal,
} from './problem-handlers.js';
import { ROUTES } from './routes.js';
import { serveRoute } from './serve-route.js';

export const MAX_HEADER_BYTES = 8_192;
/** Longest path with its query; anything longer is nobody's honest question. */
const MAX_TARGET_CHARS = 1_024;
/** Within it a request must have arrived, headers and body. */
export const REQUEST_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 5_000;
/** How often connections are looked at that are too slow. */
const SLOW_CHECK_MS = 1_000;
/** Names under which a token is looked for in URLs, which are logged on the way. */
const TOKEN_NAMES = /[?&](?:access_token|api_?key|auth|authorization|bearer|key|token)=/i;

export interface AppOptions {
  readonly sources: ApiSources;
  readonly api: NodeConfig['api'];
  /** Differs with every start. */
  readonly instance: string;
  /** Random, of this start: the command line reads it from node.json. */
  readonly localToken: string;
  readonly console: ConsoleParts;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: GateMetrics;
  readonly stopping: AbortSignal;
}

/** All that is served, put together; it does not listen yet. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: options.api.maxBodyBytes,
    trustProxy: options.api.behindProxy ? [...options.api.trustedProxies] : false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    ...listenerOf(options.api),
    exposeHeadRoutes: false,
    return503OnClosing: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARS },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, _request, reply) => sendRefusal(reply, refusalOf(error, report)),
  });
  const report = (error: unknown): void => options.log.error('the API could not answer', { error });
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error, report);
    // What may still be on its way is not read.
    if (PROBLEMS[refusal.code].status !== 404) reply.header('connection', 'close');
    return sendRefusal(reply, refusal);
  });
  app.setNotFoundHandler((_request, reply) => sendRefusal(reply, notFound()));
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    strictTransportSecurity: options.api.tls !== null || options.api.behindProxy,
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    refuseStrange(request, options);
    return allowOrigin(request, reply, options.api.corsOrigins) ? reply.send() : undefined;
  });
  const { apiKeys, signIn } = options.sources;
  const authenticate = createAuthenticate({ ...options, apiKeys, signIn });
  const gate = createGate({
    ...options,
    authenticate,
    consoleCaller: (request) => consoleCaller(options.console, request),
  });
  const served = methodsServed(app);
  const stops = createAbortListeners();
  for (const route of ROUTES) serveRoute(app, route, { ...options, gate, stops });
  addPlainRoutes(app, { ...options, gate, stops });
  addConsoleRoutes(app, { ...options.console, gate });
  refuseOtherMethods(app, served);
  return app;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Methods by path, of all routes that are added from now on. */
function methodsServed(app: FastifyInstance): ReadonlyMap<string, readonly string[]> {
  const served = new Map<string, readonly string[]>();
  app.addHook('onRoute', ({ url, method }) => {
    served.set(url, [...(served.get(url) ?? []), ...[method].flat()]);
  });
  return served;
}

/** Before anything of a body is read. */
function refuseOtherMethods(
  app: FastifyInstance,
  served: ReadonlyMap<string, readonly string[]>,
): void {
  for (const [url, methods] of [...served]) {
    const allow = methods.join(', ');
    const refuse = async (): Promise<never> => {
      const detail = `expected one of ${allow}`;
      throw new Refusal('METHOD_NOT_ALLOWED', detail, { headers: { allow } });
    };
    const others = METHODS.filter((method) => !methods.includes(method));
    app.route({ method: others, url, onRequest: refuse, handler: refuse });
  }
}

const LISTENER = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: SLOW_CHECK_MS,
};

/** HTTP, or HTTPS with the files that are named. Throws a NodeError API_TLS. */
function listenerOf({ tls }: NodeConfig['api']): { http: typeof LISTENER } {
  if (tls === null) return { http: LISTENER };
  const minVersion = 'TLSv1.2' as const;
  const handshakeTimeout = REQUEST_TIMEOUT_MS;
  const https = { ...LISTENER, ...readTlsFiles(tls), minVersion, handshakeTimeout };
  // To the routes one listener is as the other.
  return { https } as unknown as { http: typeof LISTENER };
}

const notFound = (): Refusal =>
  new Refusal(
    'NOT_FOUND',
    'there is nothing at this path; known: /v1/openapi.json tells all of /v1, /healthz, ' +
      '/readyz, /metrics',
  );

/** Throws a Refusal on what no honest client sends. */
function refuseStrange(request: FastifyRequest, { api: { host, hostNames } }: AppOptions): void {
  const { headers } = request.raw;
  const target = request.raw.url ?? '';
  if (!isOwnHost(headers.host, [host, ...hostNames])) {
    const hint = 'ask by address or localhost, or list the name in api.hostNames';
    throw new Refusal('FOREIGN_HOST', `the Host header names another site; ${hint}`);
  }
  if (target.length > MAX_TARGET_CHARS) {
    throw new Refusal('TOO_LONG', `the URL has more than ${MAX_TARGET_CHARS} characters`);
  }
  if (TOKEN_NAMES.test(target)) {
    const hint = 'send it as "Authorization: Bearer TOKEN", and revoke it: URLs are logged';
    throw new Refusal('TOKEN_IN_URL', `the URL has a token; ${hint}`);
  }
}
