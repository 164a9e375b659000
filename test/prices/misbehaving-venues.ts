import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a venue of a test answers with, or null for an outage. */
export type Telling = () => { readonly price: string; readonly timeMs: number } | null;

/** Loopback venues, each at a path of its own, whose words a test can change at any time. */
export async function startVenues(tellings: Readonly<Record<string, Telling>>) {
  const asked = new Map<string, number>();
  const server = http.createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    asked.set(name, (asked.get(name) ?? 0) + 1);
    const told = tellings[name]?.() ?? null;
    if (told === null) return void response.writeHead(404).end();
    response.setHeader('content-type', 'application/json');
    response.end(`{"last":"${told.price}","at":${told.timeMs}}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    /** How often a venue was asked. */
    asked: (name: string): number => asked.get(name) ?? 0,
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A feed's file whose sources are such venues, each a group of its own. */
export function feedText(
  pair: string,
  origin: string,
  venues: Readonly<Record<string, string>>,
  settings: readonly string[] = [],
): string {
  const sources = Object.entries(venues).map(([name, quote]) => {
    const place = `url: "${origin}/${name}", price: $.last, time: $.at`;
    const who = `name: ${name}, group: ${name}, quote: ${quote}`;
    return `  - {${who}, ${place}, timeout: 10s, retries: 0}`;
  });
  return [`pair: ${pair}`, ...settings, 'sources:', ...sources, ''].join('\n');
}
