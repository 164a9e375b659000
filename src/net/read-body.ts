import { promisify } from 'node:util';
import {
  type BrotliOptions,
  brotliDecompress,
  gunzip,
  inflate,
  inflateRaw,
  type ZlibOptions,
} from 'node:zlib';
import { type FetchedHeaders, type FetchFault, fault } from './fetch-result.js';

/** The content codings that are asked for and understood. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** Of a body that nobody wants, read only to keep the connection. */
export const MAX_DISCARDED_BYTES = 64 * 1024;

/** Low four bits of the first byte of a zlib stream (RFC 1950). */
const ZLIB_METHOD = 8;

export type Coding = 'identity' | 'gzip' | 'deflate' | 'br';

/** The coding of an answer's body; throws a FetchFault for one that is not understood. */
export function codingOf(headers: FetchedHeaders): Coding {
  const header = (headers['content-encoding'] ?? '').trim().toLowerCase();
  if (header === '' || header === 'identity') return 'identity';
  if (header === 'gzip' || header === 'x-gzip') return 'gzip';
  if (header === 'deflate' || header === 'br') return header;
  throw fault('encoding', `the content coding "${header}" is not supported`);
}

/**
 * The body as it was before its coding, at most `maxBytes`, of which no more than that is ever
 * unpacked. Rejects with a FetchFault.
 */
export async function decodeBody(coding: Coding, sent: Buffer, maxBytes: number): Promise<Buffer> {
  // Without a body (HEAD, 204, 304) there is nothing to decode, whatever the header says.
  if (coding === 'identity' || sent.length === 0) return sent;
  try {
    return await unpack(coding, sent, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes, ' when unpacked');
    throw fault('encoding', `the answer does not decode as ${coding} (${code ?? message})`);
  }
}

type Unpack = (sent: Buffer, options: ZlibOptions & BrotliOptions) => Promise<Buffer>;

const UNPACK: Readonly<Record<'gzip' | 'br' | 'zlib' | 'raw', Unpack>> = {
  gzip: promisify(gunzip) as Unpack,
  br: promisify(brotliDecompress) as Unpack,
  zlib: promisify(inflate) as Unpack,
  raw: promisify(inflateRaw) as Unpack,
};

/** "deflate" is the zlib format, but many send the raw one: the first byte tells. */
function unpack(coding: Exclude<Coding, 'identity'>, ...args: Parameters<Unpack>): Promise<Buffer> {
  if (coding !== 'deflate') return UNPACK[coding](...args);
  const isZlib = ((args[0][0] ?? 0) & 0x0f) === ZLIB_METHOD;
  return UNPACK[isZlib ? 'zlib' : 'raw'](...args);
}

export const tooLarge = (maxBytes: number, when: string): FetchFault =>
  fault('body-too-large', `the answer is larger than ${maxBytes} bytes${when}`);
