import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface JsonRequest {
  readonly jsonrpc: string;
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a local HTTP server saw and how to end it. */
export interface LocalEndpoint {
  readonly url: string;
  readonly server: Server;
  readonly connections: ReadonlySet<Socket>;
  /** Connections opened since the start. */
  opened(): number;
  stop(): Promise<void>;
}

type Handler = (body: string, response: ServerResponse, request: IncomingMessage) => unknown;

/** A real HTTP server on a free port of loopback. */
export async function startEndpoint(handle: Handler): Promise<LocalEndpoint> {
  const connections = new Set<Socket>();
  let opened = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    await handle(Buffer.concat(chunks).toString('utf8'), response, request);
  });
  server.on('connection', (socket) => {
    opened += 1;
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    server,
    connections,
    opened: () => opened,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An endpoint whose answer to each request is what the function returns, a list for a batch. */
export const startJsonEndpoint = (
  answer: (request: JsonRequest) => Record<string, unknown>,
): Promise<LocalEndpoint> =>
  startEndpoint((body, response) => {
    const asked = JSON.parse(body) as JsonRequest | JsonRequest[];
    const envelope = (one: JsonRequest) => ({ jsonrpc: '2.0', id: one.id, ...answer(one) });
    response.end(JSON.stringify(Array.isArray(asked) ? asked.map(envelope) : envelope(asked)));
  });
