import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { BlobCoding, StoredBlob } from './evidence-store.js';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** JSON becomes some 8 times smaller, at 40 MB/s and more, in a thread of libuv's. */
const QUALITY = 5;

/** Packs bytes; what does not get smaller stays as it is. */
export type PackBlob = (bytes: Buffer) => Promise<{ coding: BlobCoding; bytes: Buffer }>;

/** Off this thread. */
export const packBlob: PackBlob = async (bytes) => {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const packed = await compress(bytes, { params });
  return packed.length < bytes.length
    ? { coding: 'brotli', bytes: packed }
    : { coding: 'small', bytes };
};

/** The bytes of a blob; null when they can't be had from what is stored. */
export async function unpackBlob({ coding, bytes, size }: StoredBlob): Promise<Buffer | null> {
  if (coding !== 'brotli') return bytes;
  try {
    return await decompress(bytes, { maxOutputLength: Math.max(size, 1) });
  } catch {
    return null;
  }
}
