import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { systemClock } from '../../src/base/clock.js';
import type { HttpAllow } from '../../src/net/allow-list.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/net/guarded-fetch.js';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from '../../src/net/http-limits.js';
import type { ResolveHost } from '../../src/net/resolve-host.js';
import type { Certificate } from './certificates.js';

/** A server on a loopback address and a free port, that counts what reaches it. */
export interface Source {
  readonly port: number;
  readonly address: string;
  /** TCP connections accepted so far. */
  connections(): number;
  /** Requests or raw connections seen, as `METHOD host path`. */
  readonly seen: string[];
}

/** What a test starts, to be closed by one call. */
export interface Bench {
  http(handler: RequestListener, address?: string): Promise<Source>;
  https(handler: RequestListener, tls: https.ServerOptions, address?: string): Promise<Source>;
  /** Bytes in, bytes out: for servers that break the rules. */
  raw(onConnection: (socket: Socket) => void, address?: string): Promise<Source>;
  fetcher(options?: FetcherOptions): GuardedFetch;
  close(): Promise<void>;
}

export interface FetcherOptions {
  readonly limits?: Partial<HttpLimits>;
  readonly allow?: Partial<HttpAllow>;
  readonly ca?: Certificate;
  readonly resolve?: ResolveHost;
}

/** The operator's list of most tests: this machine, by http too, on any port. */
export const ALLOW_LOOPBACK: HttpAllow = {
  hosts: [
    { host: '127.0.0.1', http: true },
    { host: 'localhost', http: true },
  ],
  cidrs: [],
};

export function createBench(): Bench {
  const closers: (() => Promise<void> | void)[] = [];

  const listen = async (server: Server, address: string, seen: string[]): Promise<Source> => {
    const sockets = new Set<Socket>();
    let connections = 0;
    server.on('connection', (socket: Socket) => {
      connections += 1;
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, address, resolve);
    });
    closers.push(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          for (const socket of sockets) socket.destroy();
        }),
    );
    const { port } = server.address() as AddressInfo;
    return { port, address, seen, connections: () => connections };
  };

  const noting = (seen: string[], handler: RequestListener): RequestListener => {
    return (request, response) => {
      seen.push(`${request.method} ${request.headers.host} ${request.url}`);
      return handler(request, response);
    };
  };

  return {
    http(handler, address = '127.0.0.1') {
      const seen: string[] = [];
      return listen(http.createServer(noting(seen, handler)), address, seen);
    },
    https(handler, tls, address = '127.0.0.1') {
      const seen: string[] = [];
      return listen(https.createServer(tls, noting(seen, handler)), address, seen);
    },
    raw(onConnection, address = '127.0.0.1') {
      return listen(net.createServer(onConnection), address, []);
    },
    fetcher(options = {}) {
      const made = createGuardedFetch({
        limits: { ...DEFAULT_HTTP_LIMITS, ...options.limits },
        allow: options.allow ? { hosts: [], cidrs: [], ...options.allow } : ALLOW_LOOPBACK,
        clock: systemClock,
        ca: options.ca?.cert,
        resolve: options.resolve,
      });
      closers.push(() => made.close());
      return made;
    },
    async close() {
      for (const close of closers.splice(0)) await close();
    },
  };
}

/** A resolver for tests that answers from a table and notes what it was asked. */
export function tableResolver(
  table: Readonly<Record<string, readonly string[]>>,
): ResolveHost & { readonly asked: string[] } {
  const asked: string[] = [];
  const resolve: ResolveHost = async (host) => {
    asked.push(host);
    return { kind: 'resolved', addresses: table[host] ?? [], ttlMs: 0 };
  };
  return Object.assign(resolve, { asked });
}
