import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { z } from 'zod';
import { toHex } from '../../base/bytes.js';
import { NodeError } from '../../base/node-error.js';
import { MAX_EVENT_LOG_CHARS, MAX_QUOTE_BYTES } from './quote-limits.js';
import { misbehaved, type QuoteProvider, unavailable } from './quote-provider.js';
import type { WithinTime } from './within-time.js';

/** Bytes of an answer: quote and log as JSON, and what newer agents add to them. */
export const MAX_ANSWER_BYTES = 2_097_152;

const hex = z.string().regex(/^(?:0x)?(?:[0-9a-fA-F]{2})*$/);
/** The agent may say more than is used here, and older ones say less. */
const answerSchema = z.object({
  quote: hex.min(2).max(2 * MAX_QUOTE_BYTES + 2),
  event_log: z.string().max(MAX_EVENT_LOG_CHARS).optional(),
  report_data: hex.optional(),
});

/**
 * The guest agent of dstack (0.5 on; its sdk/curl/api.md): an HTTP API on a Unix socket, whose
 * `POST /GetQuote` takes the 64 bytes as hex and answers with a quote of Intel TDX.
 */
export function createDstack(options: {
  readonly socket: string;
  readonly withinTime: WithinTime;
}): QuoteProvider {
  const { socket, withinTime } = options;
  const requirePresent = (): void => {
    if (!existsSync(socket)) throw missing(socket);
  };
  return {
    name: 'dstack',
    requirePresent,
    async quote(reportData) {
      requirePresent();
      const asked = toHex(reportData);
      const text = await withinTime(`${socket} did not answer`, (signal) =>
        post(socket, '/GetQuote', JSON.stringify({ report_data: asked }), signal),
      );
      const answer = answerSchema.safeParse(parsed(text, socket));
      if (!answer.success) {
        const at = answer.error.issues[0]?.path.join('.') || 'its form';
        throw misbehaved(`what ${socket} answers is no quote (at "${at}")`, HINT);
      }
      const { quote, event_log: eventLog = null, report_data: echoed } = answer.data;
      // Agents that hash what they are given would say so here.
      if (echoed !== undefined && plainHex(echoed) !== asked) {
        throw misbehaved(`${socket} made a quote for other data than it was asked for`, HINT);
      }
      const bytes = Buffer.from(plainHex(quote), 'hex');
      return { tee: 'tdx', quote: bytes, auxBlob: null, eventLog };
    },
  };
}

const plainHex = (text: string): string => text.replace(/^0x/, '').toLowerCase();

function post(
  socketPath: string,
  path: string,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(cause instanceof NodeError ? cause : refused(socketPath, cause));
    };
    const asking = request(
      { socketPath, path, method: 'POST', headers, host: 'dstack', signal },
      (answer) => {
        const parts: Buffer[] = [];
        let length = 0;
        answer.on('error', fail);
        answer.on('data', (part: Buffer) => {
          parts.push(part);
          length += part.length;
          if (length <= MAX_ANSWER_BYTES) return;
          fail(misbehaved(`${socketPath} answers more than ${MAX_ANSWER_BYTES} bytes`, HINT));
          answer.destroy();
        });
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(Buffer.concat(parts).toString('utf8'));
          else fail(misbehaved(`${socketPath} answers ${path} with ${answer.statusCode}`, HINT));
        });
      },
    );
    asking.on('error', fail);
    asking.end(body);
  });
}

function parsed(text: string, socket: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw misbehaved(`what ${socket} answers is no JSON`, HINT);
  }
}

const HINT = 'the socket must be that of the guest agent of dstack 0.5 or later';

const missing = (socket: string): NodeError =>
  unavailable(
    `there is no ${socket}: this is no machine of dstack, or its socket is not passed on`,
    'mount the socket into the container: - /var/run/dstack.sock:/var/run/dstack.sock',
  );

function refused(socket: string, cause: unknown): NodeError {
  const { code = '' } = cause as { code?: string };
  return code === 'ECONNREFUSED' || code === 'EACCES' || code === 'ENOTSOCK'
    ? unavailable(`${socket} takes no connection (${code})`, HINT, cause)
    : misbehaved(`no quote from ${socket}`, HINT, cause);
}
