import { lstatSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Clock } from '../base/clock.js';
import { createDeadlines } from '../base/deadlines.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { socketDirTrouble } from '../config/socket-place.js';
import type { RemoteSignerConfig } from '../config/wallet-config.js';
import {
  createLineReader,
  MAX_REPLY_BYTES,
  MAX_WAITING,
  PROTOCOL_VERSION,
  replySchema,
  type SignerReply,
} from './signer-protocol.js';

export const SIGNER_DOWN = 'SIGNER_DOWN';

/** A request without what every request has. */
export type Question =
  | { readonly do: 'describe' }
  | {
      readonly do: 'sign';
      readonly magic: number;
      readonly account: string;
      readonly transaction: string;
    };

export interface SignerConnection {
  /** Connects when there is no connection. Throws a NodeError SIGNER_DOWN, which is retryable. */
  ask(question: Question): Promise<SignerReply>;
  close(): void;
}

interface Waiting {
  readonly id: number;
  readonly resolve: (reply: SignerReply) => void;
  readonly reject: (error: NodeError) => void;
}

interface Line {
  readonly socket: Socket;
  /** In the order in which they were asked. */
  readonly waiting: Waiting[];
}

/**
 * Asks a signer over its Unix socket. A connection that fails, is late or says what it should not
 * is given up, with all that wait on it; the next question opens another.
 */
export function createSignerConnection(
  { socketPath, timeoutMs }: RemoteSignerConfig,
  clock: Clock,
): SignerConnection {
  const deadlines = createDeadlines(clock);
  let open: Line | null = null;
  let lastId = 0;

  const down = (why: string, cause?: unknown): NodeError =>
    new NodeError(SIGNER_DOWN, `the signer at wallet.signer.socket ${why}`, {
      cause,
      retryable: true,
      hint: 'start it: dodona signer --config FILE; the node goes on by itself',
    });

  function giveUp(line: Line, error: NodeError): void {
    if (open === line) open = null;
    line.socket.destroy();
    for (const { reject } of line.waiting.splice(0)) reject(error);
  }

  function connect(): Line {
    const trouble = placeTrouble(socketPath);
    if (trouble !== null) throw down(trouble);
    const socket = createConnection(socketPath);
    const line: Line = { socket, waiting: [] };
    const reader = createLineReader(MAX_REPLY_BYTES);
    socket.on('error', (error) => giveUp(line, down('does not answer', error)));
    socket.on('close', () => giveUp(line, down('ended the connection')));
    socket.on('data', (piece: Buffer) => {
      const lines = reader.read(piece);
      if (lines === null) return giveUp(line, down('says more than it should'));
      for (const text of lines) take(line, text);
    });
    return line;
  }

  function take(line: Line, text: Buffer): void {
    const first = line.waiting.shift();
    const reply = replyIn(text);
    // What was refused before its number was read has none.
    const isMeant = reply !== null && (reply.id === first?.id || (!reply.ok && reply.id === 0));
    if (first === undefined) return giveUp(line, down('says what nobody asked'));
    if (isMeant) return first.resolve(reply);
    const error = down('answers what is no answer: is it another program, or another version?');
    first.reject(error);
    giveUp(line, error);
  }

  return {
    async ask(question) {
      open ??= connect();
      const line = open;
      if (line.waiting.length >= MAX_WAITING) throw down('has too much to do');
      lastId += 1;
      const id = lastId;
      const text = JSON.stringify({ v: PROTOCOL_VERSION, id, ...question });
      const late = (): void => giveUp(line, down(`did not answer within ${timeoutMs} ms`));
      const deadline = deadlines.start(timeoutMs, late);
      try {
        return await new Promise<SignerReply>((resolve, reject) => {
          line.waiting.push({ id, resolve, reject });
          // A connection that nobody waits on keeps no process alive.
          line.socket.ref();
          line.socket.write(`${text}\n`);
        });
      } finally {
        deadline.cancel();
        if (line.waiting.length === 0) line.socket.unref();
      }
    },
    close() {
      deadlines.close();
      if (open !== null) giveUp(open, down('is not asked any more: this process ends'));
    },
  };
}

function replyIn(text: Buffer): SignerReply | null {
  try {
    const parsed = replySchema.safeParse(JSON.parse(text.toString('utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** What is wrong with the place of the socket: who can put another one there could answer. */
function placeTrouble(socketPath: string): string | null {
  try {
    const stats = lstatSync(socketPath);
    if (!stats.isSocket()) return 'is not there: the path is no socket';
    const trouble = socketDirTrouble(dirname(socketPath), { ownedBy: stats.uid });
    return trouble === null ? null : `is not safe to ask: ${trouble.problem}`;
  } catch (error) {
    return `is not there (${(error as { code?: string }).code ?? messageOf(error)})`;
  }
}
