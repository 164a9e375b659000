import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '../../test/net/certificates.js';
import { venueAnswer } from './demo-feed.js';

/** A web API on this machine for the demo's contracts, behind TLS with its own authority. */
export interface DemoSource {
  readonly url: string;
  /** PEM text of the authority. */
  readonly authority: string;
  stop(): Promise<void>;
}

const PRICES = { GAS: { USD: '4.81', EUR: '4.12' }, NEO: { USD: '15.30', EUR: '13.11' } };
const MAX_BODY_BYTES = 4_096;

export async function startDemoSource(): Promise<DemoSource> {
  const authority = createAuthority('Demo authority');
  const { cert, key } = authority.issue({ commonName: 'demo', hosts: ['127.0.0.1'] });
  const server = createServer({ cert, key }, (request, response) => {
    void answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    authority: authority.certificate.cert,
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('content-type', 'application/json');
  const told = venueAnswer(request.url ?? '', Date.now());
  if (told !== undefined) return void response.writeHead(told === null ? 503 : 200).end(told);
  if (request.method !== 'POST') return void response.end(JSON.stringify(PRICES));
  let body = '';
  for await (const chunk of request) body = (body + chunk).slice(0, MAX_BODY_BYTES);
  const { asset, amount } = JSON.parse(body) as { asset: 'GAS' | 'NEO'; amount: number };
  const cents = BigInt(PRICES[asset].USD.replace('.', '')) * BigInt(amount);
  response.end(
    JSON.stringify({ client: request.headers['x-client'], asset, amount, usdCents: Number(cents) }),
  );
}
