import { X509Certificate } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { NodeError } from '../base/node-error.js';
import type { HttpLimits } from './http-limits.js';

/** Agents whose kept connections belong to one (host, port, address, TLS or not) each. */
export interface ConnectionPool {
  /** `fresh` gives a connection of its own, closed afterwards. */
  agent(secure: boolean, fresh: boolean): http.Agent;
  /** Connections that wait for a next request. */
  idleCount(): number;
  /** Closes all of them. */
  close(): void;
}

/** What tells connections apart, next to what Node's agents look at. */
export interface PinnedOptions extends https.RequestOptions {
  /** The name that was asked for; the connection goes to the checked address in `host`. */
  pinnedHost: string;
}

/**
 * A pool bounded over all hosts: Node's own bounds are per host, or make a new host wait for an
 * idle connection of another. TLS sessions are not resumed: a resumed one skips the check of the
 * host name, and one from a handshake that failed this check may be in the cache for a moment.
 * @param ca PEM text of certificate authorities to trust besides the built-in ones.
 */
export function createConnectionPool(options: {
  limits: Pick<HttpLimits, 'maxIdleConnections' | 'idleTimeoutMs'>;
  ca?: string | undefined;
}): ConnectionPool {
  const { maxIdleConnections, idleTimeoutMs } = options.limits;
  const secureContext = createTrust(options.ca);
  const idle = new Set<Duplex>();
  const tlsOptions = { secureContext, rejectUnauthorized: true, maxCachedSessions: 0 } as const;
  const kept = { keepAlive: true, timeout: idleTimeoutMs } as const;
  const agents = {
    https: boundIdle(new https.Agent({ ...tlsOptions, ...kept }), idle, maxIdleConnections),
    http: boundIdle(new http.Agent(kept), idle, maxIdleConnections),
    freshHttps: new https.Agent({ ...tlsOptions, keepAlive: false }),
    freshHttp: new http.Agent({ keepAlive: false }),
  };
  return {
    agent(secure, fresh) {
      if (fresh) return secure ? agents.freshHttps : agents.freshHttp;
      return secure ? agents.https : agents.http;
    },
    idleCount: () => idle.size,
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
      idle.clear();
    },
  };
}

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

/** Makes an agent count its idle connections in the shared set and give up the oldest beyond it. */
function boundIdle<A extends http.Agent>(agent: A, idle: Set<Duplex>, maxIdle: number): A {
  const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => boolean;
  const reuse = agent.reuseSocket.bind(agent);
  const name = agent.getName.bind(agent);
  const watched = new WeakSet<Duplex>();
  agent.getName = (options) => `${name(options)}|${(options as PinnedOptions).pinnedHost}`;
  agent.keepSocketAlive = (socket): boolean => {
    if (!keep(socket)) return false;
    if (!watched.has(socket)) socket.once('close', () => idle.delete(socket));
    watched.add(socket);
    idle.add(socket);
    const oldest = idle.values().next().value;
    if (idle.size > maxIdle && oldest !== undefined) oldest.destroy();
    return true;
  };
  agent.reuseSocket = (socket, request) => {
    idle.delete(socket);
    reuse(socket, request);
  };
  return agent;
}
