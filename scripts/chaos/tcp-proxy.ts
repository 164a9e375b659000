import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/**
 * `pass`: as if it was not there. `stall`: nothing passes, and all of it does when that ends.
 * `swallow`: what comes is thrown away and no end is told of, for these connections for ever: each
 * side holds them for alive (half-open). `refuse`: new connections are closed at once.
 */
export type LineState = 'pass' | 'stall' | 'swallow' | 'refuse';

/** A TCP line between a node and a chain endpoint, which can be troubled. */
export interface TcpProxy {
  readonly port: number;
  become(state: LineState): void;
  /** Cuts what is open now (RST); of WebSockets alone when told so. How many there were. */
  cut(which: 'all' | 'webSockets'): number;
  stop(): Promise<void>;
}

interface Line {
  readonly near: Socket;
  readonly far: Socket;
  isWebSocket: boolean;
  isSwallowed: boolean;
}

const UPGRADE = /^upgrade: *websocket/im;

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const lines = new Set<Line>();
  let state: LineState = 'pass';
  const server = createServer((near) => {
    near.on('error', () => {});
    if (state === 'refuse') return void near.resetAndDestroy();
    const far = createConnection({ host: '127.0.0.1', port: targetPort });
    const line = { near, far, isWebSocket: false, isSwallowed: state === 'swallow' };
    lines.add(line);
    near.once('data', (head) => {
      line.isWebSocket = UPGRADE.test(head.toString('latin1'));
    });
    join(line, near, far);
    join(line, far, near);
    if (state === 'stall') hold(line);
  });

  function join(line: Line, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('data', (part) => {
      if (!line.isSwallowed) to.write(part);
    });
    from.on('close', () => {
      if (line.isSwallowed && !to.destroyed) return;
      lines.delete(line);
      to.destroy();
    });
  }
  const hold = ({ near, far }: Line): void => {
    near.pause();
    far.pause();
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    become(next) {
      state = next;
      for (const line of lines) {
        if (next === 'swallow') line.isSwallowed = true;
        if (next === 'stall') hold(line);
        else for (const socket of [line.near, line.far]) socket.resume();
      }
    },
    cut(which) {
      const chosen = [...lines].filter(({ isWebSocket }) => which === 'all' || isWebSocket);
      for (const line of chosen) {
        lines.delete(line);
        for (const socket of [line.near, line.far]) socket.resetAndDestroy();
      }
      return chosen.length;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const { near, far } of lines) for (const socket of [near, far]) socket.destroy();
      await closed;
    },
  };
}
