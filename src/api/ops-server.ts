import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { Clock } from '../base/clock.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { Log } from '../telemetry/log.js';
import { isOwnHost } from './host-check.js';
import { answerGet, failure, json, type OpsAnswer, type OpsSources } from './ops-routes.js';
import { RUNTIME_FILE, removeRuntimeFile, writeRuntimeFile } from './runtime-file.js';

const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8_192;
const HEADERS_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 5_000;
/** A figure that takes longer is not waited for. */
const ANSWER_TIMEOUT_MS = 5_000;
/** How long answers under way may take while stopping. */
const STOP_TIMEOUT_MS = 1_000;

export interface OpsServerOptions extends OpsSources {
  /** Address to listen on. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Further names that a Host header may carry. */
  readonly hostNames: readonly string[];
  /** node.json is written there, by which the command line finds this node. */
  readonly storageDir: string;
  /** Differs with every start. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpsServer {
  /** Listens, and resolves with the URL. Rejects with a NodeError API_LISTEN. */
  start(): Promise<string>;
  /** Stops listening, waits a second for answers under way, and removes node.json. */
  stop(): Promise<void>;
}

/**
 * Metrics, health, status and the queue over HTTP/1.1, for reading only and without a password:
 * it belongs on loopback, or behind a firewall.
 */
export function createOpsServer(options: OpsServerOptions): OpsServer {
  const identity = { pid: process.pid, instance: options.instance };
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    void respond(options, identity, request, response);
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = MAX_CONNECTIONS;
  return {
    async start() {
      await listen(server, options);
      server.on('error', reportTo(options));
      const { port } = server.address() as AddressInfo;
      const url = urlOf(options.host, port);
      try {
        const startedAtMs = options.clock.nowMs();
        writeRuntimeFile(options.storageDir, { ...identity, url, startedAtMs });
      } catch (cause) {
        await close(server, options.clock);
        throw runtimeFileTrouble(cause);
      }
      options.log.info('operations API listens', { url });
      return url;
    },
    async stop() {
      removeRuntimeFile(options.storageDir, options.instance);
      if (server.listening) await close(server, options.clock);
    },
  };
}

async function respond(
  options: OpsServerOptions,
  identity: object,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer =
    refusalOf(request, options) ??
    (await withinTime(options, answerGet(options, identity, request.url ?? '', reportTo(options))));
  const body = Buffer.from(answer.body);
  if (hasBody(request) || answer.status === 403) response.shouldKeepAlive = false;
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(answer.status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const reportTo =
  ({ log }: OpsServerOptions) =>
  (error: unknown): void =>
    log.error('operations API could not answer', { error });

function refusalOf(request: IncomingMessage, options: OpsServerOptions): OpsAnswer | null {
  if (!isOwnHost(request.headers.host, [options.host, ...options.hostNames])) {
    const hint = 'ask by address or localhost, or list the name in api.hostNames';
    return failure(403, 'FOREIGN_HOST', 'the Host header names another site', hint);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return failure(405, 'READ_ONLY', 'this API is for reading: GET and HEAD only');
  }
  if (hasBody(request)) return failure(400, 'NO_BODY', 'a request to this API has no body');
  return null;
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

async function withinTime(
  { clock }: OpsServerOptions,
  answer: Promise<OpsAnswer>,
): Promise<OpsAnswer> {
  const patience = new AbortController();
  const late = clock
    .sleep(ANSWER_TIMEOUT_MS, patience.signal)
    .then(() => failure(503, 'BUSY', `no answer within ${ANSWER_TIMEOUT_MS} ms; try again`))
    .catch(() => json(503, {}));
  const first = await Promise.race([answer, late]);
  patience.abort();
  return first;
}

async function listen(server: Server, { host, port }: OpsServerOptions): Promise<void> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const taken = (cause as { code?: string }).code === 'EADDRINUSE';
    const hint = taken
      ? 'stop what uses the port, or choose another api.port (0 takes any free one)'
      : 'check api.host and api.port';
    throw new NodeError('API_LISTEN', `cannot listen on ${host}:${port}: ${messageOf(cause)}`, {
      cause,
      hint,
    });
  }
}

const runtimeFileTrouble = (cause: unknown): NodeError =>
  new NodeError('API_RUNTIME_FILE', `cannot write ${RUNTIME_FILE}: ${messageOf(cause)}`, {
    cause,
    hint: 'check that storage.dir is writable and that the disk is not full',
  });

async function close(server: Server, clock: Clock): Promise<void> {
  const patience = new AbortController();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = clock.sleep(STOP_TIMEOUT_MS, patience.signal).catch(() => {});
  await Promise.race([closed, late]);
  server.closeAllConnections();
  await closed;
  patience.abort();
  await late;
}

/** A URL that works on this machine, whatever the address that is listened on. */
function urlOf(host: string, port: number): string {
  const local = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIP(local) === 6 ? `[${local}]` : local}:${port}`;
}
