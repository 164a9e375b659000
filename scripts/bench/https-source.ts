import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '../../test/net/certificates.js';

/** A source of web data on this machine, behind TLS with an authority of its own. */
export interface HttpsSource {
  readonly port: number;
  readonly url: string;
  /** PEM text of the authority. */
  readonly authority: string;
  stop(): Promise<void>;
}

/** What every request gets, some 200 bytes as of a price API. */
const BODY = JSON.stringify({
  symbol: 'GASUSDT',
  lastPrice: '4.81300000',
  volume: '1830245.61000000',
  bids: [['4.81200000', '1840.52']],
  asks: [['4.81400000', '922.10']],
  time: 1_767_225_600_000,
});

/** The filter that the benchmarks' requests use on it. */
export const SOURCE_FILTER = '$.lastPrice';

/** Each answer comes after `delayMs`, default 0. */
export async function startHttpsSource(delayMs = 0): Promise<HttpsSource> {
  const authority = createAuthority('Benchmark authority');
  const { cert, key } = authority.issue({ commonName: 'source', hosts: ['127.0.0.1'] });
  const server = createServer({ cert, key }, (_, response) => {
    response.setHeader('content-type', 'application/json');
    if (delayMs === 0) response.end(BODY);
    else setTimeout(() => response.end(BODY), delayMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    authority: authority.certificate.cert,
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
