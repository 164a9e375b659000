import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a source was asked. */
export interface SourceRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer; a body that is no text is sent as JSON. */
export interface SourceAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What each path answers: the body of a 200, or what a function makes of the request. */
export type SourceRoutes = Readonly<
  Record<string, string | object | ((request: SourceRequest) => SourceAnswer)>
>;

/** A web server on loopback. */
export interface WebSource {
  /** `http://127.0.0.1:` and a port, without a slash at its end. */
  readonly url: string;
  /** The latest requests, oldest first. */
  readonly requests: readonly SourceRequest[];
  close(): Promise<void>;
}

/** Older requests are forgotten. */
const MAX_KEPT_REQUESTS = 1_000;
const MAX_BODY_BYTES = 1024 * 1024;

/** Serves the routes on a free port of 127.0.0.1. Paths that are no route are answered with 404. */
export async function startWebSource(routes: SourceRoutes): Promise<WebSource> {
  const requests: SourceRequest[] = [];
  const server = createServer((incoming, response) => {
    const answer = async (): Promise<void> => {
      const request = await readRequest(incoming);
      requests.push(request);
      if (requests.length > MAX_KEPT_REQUESTS) requests.shift();
      const { status = 200, headers = {}, body = '' } = answerOf(routes, request);
      const isText = typeof body === 'string';
      const type = isText && status !== 200 ? 'text/plain' : 'application/json';
      response.writeHead(status, { 'content-type': type, ...headers });
      response.end(isText ? body : JSON.stringify(body));
    };
    // Whoever goes away in the middle is no failure of the test.
    answer().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

function answerOf(routes: SourceRoutes, request: SourceRequest): SourceAnswer {
  const route = Object.hasOwn(routes, request.path) ? routes[request.path] : undefined;
  if (route === undefined) return { status: 404, body: `no route is ${request.path}` };
  if (typeof route === 'function')
    return (route as (asked: SourceRequest) => SourceAnswer)(request);
  return { body: route };
}

async function readRequest(incoming: IncomingMessage): Promise<SourceRequest> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming) {
    bytes += (part as Buffer).length;
    if (bytes > MAX_BODY_BYTES) throw new RangeError(`a body of more than ${MAX_BODY_BYTES} bytes`);
    parts.push(part as Buffer);
  }
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  return {
    method: incoming.method ?? '',
    path: pathname,
    query: searchParams,
    headers: incoming.headers,
    body: Buffer.concat(parts).toString('utf8'),
  };
}
