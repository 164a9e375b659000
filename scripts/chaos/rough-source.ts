import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web API on this machine, with paths that serve whoever asks badly. */
export interface RoughSource {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

export const HONEST_PATHS = ['/price', '/rates', '/keyed'] as const;
/** Slow, endless, broken, and one that sends back what it was sent, secrets too. */
export const ROUGH_PATHS = [
  '/silent',
  '/endless',
  '/garbage',
  '/deep',
  '/round',
  '/flaky',
  '/reset',
  '/drip',
] as const;
export const ECHO_PATH = '/echo';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const DEPTH = 100_000;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const DRIP_MS = 700;

const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
};

/** `isFlaky` is asked whether this time it fails. */
const answersOf = (isFlaky: () => boolean): Readonly<Record<string, Answer>> => ({
  '/price': (_, response) => json(response, { symbol: 'GASUSDT', price: '4.81300000' }),
  '/rates': (_, response) => json(response, { GAS: { USD: '4.81' }, NEO: { USD: '15.30' } }),
  '/keyed': ({ headers }, response) => {
    const isKnown = headers.authorization !== undefined;
    json(response, isKnown ? { price: '4.82' } : { error: 'no key' }, isKnown ? 200 : 401);
  },
  '/echo': ({ headers }, response) => json(response, { headers }),
  '/silent': () => {},
  '/endless': (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(CHUNK));
      if (!response.destroyed) response.once('drain', more);
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    more();
  },
  '/garbage': (_, response) => void response.end('{"price": 4.8, "pri\u0000ce": }{'),
  '/deep': (_, response) => void response.end('['.repeat(DEPTH)),
  '/round': (_, response) => void response.writeHead(302, { location: '/round' }).end(),
  '/flaky': (_, response) => {
    if (isFlaky()) response.writeHead(503).end('out of order');
    else json(response, { price: '4.79' });
  },
  '/reset': (request) => void request.socket.resetAndDestroy(),
  '/drip': (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    const dripping = setInterval(() => response.write('['), DRIP_MS);
    response.on('close', () => clearInterval(dripping));
  },
});

export async function startRoughSource(isFlaky: () => boolean): Promise<RoughSource> {
  const answers = answersOf(isFlaky);
  const server = createServer((request, response) => {
    request.on('error', () => {});
    response.on('error', () => {});
    const path = (request.url ?? '').split('?')[0] ?? '';
    (answers[path] ?? ((_, missing) => json(missing, {}, 404)))(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
