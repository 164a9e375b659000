import { closeSync, openSync, readSync } from 'node:fs';
import { cannotRead, damagedBackup, noBackup, wrongPassphrase } from './backup-errors.js';
import { MAX_HEADER_BYTES, openHeader, readHeader } from './backup-header.js';
import {
  type BackupFile,
  type BackupManifest,
  MAX_MANIFEST_BYTES,
  parseManifest,
} from './manifest.js';
import { createOpener, type Opener, PART_BYTES } from './sealed-stream.js';

export interface OpenBackup {
  readonly manifest: BackupManifest;
  /**
   * Gives out the files, one after another and piece by piece, and proves at the end that nothing
   * is missing and nothing was added: before it returns, nothing is to be relied on.
   */
  readFiles(take: TakeFile): void;
  close(): void;
}

/** Gets the pieces of a file, then null. */
export type TakeFile = (file: BackupFile) => (piece: Buffer | null) => void;

/**
 * Opens a backup; its manifest was written with it, unchanged. Takes the memory of a few parts, and
 * that of scrypt for a moment. Throws a NodeError BACKUP_FILE, BACKUP_PASSPHRASE, BACKUP_DAMAGED.
 */
export async function openBackup(path: string, passphrase: string): Promise<OpenBackup> {
  const file = reading(path, () => openSync(path, 'r'));
  try {
    const start = Buffer.alloc(MAX_HEADER_BYTES);
    const size = reading(path, () => readSync(file, start, 0, start.length, 0));
    const header = readHeader(start.subarray(0, size));
    if (header === null) throw noBackup(path);
    const key = await openHeader(header, passphrase);
    if (key === null) throw wrongPassphrase(path);
    let at = header.line.length;
    const fill = (buffer: Buffer): number => {
      let filled = 0;
      for (let read = -1; read !== 0 && filled < buffer.length; filled += read) {
        read = reading(path, () => readSync(file, buffer, filled, buffer.length - filled, at));
        at += read;
      }
      return filled;
    };
    const damaged = (part: number): Error => damagedBackup(path, `its part ${part}`);
    const stream = createReader(createOpener(key, fill, damaged), path);
    const length = stream.exactly(4).readUInt32BE();
    if (length > MAX_MANIFEST_BYTES) throw noBackup(path);
    const manifest = parseManifest(stream.exactly(length));
    if (manifest === null) throw noBackup(path);
    return {
      manifest,
      readFiles(take) {
        for (const each of manifest.files) stream.pieces(each.bytes, take(each));
        if (!stream.isAtEnd()) throw damagedBackup(path, 'it goes on after its last file');
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

function createReader(opener: Opener, path: string) {
  let rest: Buffer = Buffer.alloc(0);

  /** Up to so many bytes; empty at the end. */
  function some(most: number): Buffer {
    if (rest.length === 0) rest = opener.next() ?? rest;
    const piece = rest.subarray(0, most);
    rest = rest.subarray(piece.length);
    return piece;
  }

  function pieces(bytes: number, take: (piece: Buffer | null) => void): void {
    for (let left = bytes; left > 0; ) {
      const piece = some(Math.min(left, PART_BYTES));
      if (piece.length === 0) throw damagedBackup(path, 'it ends before its last file');
      take(piece);
      left -= piece.length;
    }
    take(null);
  }

  return {
    pieces,
    exactly(bytes: number): Buffer {
      const parts: Buffer[] = [];
      pieces(bytes, (piece) => void (piece !== null && parts.push(Buffer.from(piece))));
      return Buffer.concat(parts);
    },
    isAtEnd: (): boolean => some(1).length === 0,
  };
}
