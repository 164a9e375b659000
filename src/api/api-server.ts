import type { AddressInfo, Socket } from 'node:net';
import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../base/clock.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { type AppOptions, createApp } from './create-app.js';
import { RUNTIME_FILE, removeRuntimeFile, writeRuntimeFile } from './runtime-file.js';

const MAX_CONNECTIONS = 128;
/** How long answers under way may take while stopping. */
const STOP_TIMEOUT_MS = 1_000;

export interface ApiServerOptions extends Omit<AppOptions, 'stopping'> {
  /** node.json is written there, by which the command line finds this node. */
  readonly storageDir: string;
}

export interface ApiServer {
  /** Listens, and resolves with the URL. Rejects with a NodeError API_LISTEN. */
  start(): Promise<string>;
  /** Stops listening, waits a second for answers under way, and removes node.json. */
  stop(): Promise<void>;
}

/** The node's API over HTTP/1.1, and the file by which the command line finds it. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const { clock, log, storageDir, instance } = options;
  const stopping = new AbortController();
  /** Of all connections, also those that TLS is still agreed on. */
  const sockets = new Set<Socket>();
  let app: FastifyInstance | null = null;
  return {
    async start() {
      const made = await createApp({ ...options, stopping: stopping.signal });
      app = made;
      made.server.maxConnections = MAX_CONNECTIONS;
      made.server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      await listen(made, options);
      made.server.on('error', (error) => log.error('the API met trouble', { error }));
      const url = urlOf(options.api, (made.server.address() as AddressInfo).port);
      try {
        const { localToken: token } = options;
        const startedAtMs = clock.nowMs();
        writeRuntimeFile(storageDir, { pid: process.pid, instance, token, url, startedAtMs });
      } catch (cause) {
        await close(made, sockets, clock);
        throw runtimeFileTrouble(cause);
      }
      log.info('the API listens', { url });
      return url;
    },
    async stop() {
      removeRuntimeFile(storageDir, instance);
      stopping.abort(new Error('the node stops'));
      if (app?.server.listening) await close(app, sockets, clock);
    },
  };
}

async function listen(
  app: FastifyInstance,
  { api: { host, port } }: ApiServerOptions,
): Promise<void> {
  try {
    await app.listen({ host, port });
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

async function close(
  app: FastifyInstance,
  sockets: ReadonlySet<Socket>,
  clock: Clock,
): Promise<void> {
  const patience = new AbortController();
  const closed = app.close();
  app.server.closeIdleConnections();
  const late = clock.sleep(STOP_TIMEOUT_MS, patience.signal).catch(() => {});
  await Promise.race([closed, late]);
  for (const socket of sockets) socket.destroy();
  await closed;
  patience.abort();
  await late;
}

/** A URL that works on this machine, whatever the address that is listened on. */
function urlOf({ host, tls }: ApiServerOptions['api'], port: number): string {
  const local = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls === null ? 'http' : 'https'}://${isIP(local) === 6 ? `[${local}]` : local}:${port}`;
}
