import { rmSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import type { Database } from './database.js';
import { createPrivateFile } from './private-file.js';

/** Pages that are copied at a time: in between, the process does other things. */
const STEP_PAGES = 2_000;

/** How far a copy is. */
export interface CopyProgress {
  readonly copiedPages: number;
  readonly allPages: number;
}

/**
 * Copies a database that others go on writing to, as it is at one moment: one read transaction
 * spans the copy, so that no write makes it begin anew, and no writer waits for it. What is written
 * meanwhile stays in the write-ahead log, which grows by it. The copy is one file, for its owner
 * alone, and was looked through for damage. Throws what SQLite throws, and leaves no file then.
 * @param db a connection of its own, outside of a transaction.
 */
export async function copyDatabase(
  db: Database,
  path: string,
  onProgress: (progress: CopyProgress) => void = () => {},
): Promise<void> {
  removeDatabase(path);
  createPrivateFile(path);
  try {
    db.exec('BEGIN');
    try {
      // Takes the read transaction, which BEGIN alone does not.
      db.pragma('schema_version');
      db.prepare('SELECT COUNT(*) FROM sqlite_master').get();
      await db.backup(path, {
        progress({ totalPages, remainingPages }) {
          onProgress({ copiedPages: totalPages - remainingPages, allPages: totalPages });
          return STEP_PAGES;
        },
      });
    } finally {
      db.exec('ROLLBACK');
    }
    closeUp(path);
  } catch (error) {
    removeDatabase(path);
    throw error;
  }
}

/** Makes it one file without a log beside it, and looks it through. */
function closeUp(path: string): void {
  const copy = new SqliteDatabase(path);
  try {
    copy.pragma('journal_mode = DELETE');
    refuseDamage(copy);
  } finally {
    copy.close();
  }
}

/** Throws an error of SQLite's, SQLITE_CORRUPT, when the file is damaged. */
export function refuseDamage(db: Database): void {
  const found = db.pragma('quick_check(1)', { simple: true });
  if (found === 'ok') return;
  throw new SqliteDatabase.SqliteError(`the database is damaged: ${found}`, 'SQLITE_CORRUPT');
}

/** The names of a database's file and of those that SQLite keeps beside it. */
export const databaseFiles = (path: string): string[] =>
  ['', '-wal', '-shm', '-journal'].map((end) => `${path}${end}`);

export function removeDatabase(path: string): void {
  for (const file of databaseFiles(path)) rmSync(file, { force: true });
}
