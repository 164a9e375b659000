import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import type { Deadlines } from '../base/deadlines.js';
import { NodeError } from '../base/node-error.js';
import { Connection } from './connection.js';
import type { HttpLimits } from './http-limits.js';
import type { Target } from './target-url.js';

/** Connections, whose kept ones belong to one (host, port, address, TLS or not) each. */
export interface ConnectionPool {
  /** A kept connection that waits; null when there is none. */
  take(target: Target, address: string): Connection | null;
  /** Begins a connection to the checked address, under the name for TLS. */
  open(target: Target, address: string): Connection;
  /** Keeps a connection, whose answer was complete, for a next request; at most for `idleMs`. */
  keep(connection: Connection, idleMs: number): void;
  /** Connections that wait for a next request. */
  idleCount(): number;
  /** Closes all of them, and those in use. */
  close(): void;
}

/**
 * A pool bounded over all hosts: of too many idle connections the oldest goes. TLS sessions are not
 * resumed: a resumed one skips the check of the host name.
 * @param ca PEM text of certificate authorities to trust besides the built-in ones.
 */
export function createConnectionPool(options: {
  limits: Pick<HttpLimits, 'maxIdleConnections' | 'idleTimeoutMs'>;
  deadlines: Deadlines;
  ca?: string | undefined;
}): ConnectionPool {
  const { deadlines } = options;
  const { maxIdleConnections, idleTimeoutMs } = options.limits;
  const secureContext = createTrust(options.ca);
  const all = new Set<Connection>();
  /** The oldest first, with the end of its time. */
  const idle = new Map<Connection, { cancel(): void }>();
  const byKey = new Map<string, Connection[]>();

  function letGo(connection: Connection): void {
    const time = idle.get(connection);
    if (time === undefined) return;
    time.cancel();
    idle.delete(connection);
    const others = byKey.get(connection.key) ?? [];
    others.splice(others.indexOf(connection), 1);
    if (others.length === 0) byKey.delete(connection.key);
  }

  function giveUp(connection: Connection): void {
    letGo(connection);
    connection.destroy();
  }

  return {
    take(target, address) {
      const connection = byKey.get(keyOf(target, address))?.at(-1) ?? null;
      if (connection === null) return null;
      letGo(connection);
      connection.use();
      return connection;
    },
    open(target, address) {
      const key = keyOf(target, address);
      const connection = new Connection({ key, target, address, secureContext }, () => {
        all.delete(connection);
        letGo(connection);
      });
      all.add(connection);
      return connection;
    },
    keep(connection, idleMs) {
      const time = deadlines.start(Math.min(idleMs, idleTimeoutMs), () => giveUp(connection));
      idle.set(connection, time);
      const others = byKey.get(connection.key);
      if (others === undefined) byKey.set(connection.key, [connection]);
      else others.push(connection);
      connection.rest();
      const oldest = idle.keys().next().value;
      if (idle.size > maxIdleConnections && oldest !== undefined) giveUp(oldest);
    },
    idleCount: () => idle.size,
    close() {
      for (const connection of all) connection.destroy();
      idle.clear();
      byKey.clear();
    },
  };
}

const keyOf = ({ secure, host, port }: Target, address: string): string =>
  `${secure ? 'https' : 'http'} ${host} ${port} ${address}`;

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
