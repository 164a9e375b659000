import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { messageOf, NodeError } from '../base/node-error.js';
import { LATEST_SCHEMA, MIGRATIONS } from './migrations.js';
import { createPrivateFile } from './private-file.js';

export type Database = SqliteDatabase.Database;
export type Statement = SqliteDatabase.Statement;

/** How long a statement waits for another process's lock. */
const BUSY_TIMEOUT_MS = 5_000;
/**
 * Pages in the log before they are moved into the database, some 16 MiB: many are written again and
 * again until then, and are moved once.
 */
const CHECKPOINT_PAGES = 4_000;
/** Stands beside a database while a backup is being put in its place. */
export const RESTORE_MARKER = 'restore.unfinished';

/**
 * Opens the node's database, creating and migrating it. Integers are bigint everywhere.
 * Every commit is on disk when it returns (WAL, synchronous FULL), unless it is repeatable.
 * Throws a NodeError: DB_OPEN, DB_NEWER_SCHEMA, RESTORE_UNFINISHED.
 */
export function openDatabase(path: string): Database {
  // Before anything else: a database that was moved away would be made anew, without its secrets.
  refuseUnfinished(path);
  try {
    createPrivateFile(path);
  } catch (cause) {
    throw cannotOpen(path, false, cause);
  }
  return prepareDatabase(connect(path, false));
}

/** Makes of a connection one to the node's database, and migrates it. */
export function prepareDatabase(db: Database): Database {
  db.defaultSafeIntegers(true);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  // A table that is built anew is gone for a moment: what refers to it is checked afterwards.
  db.pragma('foreign_keys = OFF');
  migrate(db, db.name);
  db.pragma('foreign_keys = ON');
  return db;
}

/**
 * Opens an existing database for reading only. Throws a NodeError: DB_OPEN, DB_NEWER_SCHEMA,
 * RESTORE_UNFINISHED.
 * @param schemas which ones are taken: the program's own, or earlier ones, too.
 */
export function openDatabaseReadOnly(
  path: string,
  schemas: 'current' | 'earlier' = 'current',
): Database {
  refuseUnfinished(path);
  const db = connect(path, true);
  refuseOtherSchema(db, path, schemas === 'current');
  return db;
}

/** Of an existing database, whatever version wrote it. Throws DB_OPEN, RESTORE_UNFINISHED. */
export function readSchemaVersion(path: string): number {
  refuseUnfinished(path);
  const db = connect(path, true);
  try {
    return schemaVersion(db);
  } catch (cause) {
    throw cannotOpen(path, true, cause);
  } finally {
    db.close();
  }
}

function refuseUnfinished(path: string): void {
  if (!existsSync(join(dirname(path), RESTORE_MARKER))) return;
  const dir = dirname(path);
  throw new NodeError('RESTORE_UNFINISHED', `restoring a backup into ${dir} was not finished`, {
    hint: 'run the same dodona restore again',
  });
}

/**
 * Runs a step as one write transaction: all of it is on disk afterwards, or nothing. Throws what
 * the step throws, or a NodeError DB_TROUBLE when disk or file won't have it.
 */
export function inTransaction<T>(db: Database, step: () => T): T {
  assertNotNested(db);
  // Pages that a statement may have to give back are kept in memory. Else a single statement that
  // changes more than a few has those of all after it written to a file: of a step with a thousand
  // answers 27 KB each. What is read outside of steps may sort more than there is memory for.
  db.exec('PRAGMA temp_store = MEMORY');
  try {
    return transact(db, step);
  } finally {
    db.exec('PRAGMA temp_store = FILE');
  }
}

function transact<T>(db: Database, step: () => T): T {
  const watch = (db as Watched)[WATCH];
  const startedMs = watch?.monotonicMs() ?? 0;
  try {
    return db.transaction(step).immediate();
  } catch (cause) {
    const trouble = troubleOf(cause, db.name);
    if (trouble !== null) watch?.failed((cause as { code: string }).code);
    throw trouble ?? cause;
  } finally {
    watch?.took(watch.monotonicMs() - startedMs);
  }
}

/**
 * As `inTransaction`, for a step that would be done again, to the same end, if it had never been:
 * one that was read from the chain, or that sent nothing. It survives the end of the process, but
 * is on disk for good only with the next step of `inTransaction`: a power cut before that takes the
 * database back to the state before it. So nobody waits for the disk.
 */
export function inRepeatableTransaction<T>(db: Database, step: () => T): T {
  assertNotNested(db);
  // By `exec`: `pragma` makes a statement object each time, which costs four times as much.
  db.exec('PRAGMA synchronous = NORMAL');
  try {
    return inTransaction(db, step);
  } finally {
    db.exec('PRAGMA synchronous = FULL');
  }
}

