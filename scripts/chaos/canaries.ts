import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { wallet } from '@cityofzion/neon-js';
import { secretInResult } from '../../src/vault/secret-traces.js';
import type { Devnet } from '../devnet/devnet.js';
import type { SeededRandom } from '../simulator/seeded-random.js';

/** A secret that was given to the node, and must be nowhere else than where it was put. */
export interface Canary {
  readonly name: string;
  readonly value: Buffer;
}

export interface Trace {
  readonly canary: string;
  /** A file and the place in it, or what else was looked through. */
  readonly where: string;
}

/** Pieces overlap by more than the longest form of a canary. */
const PIECE_BYTES = 4 * 1024 * 1024;
const OVERLAP_BYTES = 4 * 1024;

/** Values for the vault, the backup's passphrase, and the private key of the node account. */
export function canariesOf(random: SeededRandom, { node }: Pick<Devnet, 'node'>): Canary[] {
  const drawn = (name: string): Canary => {
    return { name, value: Buffer.from(`sk-chaos-${random.bytes(18).toString('base64url')}`) };
  };
  return [
    drawn('api-key'),
    drawn('next-api-key'),
    drawn('passphrase'),
    { name: 'node-key', value: Buffer.from(wallet.getPrivateKeyFromWIF(node.wif), 'hex') },
    { name: 'node-key-wif', value: Buffer.from(node.wif) },
  ];
}

/** Where bytes hold a canary: as it is, in JSON's or a URL's escapes, in base64 or in hex. */
export function tracesIn(where: string, bytes: Buffer, canaries: readonly Canary[]): Trace[] {
  return canaries.flatMap((canary) =>
    secretInResult(bytes, [canary]) === null ? [] : [{ canary: canary.name, where }],
  );
}

/** All regular files below a folder, but for those in folders that are left out. */
export function filesBelow(folder: string, leftOut: readonly string[]): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (leftOut.includes(path)) return [];
    if (entry.isDirectory()) return filesBelow(path, leftOut);
    return entry.isFile() ? [path] : [];
  });
}

/** Looks through a file of any size, piece by piece; one that is gone has nothing. */
export function tracesInFile(file: string, canaries: readonly Canary[]): Trace[] {
  const found: Trace[] = [];
  const handle = openIfThere(file);
  if (handle === null) return found;
  try {
    const { size } = fstatSync(handle);
    const piece = Buffer.alloc(PIECE_BYTES);
    for (let from = 0; from < size; from += PIECE_BYTES - OVERLAP_BYTES) {
      const length = readSync(handle, piece, 0, PIECE_BYTES, from);
      found.push(...tracesIn(`${file} from byte ${from}`, piece.subarray(0, length), canaries));
    }
  } finally {
    closeSync(handle);
  }
  return found;
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
