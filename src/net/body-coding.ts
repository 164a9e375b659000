import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';
import { type FetchedHeaders, type FetchFault, fault } from './fetch-result.js';

/** The content codings that are asked for and understood. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** Low four bits of the first byte of a zlib stream (RFC 1950). */
const ZLIB_METHOD = 8;

export type Coding = 'identity' | 'gzip' | 'deflate' | 'br';

/** How an answer's body is packed; a fault where it is by what nobody asked for. */
export function codingOf(headers: FetchedHeaders): Coding | FetchFault {
  const given = headers['content-encoding'];
  if (given === undefined) return 'identity';
  const header = given.trim().toLowerCase();
  if (header === '' || header === 'identity') return 'identity';
  if (header === 'gzip' || header === 'x-gzip') return 'gzip';
  if (header === 'deflate' || header === 'br') return header;
  return fault('encoding', `the content coding "${header}" is not supported`);
}

/**
 * Unpacks a body, at most `maxBytes` of it, and stops at once beyond that. Without a body (HEAD,
 * 204, 304) there is nothing to unpack, whatever the header says. Throws a FetchFault.
 */
export async function decodeBody(coding: Coding, sent: Buffer, maxBytes: number): Promise<Buffer> {
  if (coding === 'identity' || sent.length === 0) return sent;
  try {
    return await decoderOf(coding, sent)(sent, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes, ' when unpacked');
    throw fault('encoding', `the answer does not decode as ${coding} (${code ?? message})`);
  }
}

type Decode = (sent: Buffer, options: Pick<ZlibOptions, 'maxOutputLength'>) => Promise<Buffer>;

const ungzip: Decode = promisify(gunzip);
const unzlib: Decode = promisify(inflate);
const undeflate: Decode = promisify(inflateRaw);
const unbrotli: Decode = promisify(brotliDecompress);

/** "deflate" is the zlib format, but many send the raw one: the first byte tells. */
function decoderOf(coding: Exclude<Coding, 'identity'>, sent: Buffer): Decode {
  if (coding === 'br') return unbrotli;
  if (coding === 'gzip') return ungzip;
  return ((sent[0] ?? 0) & 0x0f) === ZLIB_METHOD ? unzlib : undeflate;
}

/** An answer beyond the limit; `when` tells at which of the two counts. */
export const tooLarge = (maxBytes: number, when: string): FetchFault =>
  fault('body-too-large', `the answer is larger than ${maxBytes} bytes${when}`);