const WATCH = Symbol('who is told of writes');

interface Watched {
  readonly [WATCH]?: WriteWatch;
}

/** Who is told of write transactions. */
export interface WriteWatch {
  readonly monotonicMs: () => number;
  /** Told of each, however it ends: from before it begins, waiting for locks and disk included. */
  took(durationMs: number): void;
  /** Told of each that fails for the disk or the file, in SQLite's words. */
  failed(code: string): void;
}

/** Has somebody told of each write transaction from now on. */
export function watchWrites(db: Database, watch: WriteWatch): void {
  Object.defineProperty(db, WATCH, { value: watch });
}

/** SQLite's code in one word, without what it adds: SQLITE_IOERR_WRITE is `io`. */
export function troubleWord(code: string): string {
  const [, name = ''] = /^SQLITE_([A-Z]+)/.exec(code) ?? [];
  return { IOERR: 'io', LOCKED: 'busy', NOTADB: 'corrupt' }[name] ?? name.toLowerCase();
}

/** Trouble that somebody can mend, by SQLite's code for it, and whether it may pass by itself. */
const TROUBLES: readonly (readonly [code: RegExp, retryable: boolean, hint: string])[] = [
  [/^SQLITE_FULL/, true, 'make room on the disk of storage.dir'],
  [/^SQLITE_IOERR/, true, 'check the disk of storage.dir'],
  [/^SQLITE_(BUSY|LOCKED)/, true, 'end the program that holds the database locked'],
  [/^SQLITE_READONLY/, false, 'make storage.dir and the files in it writable for the node'],
  [
    /^SQLITE_(CORRUPT|NOTADB)/,
    false,
    'restore a backup, or remove it: all but secrets, audit log and evidence is on the chain',
  ],
];

/** Null for an error that is no trouble of the environment. */
function troubleOf(cause: unknown, path: string): NodeError | null {
  if (!(cause instanceof SqliteDatabase.SqliteError)) return null;
  const trouble = TROUBLES.find(([code]) => code.test(cause.code));
  if (trouble === undefined) return null;
  const [, retryable, hint] = trouble;
  const message = `cannot write to the database ${path}: ${cause.message}`;
  return new NodeError('DB_TROUBLE', message, { retryable, hint, cause });
}

/** True where what was to be written contradicts what is there, or what a table may hold. */
export const isConstraint = (error: unknown): error is Error =>
  error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT');

/** Stores join the transaction they are given: this asserts that there is one. */
export function assertInTransaction(db: Database): void {
  if (!db.inTransaction) throw new Error('bug: a store wrote outside of a transaction');
}

function assertNotNested(db: Database): void {
  if (db.inTransaction) throw new Error('bug: a step was started within another step');
}

function connect(path: string, readonly: boolean): Database {
  try {
    const db = new SqliteDatabase(path, { readonly, fileMustExist: readonly });
    db.defaultSafeIntegers(true);
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return db;
  } catch (cause) {
    throw cannotOpen(path, readonly, cause);
  }
}

function cannotOpen(path: string, readonly: boolean, cause: unknown): NodeError {
  return new NodeError('DB_OPEN', `cannot open the database ${path}: ${messageOf(cause)}`, {
    cause,
    hint: readonly
      ? 'start the node once with this configuration, or check storage.dir'
      : 'check that storage.dir is writable and that the disk is not full',
  });
}

export function schemaVersion(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function refuseOtherSchema(db: Database, path: string, mustBeCurrent: boolean): void {
  const version = schemaVersion(db);
  if (version > LATEST_SCHEMA || (mustBeCurrent && version !== LATEST_SCHEMA)) {
    db.close();
    throw new NodeError(
      'DB_NEWER_SCHEMA',
      `the database ${path} has schema ${version}, this program works with ${LATEST_SCHEMA}`,
      {
        hint:
          version > LATEST_SCHEMA
            ? 'run the newer version of dodona that wrote it'
            : 'start the node once: it migrates the database',
      },
    );
  }
}

function migrate(db: Database, path: string): void {
  refuseOtherSchema(db, path, false);
  if (schemaVersion(db) === LATEST_SCHEMA) return;
  transact(db, () => {
    // One of them rewrites conditions of tables where they stand.
    db.unsafeMode(true);
    try {
      for (const migration of MIGRATIONS.slice(schemaVersion(db))) db.exec(migration);
    } finally {
      db.unsafeMode(false);
    }
    const broken = db.pragma('foreign_key_check') as unknown[];
    if (broken.length > 0) throw new Error(`bug: a migration of ${path} left rows without parents`);
    db.pragma(`user_version = ${LATEST_SCHEMA}`);
  });
}
