import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { NodeError } from '../base/node-error.js';
import type { Watch } from './deadline.js';
import { FetchFault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';
import { createIdleConnections } from './idle-connections.js';
import { type KeptConnection, keptConnection } from './kept-connection.js';
import { openSocket, type SocketRequest } from './open-socket.js';
import type { Target } from './target-url.js';

/** All connections; those kept belong to one (address, port, name, TLS or not) each. */
export interface ConnectionPool {
  /** The connection that waits for a next request since the shortest time. */
  take(target: Target, address: string): KeptConnection | null;
  /** One that is to be kept after its request. */
  openKept(request: SocketRequest): Promise<KeptConnection | FetchFault>;
  /** One for a single request. */
  openOnce(request: SocketRequest): Promise<Socket | FetchFault>;
  /** After a request: keeps the connection for whoever comes next, unless it is at its end. */
  giveBack(connection: KeptConnection): void;
  /** Connections that wait for a next request. */
  idleCount(): number;
  /** Closes all of them, those in use included. */
  close(): void;
}

/**
 * A pool whose idle connections are bounded over all hosts, the oldest being the first to go.
 * @param ca PEM text of certificate authorities to trust besides the built-in ones.
 */
export function createConnectionPool(options: {
  limits: HttpLimits;
  watch: Watch;
  ca?: string | undefined;
}): ConnectionPool {
  const { limits, watch } = options;
  const trust = createTrust(options.ca);
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const openOnce = (request: SocketRequest) => openSocket(request, { trust, watch, track });
  const idle = createIdleConnections();
  return {
    take: (target, address) => idle.take(keyOf(target, address)),
    openOnce,
    async openKept(request) {
      const socket = await openOnce(request);
      if (socket instanceof FetchFault) return socket;
      const { target, address } = request;
      const connection = keptConnection(keyOf(target, address), target, socket, limits);
      socket.once('close', () => idle.drop(connection));
      return connection;
    },
    giveBack(connection) {
      if (connection.socket.destroyed) return;
      idle.add(connection);
      if (idle.size() > limits.maxIdleConnections) idle.dropOldest()?.socket.destroy();
    },
    idleCount: () => idle.size(),
    close() {
      for (const socket of sockets) socket.destroy();
      idle.clear();
    },
  };
}

const keyOf = ({ secure, host, port }: Target, address: string): string =>
  `${secure ? 'https' : 'http'} ${address} ${port} ${host}`;

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Node's built-in authorities and the operator's. */
function createTrust(ca: string | undefined): tls.SecureContext {
  if (ca === undefined) return tls.createSecureContext();
  // Left to itself, Node passes silently over what it can't read.
  const blocks = ca.match(PEM_BLOCK) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
    if (blocks.length === 0) throw new RangeError('no certificate in it');
    return tls.createSecureContext({ ca: [...tls.rootCertificates, ...blocks] });
  } catch (cause) {
    throw new NodeError('HTTP_CA_INVALID', 'the extra certificate authority can not be read', {
      hint: 'Give a file with certificates in PEM form.',
      cause,
    });
  }
}
