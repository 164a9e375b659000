import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createAuthority } from '../net/certificates.js';

/** What a source was asked. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** A web server on loopback, by http and by https, whose answers a test decides by path. */
export interface LocalSource {
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly ports: readonly number[];
  /** PEM of the authority that signed the certificate. */
  readonly authority: string;
  readonly seen: readonly SeenRequest[];
  /** Replaces the answer to a path; others get `{"path", "values": [1, 2, 3]}`. */
  on(path: string, answer: Answer): void;
  /** From now on requests wait until the function that is returned is called. */
  hold(): () => void;
  stop(): Promise<void>;
}

export async function startLocalSource(): Promise<LocalSource> {
  const answers = new Map<string, Answer>();
  const seen: SeenRequest[] = [];
  let gate: Promise<void> = Promise.resolve();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = request;
    const asked = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
    seen.push(asked);
    await gate;
    (answers.get(path) ?? answerPath)(asked, response);
  };
  const authority = createAuthority('Local source');
  const { cert, key } = authority.issue({ commonName: 'localhost', hosts: ['127.0.0.1'] });
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // A client that goes away in the middle is no failure of the source.
    handle(request, response).catch(() => response.destroy());
  };
  const http = await listen(createHttp(listener));
  const https = await listen(createHttps({ cert, key }, listener));
  return {
    httpUrl: `http://127.0.0.1:${http.port}`,
    httpsUrl: `https://127.0.0.1:${https.port}`,
    ports: [http.port, https.port],
    authority: authority.certificate.cert,
    seen,
    on: (path, answer) => void answers.set(path, answer),
    hold: () => {
      let release: () => void = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    stop: async () => {
      await Promise.all([http.stop(), https.stop()]);
    },
  };
}

export const json = (value: unknown, status = 200): Answer => {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
};

const answerPath: Answer = (request, response) =>
  json({ path: request.path, values: [1, 2, 3] })(request, response);

async function listen(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, stop };
}
