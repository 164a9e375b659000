import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { createDeadlines } from '../../base/deadlines.js';
import { messageOf, NodeError } from '../../base/node-error.js';
import type { SocketAccess } from '../../config/signer-config.js';
import { socketDirTrouble } from '../../config/socket-place.js';
import {
  createLineReader,
  MAX_REQUEST_BYTES,
  type WireReply,
} from '../../keystore/signer-protocol.js';
import type { Log } from '../../telemetry/log.js';
import type { SignDesk } from './sign-desk.js';

/** A line must end so soon after it began. */
export const LINE_TIMEOUT_MS = 5_000;
/** An answer must be taken so soon. */
const TAKE_TIMEOUT_MS = 5_000;
/** What a refusal costs whoever asks: it bounds the lines that he can write into the log. */
export const REFUSAL_PAUSE_MS = 20;
/** Connections above the limit are one line of the log, until there were none for so long. */
const BUSY_TOLD_MS = 10_000;
/** SocketAccess as modes. */
const MODES: Readonly<Record<SocketAccess, number>> = { owner: 0o600, group: 0o660 };

export interface ServeSignerParts {
  readonly desk: SignDesk;
  readonly path: string;
  readonly access: SocketAccess;
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SignerServer {
  /** Takes no more, ends what is open, and removes the socket. */
  stop(): Promise<void>;
}

/**
 * Answers at a Unix socket of mode 0600 (or 0660), in a directory that nobody else may write to.
 * Each connection is answered one line after another. Throws a NodeError SIGNER_SOCKET, and
 * SIGNER_RUNNING where another one listens there.
 */
export async function serveSigner(parts: ServeSignerParts): Promise<SignerServer> {
  const { path, access, maxConnections, clock, log } = parts;
  const uid = process.geteuid?.() ?? 0;
  const trouble = socketDirTrouble(dirname(path), { ownedBy: uid });
  if (trouble !== null) throw socketRefusal(trouble.problem, trouble.todo);
  await clearPlace(path);
  const open = new Set<Socket>();
  const deadlines = createDeadlines(clock);
  let toldBusyAt = Number.NEGATIVE_INFINITY;
  const server = createServer((socket) => {
    socket.on('error', (error) => log.debug('connection failed', { reason: messageOf(error) }));
    if (open.size >= maxConnections) {
      const message = `${maxConnections} connections are open (socket.maxConnections)`;
      if (clock.monotonicMs() - toldBusyAt >= BUSY_TOLD_MS) log.warn('refused', { message });
      toldBusyAt = clock.monotonicMs();
      const busy = { id: 0, ok: false, refusal: 'busy', message, retryAfterMs: null } as const;
      socket.end(lineOf(busy));
      socket.resume();
      deadlines.start(TAKE_TIMEOUT_MS, () => socket.destroy());
      return;
    }
    open.add(socket);
    answerAll(socket, parts, deadlines)
      .catch((error) => log.error('bug: a request was not answered', { error }))
      .finally(() => {
        open.delete(socket);
        socket.destroy();
      });
  });
  await listen(server, path, MODES[access]);
  return {
    async stop() {
      deadlines.close();
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

type Deadlines = ReturnType<typeof createDeadlines>;

/** Answers line by line until the other side ends, or does what it should not. */
async function answerAll(
  socket: Socket,
  { desk, clock }: ServeSignerParts,
  deadlines: Deadlines,
): Promise<void> {
  const reader = createLineReader(MAX_REQUEST_BYTES);
  const drop = (): void => void socket.destroy();
  let lineLimit: { cancel(): void } | null = null;
  const ended = new AbortController();
  socket.once('close', () => ended.abort());
  try {
    for await (const piece of socket) {
      const lines = reader.read(piece as Buffer);
      if (lines === null) {
        const message = `a line of more than ${MAX_REQUEST_BYTES} bytes`;
        await give(socket, desk.refuse({ reason: 'frame', message }), deadlines);
        return;
      }
      // The limit is that of a whole line: pieces of it that trickle in do not lengthen it.
      if (lines.length > 0) {
        lineLimit?.cancel();
        lineLimit = null;
      }
      for (const line of lines) {
        const reply = await desk.answer(line);
        if (!reply.ok) await clock.sleep(REFUSAL_PAUSE_MS, ended.signal);
        await give(socket, reply, deadlines);
      }
      if (reader.isWithin()) lineLimit ??= deadlines.start(LINE_TIMEOUT_MS, drop);
    }
  } catch (error) {
    // The other side went away, or was late.
    if (!socket.destroyed) throw error;
  } finally {
    lineLimit?.cancel();
  }
}

const lineOf = (reply: WireReply): string => `${JSON.stringify(reply)}\n`;

/** Resolves once the system took the answer. */
async function give(socket: Socket, reply: WireReply, deadlines: Deadlines): Promise<void> {
  const limit = deadlines.start(TAKE_TIMEOUT_MS, () => void socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      socket.write(lineOf(reply), (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    limit.cancel();
  }
}

/** A socket that a process left behind is removed; one that somebody answers at is not. */
async function clearPlace(path: string): Promise<void> {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) return;
  if (!present.isSocket()) {
    throw socketRefusal(`${path} is there and is no socket`, 'name another place in socket.path');
  }
  if (await isAnswered(path)) {
    throw new NodeError('SIGNER_RUNNING', `another signer listens at ${path}`, {
      retryable: true,
      hint: 'stop it first, or give this one another socket.path',
    });
  }
  rmSync(path, { force: true });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

/** The mode is set before anybody can connect: nobody else may enter the directory to write. */
function listen(server: Server, path: string, mode: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(socketRefusal(`cannot listen at ${path}: ${messageOf(cause)}`, 'check socket.path'));
    });
    // Made without any right of others, and then given those that are wanted.
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        chmodSync(path, mode);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

const socketRefusal = (message: string, hint: string): NodeError =>
  new NodeError('SIGNER_SOCKET', message, { hint });
