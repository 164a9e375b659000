import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { FetchFault, fault } from './fetch-result.js';

/** The content codings that are asked for and understood. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** Low four bits of the first byte of a zlib stream (RFC 1950). */
const ZLIB_METHOD = 8;

type Coding = 'identity' | 'gzip' | 'deflate' | 'br';

/**
 * Reads an answer's body, at most `maxBytes` as sent and at most as many after decompression, and
 * stops at once beyond it. Rejects with a FetchFault; the response is destroyed then.
 */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  try {
    return await readCoded(response, maxBytes);
  } catch (error) {
    response.destroy();
    throw error;
  }
}

async function readCoded(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const coding = codingOf(response);
  if (coding === 'identity') return readPlain(response, maxBytes);
  const sent = readSent(response, maxBytes);
  const first = await sent.next();
  // Without a body (HEAD, 204, 304) there is nothing to decode, whatever the header says.
  if (first.done === true) return Buffer.alloc(0);
  return decode(coding, first.value, sent, maxBytes);
}

function codingOf(response: IncomingMessage): Coding {
  const header = (response.headers['content-encoding'] ?? '').trim().toLowerCase();
  if (header === '' || header === 'identity') return 'identity';
  if (header === 'gzip' || header === 'x-gzip') return 'gzip';
  if (header === 'deflate' || header === 'br') return header;
  throw fault('encoding', `the content coding "${header}" is not supported`);
}

/** By events: an iterator over a stream costs more than all else that is done to most bodies. */
function readPlain(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const refuseCut = (): void => {
      // Trouble of before anybody listened is not told again.
      if (!response.complete) reject(brokenOff(response.errored ?? { code: 'ECONNRESET' }));
    };
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) reject(tooLarge(maxBytes, ''));
      else chunks.push(chunk);
    });
    response.once('end', () => resolve(joined(chunks)));
    response.on('error', (error) => reject(brokenOff(error)));
    response.once('close', refuseCut);
    if (response.destroyed) refuseCut();
  });
}

async function* readSent(
  response: IncomingMessage,
  maxBytes: number,
): AsyncGenerator<Buffer, void> {
  try {
    yield* limited(response, maxBytes, '');
  } catch (error) {
    throw error instanceof FetchFault ? error : brokenOff(error);
  }
}

async function decode(
  coding: Coding,
  first: Buffer,
  rest: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<Buffer> {
  async function* all(): AsyncGenerator<Buffer, void> {
    yield first;
    yield* rest;
  }
  try {
    return await pipeline(all(), createDecoder(coding, first), (decoded: AsyncIterable<Buffer>) =>
      collect(limited(decoded, maxBytes, ' when unpacked')),
    );
  } catch (error) {
    if (error instanceof FetchFault) throw error;
    // Whatever the connection did is a FetchFault by now: this came out of the decoder.
    const { code, message } = error as NodeJS.ErrnoException;
    throw fault('encoding', `the answer does not decode as ${coding} (${code ?? message})`);
  }
}

/** "deflate" is the zlib format, but many send the raw one: the first byte tells. */
function createDecoder(coding: Coding, first: Buffer): Transform {
  if (coding === 'br') return createBrotliDecompress();
  if (coding === 'gzip') return createGunzip();
  return ((first[0] ?? 0) & 0x0f) === ZLIB_METHOD ? createInflate() : createInflateRaw();
}

async function* limited(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
  when: string,
): AsyncGenerator<Buffer, void> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes, when);
    yield chunk;
  }
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return joined(chunks);
}

const joined = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);

const tooLarge = (maxBytes: number, when: string): FetchFault =>
  fault('body-too-large', `the answer is larger than ${maxBytes} bytes${when}`);

function brokenOff(error: unknown): FetchFault {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reason = `the connection ended within the answer (${code || message})`;
  return parserFaultOf(code) ?? fault('interrupted', reason);
}

/** What a code of Node's HTTP parser means; null for any other code. */
export function parserFaultOf(code: string): FetchFault | null {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return fault('headers-too-large', 'the headers of the answer are too large');
  }
  return code.startsWith('HPE_')
    ? fault('protocol', `the answer is not proper HTTP (${code})`)
    : null;
}
