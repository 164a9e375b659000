import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { NodeError } from '../../base/node-error.js';
import { databaseFiles } from '../../storage/copy-database.js';
import { RESTORE_MARKER } from '../../storage/database.js';
import { lockNode } from '../../storage/node-lock.js';
import { cannotWrite } from './backup-errors.js';
import type { OpenBackup, TakeFile } from './read-backup.js';
import { syncDirectory } from './whole-file.js';

/** Where everything is put before anything is replaced. */
const STAGING = 'restore.staged';

export interface RestoreParts {
  readonly backup: OpenBackup;
  /** Storage directory of a node; it is made where it is missing. */
  readonly dir: string;
  /** Name of the file that a running node has locked. */
  readonly lockFile: string;
  readonly databaseName: string;
  /** Whether files that are there may be moved aside. */
  readonly replaces: boolean;
  /** For the name of the folder that they are moved to. */
  readonly nowMs: number;
  /** Looks the restored files through, and adds to them, before they take the place of others. */
  prepare(staged: string): void;
  /** Told of steps that are done; tests end the process there. */
  passed?(step: 'staged' | 'begun' | `moved ${string}` | 'restored'): void;
}

export interface Restored {
  /** Where what was there before is now; null where nothing was. */
  readonly movedTo: string | null;
}

/**
 * Restores a backup into a storage directory on which no node works. Everything is written, proven
 * and on disk before the first file is replaced; what was there is moved into a folder beside it,
 * and nothing is deleted. Once files are being replaced, a file in the directory says so, and no
 * database is opened there until a restoring has ended: after a crash, run it again. What was there
 * ends up in one folder, however often it was cut off. Throws a NodeError NODE_RUNNING,
 * RESTORE_OVER_DATA, BACKUP_DAMAGED, BACKUP_WRITE.
 */
export function restoreBackup(parts: RestoreParts): Restored {
  const { backup, dir, passed } = parts;
  writing(dir, () => mkdirSync(dir, { recursive: true, mode: 0o700 }));
  const lock = lockNode(join(dir, parts.lockFile));
  try {
    const marker = join(dir, RESTORE_MARKER);
    const earlier = existsSync(marker) ? writing(marker, () => readMarker(marker)) : null;
    // One that was not ended may have moved files in by now: they are no data of before.
    const replaces = parts.replaces || existsSync(marker);
    const isFree = (names: readonly string[]): string[] => {
      const present = presentFiles(dir, names, parts.databaseName);
      if (present.length > 0 && !replaces) throw overData(dir, present);
      return present;
    };
    isFree(backup.manifest.files.map(({ name }) => name));
    const staged = join(dir, STAGING);
    const names = stage(staged, parts);
    passed?.('staged');
    const present = isFree(names);
    const { aside, isMoved } = earlier ?? { aside: newFolder(dir, parts.nowMs), isMoved: false };
    if (earlier === null) writeMarker(marker, { aside, isMoved });
    passed?.('begun');
    writing(dir, () => moveAside(parts, present, { aside, isMoved }));
    if (!isMoved) writeMarker(marker, { aside, isMoved: true });
    passed?.('moved aside');
    writing(dir, () => moveIn(staged, dir, names));
    passed?.('moved in');
    rmSync(marker);
    rmSync(staged, { recursive: true, force: true });
    syncDirectory(dir);
    passed?.('restored');
    return { movedTo: existsSync(join(dir, aside)) ? join(dir, aside) : null };
  } finally {
    lock.release();
  }
}

function writing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** Those that are there already, and what SQLite keeps beside the database. */
function presentFiles(dir: string, names: readonly string[], databaseName: string): string[] {
  const all = names.flatMap((name) => (name === databaseName ? databaseFiles(name) : [name]));
  return all.filter((name) => existsSync(join(dir, name)));
}

const overData = (dir: string, present: readonly string[]): NodeError =>
  new NodeError('RESTORE_OVER_DATA', `${dir} has data already: ${present.join(', ')}`, {
    hint: 'restore into an empty directory, or give --replace: it moves them aside',
  });

/** All files, written and on disk, or none; answers their names. */
function stage(staged: string, { backup, prepare }: RestoreParts): string[] {
  rmSync(staged, { recursive: true, force: true });
  try {
    writing(staged, () => mkdirSync(staged, { mode: 0o700 }));
    backup.readFiles(takeInto(staged));
    prepare(staged);
    const found = readdirSync(staged, { recursive: true, withFileTypes: true });
    const files = found.filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => relative(staged, join(parentPath, name)));
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    throw error;
  }
}

const takeInto =
  (staged: string): TakeFile =>
  ({ name }) => {
    const path = join(staged, name);
    const file = writing(path, () => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      return openSync(path, 'wx', 0o600);
    });
    return (piece) =>
      writing(path, () => {
        if (piece === null) {
          fsyncSync(file);
          return closeSync(file);
        }
        for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
      });
  };

/** How far a restoring is. */
interface Marker {
  /** Name of the folder for what was there before. */
  readonly aside: string;
  /** Whether all of that is in it. */
  readonly isMoved: boolean;
}

/** One line: the folder, and then whether. */
const MARKER = /^(replaced-\d{8}T\d{6}(?:-\d+)?)( moved)?$/;

/** Null where it tells of no folder: then another one is taken. */
function readMarker(marker: string): Marker | null {
  const [, aside, moved] = MARKER.exec(readFileSync(marker, 'utf8')) ?? [];
  return aside === undefined ? null : { aside, isMoved: moved !== undefined };
}

/** In place of the one before at once: a half of it would tell of another folder. */
function writeMarker(marker: string, { aside, isMoved }: Marker): void {
  const next = `${marker}.next`;
  writing(marker, () => {
    const file = openSync(next, 'w', 0o600);
    try {
      writeSync(file, `${aside}${isMoved ? ' moved' : ''}`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, marker);
    syncDirectory(dirname(marker));
  });
}

function moveAside(
  { dir, nowMs, passed }: RestoreParts,
  present: readonly string[],
  { aside, isMoved }: Marker,
): void {
  const other = newFolder(dir, nowMs);
  for (const name of present) {
    // Once all were moved, what is there was moved in by a run that was cut off.
    const isKept = isMoved || existsSync(join(dir, aside, name));
    move(join(dir, name), join(dir, isKept ? other : aside, name));
    passed?.(`moved ${name}`);
  }
  syncDirectory(dir);
}

/** A name that no folder has. */
function newFolder(dir: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replace(/[-:]|\..*/g, '');
  for (let count = 1; ; count++) {
    const name = `replaced-${stamp}${count === 1 ? '' : `-${count}`}`;
    if (!existsSync(join(dir, name))) return name;
  }
}

function moveIn(staged: string, dir: string, names: readonly string[]): void {
  for (const name of names) move(join(staged, name), join(dir, name));
  syncDirectory(dir);
}

function move(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  renameSync(from, to);
  syncDirectory(dirname(to));
}
