import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { messageOf, NodeError } from '../../base/node-error.js';
import type { RandomBytes } from '../../base/sealed-box.js';
import type { ScryptParameters } from '../../keystore/private-key-file.js';
import { type CopyProgress, copyDatabase, removeDatabase } from '../../storage/copy-database.js';
import type { Database } from '../../storage/database.js';
import { cannotWrite } from './backup-errors.js';
import { newHeader } from './backup-header.js';
import { refuseWithoutRoom } from './backup-room.js';
import {
  type BackupManifest,
  isBackupName,
  MAX_BACKUP_FILES,
  MAX_MANIFEST_BYTES,
  manifestText,
} from './manifest.js';
import { createSealer, PART_BYTES, type Sealer } from './sealed-stream.js';
import { notePartial, removeNoted } from './unfinished-file.js';
import { createWholeFile, type WholeFile } from './whole-file.js';

/** A file beside the database that goes into a backup. */
export interface BackupSource {
  /** Of it in the backup. */
  readonly name: string;
  readonly path: string;
}

export interface BackupParts {
  /** A connection for reading, of its own. */
  readonly db: Database;
  /** Name of the database in the backup. */
  readonly databaseName: string;
  /** Where the copy is put meanwhile: as secret as the database itself. */
  readonly copyPath: string;
  /** Names the file that is being written meanwhile, so that the next run can clear it up. */
  readonly noteFile: string;
  readonly sources: readonly BackupSource[];
  /** Of small files that were read before the copy was begun. */
  readonly contents: readonly { readonly name: string; readonly bytes: Buffer }[];
  /** The file that is made; it must not be there. */
  readonly target: string;
  readonly passphrase: string;
  /** What the manifest tells besides its files; asked of the copy. */
  describe(copy: string): Omit<BackupManifest, 'files'>;
  readonly random: RandomBytes;
  /** That a user may still write where this directory is. */
  freeBytes(existingDir: string): number;
  readonly cost?: Omit<ScryptParameters, 'salt'>;
  onProgress?(progress: CopyProgress): void;
  /** Told of steps that are done; tests end the process there. */
  passed?(step: 'copied' | 'sealed' | 'backed up'): void;
}

export interface WrittenBackup {
  readonly manifest: BackupManifest;
  readonly bytes: number;
}

/**
 * Writes a backup: a copy of the database as it is at one moment, and the files beside it, sealed.
 * The target is there whole, for its owner alone, or not at all. Besides the key's (32 MiB for some
 * 100 ms) it takes the memory of a few parts, whatever the size of the database; on the disk of
 * `copyPath` it takes room for the copy, and begins only where enough is left for the node. One at
 * a time may have `copyPath` and `noteFile`. Throws a NodeError FILE_EXISTS, BACKUP_WRITE,
 * BACKUP_CHANGED, BACKUP_TOO_MANY, DB_DAMAGED.
 */
export async function writeBackup(parts: BackupParts): Promise<WrittenBackup> {
  const { db, copyPath, noteFile, target, passed } = parts;
  // What a killed run left takes room, too.
  abandon(null, parts);
  let file: WholeFile | null = null;
  try {
    file = createWholeFile(target, notePartial(noteFile, target, parts.random));
    refuseWithoutRoom({ ...parts, otherBytes: otherBytes(parts) });
    await copied(db, copyPath, parts.onProgress);
    passed?.('copied');
    const files = listFiles(parts);
    const manifest = {
      ...parts.describe(copyPath),
      files: files.map(({ name, bytes }) => ({ name, bytes })),
    };
    const text = manifestText(manifest);
    if (text.length > MAX_MANIFEST_BYTES) throw tooMany(files.length);
    const { header, streamKey } = await newHeader(parts.passphrase, parts.random, parts.cost);
    file.write(header.line);
    const sealer = createSealer(streamKey, file.write);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    sealer.write(length);
    sealer.write(text);
    for (const each of files) addFile(sealer, each);
    sealer.end();
    streamKey.fill(0);
    passed?.('sealed');
    const bytes = file.finish();
    passed?.('backed up');
    return { manifest, bytes };
  } finally {
    abandon(file, parts);
  }
}

/** What is left of one that ended halfway; nothing of one that is whole. */
function abandon(file: WholeFile | null, { copyPath, noteFile }: BackupParts): void {
  file?.abandon();
  removeNoted(noteFile);
  removeDatabase(copyPath);
}

function otherBytes({ sources, contents }: BackupParts): number {
  const sizes = [
    ...sources.map(({ path }) => statSync(path).size),
    ...contents.map(({ bytes }) => bytes.length),
  ];
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function copied(
  db: Database,
  path: string,
  onProgress: BackupParts['onProgress'],
): Promise<void> {
  try {
    await copyDatabase(db, path, onProgress);
  } catch (cause) {
    const { code = '' } = cause as { code?: string };
    if (!/^SQLITE_(?:CORRUPT|NOTADB)/.test(code)) throw cannotWrite(path, cause);
    throw new NodeError('DB_DAMAGED', `no backup of ${db.name}: ${messageOf(cause)}`, {
      cause,
      hint: 'restore the last good backup; what counts comes back from the chain besides',
    });
  }
}

type Listed = { readonly name: string; readonly bytes: number } & (
  | { readonly path: string }
  | { readonly content: Buffer }
);

function listFiles({ contents, sources, databaseName, copyPath }: BackupParts): Listed[] {
  const sizeOf = (path: string): number => statSync(path).size;
  const all: Listed[] = [
    ...contents.map(({ name, bytes }) => ({ name, bytes: bytes.length, content: bytes })),
    ...sources.map(({ name, path }) => ({ name, path, bytes: sizeOf(path) })),
    { name: databaseName, path: copyPath, bytes: sizeOf(copyPath) },
  ];
  for (const { name } of all) if (!isBackupName(name)) throw new Error(`bug: a file named ${name}`);
  if (all.length > MAX_BACKUP_FILES) throw tooMany(all.length);
  return all;
}

const tooMany = (count: number): NodeError =>
  new NodeError('BACKUP_TOO_MANY', `there are ${count} files to back up`, {
    hint: `at most ${MAX_BACKUP_FILES}: clear out functions.store, and prices.feeds`,
  });

function addFile(sealer: Sealer, listed: Listed): void {
  if ('content' in listed) return sealer.write(listed.content);
  const { path, bytes } = listed;
  const opened = openSync(path, 'r');
  const block = Buffer.alloc(PART_BYTES);
  try {
    let left = bytes;
    while (left > 0) {
      const read = readSync(opened, block, 0, Math.min(block.length, left), null);
      if (read === 0) throw changed(path);
      sealer.write(block.subarray(0, read));
      left -= read;
    }
    if (fstatSync(opened).size !== bytes) throw changed(path);
  } finally {
    closeSync(opened);
  }
}

const changed = (path: string): NodeError =>
  new NodeError('BACKUP_CHANGED', `${path} was changed while it was backed up`, {
    retryable: true,
    hint: 'run the command again',
  });
