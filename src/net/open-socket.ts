import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Deadline, Watch } from './deadline.js';
import { type FetchFault, fault } from './fetch-result.js';
import type { Target } from './target-url.js';

/** A connection to be made. */
export interface SocketRequest {
  readonly target: Target;
  /** Checked by the guard; the connection goes there and nowhere else. */
  readonly address: string;
  /** For TCP and TLS together. */
  readonly connectTimeoutMs: number;
  /** Ends the attempt, too. */
  readonly deadline: Deadline;
}

/**
 * Connects to the checked address, under the name for TLS. TLS sessions are not resumed: a resumed
 * one skips the check of the host name.
 * @param track gets the socket at once, to close it when all is to be closed.
 * @returns the connected socket, whose errors need no other listener, or why there is none.
 */
export function openSocket(
  request: SocketRequest,
  deps: { readonly trust: SecureContext; readonly watch: Watch; track(socket: Socket): void },
): Promise<Socket | FetchFault> {
  const { target, address, deadline } = request;
  return new Promise((resolve) => {
    const socket = start(target, address, deps.trust);
    deps.track(socket);
    let open = false;
    const settle = (outcome: Socket | FetchFault): void => {
      open = true;
      time.cancel();
      resolve(outcome);
    };
    const time = deps.watch.deadlines.start(request.connectTimeoutMs, () => {
      settle(fault('connect', `no connection to ${target.host} in time`));
      socket.destroy();
    });
    deadline.onEnd(() => {
      if (!open) socket.destroy();
    });
    socket.once(target.secure ? 'secureConnect' : 'connect', () => settle(socket));
    socket.on('error', (error) => settle(faultOf(error, target, address)));
    socket.once('close', () => settle(noConnection(target, address, 'ECONNABORTED')));
  });
}

function start(target: Target, address: string, secureContext: SecureContext): Socket {
  const place = { host: address, port: target.port, noDelay: true };
  if (!target.secure) return connectTcp(place);
  return connectTls({
    ...place,
    secureContext,
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    // An address has no server name; the certificate is then checked for the address itself.
    servername: target.isAddress ? '' : target.host,
  });
}

/** Codes of a connection that did not come about, or that broke. */
const CONNECTION_CODES = new Set([
  'EADDRNOTAVAIL',
  'EACCES',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOBUFS',
  'EPERM',
  'EPIPE',
  'ETIMEDOUT',
]);

function faultOf(error: NodeJS.ErrnoException, target: Target, address: string): FetchFault {
  const { code = 'unknown', message } = error;
  return target.secure && !CONNECTION_CODES.has(code)
    ? fault('tls', `TLS with ${target.host} failed: ${message} (${code})`)
    : noConnection(target, address, code);
}

const noConnection = (target: Target, address: string, code: string): FetchFault =>
  fault('connect', `no connection to ${target.host} at ${address} (${code})`);
