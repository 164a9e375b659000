import net from 'node:net';
import tls from 'node:tls';
import type { Target } from './target-url.js';

/** Who waits for what comes over a connection. */
export interface Receiver {
  /** The connection stands: TCP, and TLS with a certificate that was checked. */
  connected(): void;
  take(bytes: Buffer): void;
  /** The other end sends no more. */
  ended(): void;
  /** The connection broke, or never came about. */
  failed(error: Error): void;
}

export interface ConnectionOptions {
  /** What tells connections apart. */
  readonly key: string;
  readonly target: Target;
  /** Checked by the guard; the connection goes there and nowhere else. */
  readonly address: string;
  readonly secureContext: tls.SecureContext;
}

/** A connection to a source, for one request after the other. */
export class Connection {
  readonly key: string;
  readonly #socket: net.Socket;
  #receiver: Receiver | null = null;

  constructor(options: ConnectionOptions, onClose: () => void) {
    const { key, target } = options;
    this.key = key;
    const socket = target.secure ? connectTls(options) : connectTcp(options);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once(target.secure ? 'secureConnect' : 'connect', () => this.#receiver?.connected());
    socket.on('data', (bytes: Buffer) => {
      // Nobody asked for it: whose answer it would be taken for is not for the source to say.
      if (this.#receiver === null) socket.destroy();
      else this.#receiver.take(bytes);
    });
    socket.on('end', () => {
      if (this.#receiver === null) socket.destroy();
      else this.#receiver.ended();
    });
    socket.on('error', (error) => this.#receiver?.failed(error));
    socket.once('close', () => {
      onClose();
      this.#receiver?.failed(closedError());
    });
  }

  /** From now on all that comes is this receiver's. */
  receive(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /** Writes a request; `head` is Latin-1. */
  send(head: string, body: Buffer | null): void {
    const socket = this.#socket;
    if (body === null) {
      socket.write(head, 'latin1');
      return;
    }
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
  }

  /** Waits for a next request, and keeps no process alive meanwhile. */
  rest(): void {
    this.#receiver = null;
    this.#socket.unref();
  }

  use(): void {
    this.#socket.ref();
  }

  destroy(): void {
    this.#receiver = null;
    this.#socket.destroy();
  }
}

const connectTcp = ({ target, address }: ConnectionOptions): net.Socket =>
  net.connect({ host: address, port: target.port });

function connectTls({ target, address, secureContext }: ConnectionOptions): tls.TLSSocket {
  return tls.connect({
    host: address,
    port: target.port,
    // An address has no server name; the certificate is then checked for the address itself.
    servername: target.isAddress ? '' : target.host,
    secureContext,
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
  });
}

const closedError = (): Error => Object.assign(new Error('closed'), { code: 'ECONNRESET' });
