import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A real TCP relay that can cut its connections and refuse new ones. */
export interface TcpProxy {
  readonly port: number;
  /** Connections accepted so far, refused ones among them. */
  accepted(): number;
  refuse(on: boolean): void;
  cut(): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let refusing = false;
  let accepted = 0;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  };
  const server = createServer((client) => {
    accepted += 1;
    keep(client);
    if (refusing) return client.destroy();
    const node = connect(targetPort, '127.0.0.1');
    keep(node);
    client.pipe(node).pipe(client);
    node.on('close', () => client.destroy());
    client.on('close', () => node.destroy());
    return client;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    accepted: () => accepted,
    refuse: (on) => {
      refusing = on;
    },
    cut,
    stop: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
