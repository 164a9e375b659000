import SqliteDatabase from 'better-sqlite3';
import { type Database, prepareDatabase } from '../../src/storage/database.js';
import type { Faults } from './faults.js';
import type { Life } from './life.js';
import type { SeededRandom } from './seeded-random.js';

/**
 * The disk of one node: real SQLite in memory. What was committed outlives the process; what was
 * committed without waiting for the disk is gone after a power cut, unless it was lucky.
 */
export interface SimulatedDisk {
  /** Opens the database for one process. */
  open(life: Life): Database;
  /** The process ended, however it did: closes what it had open. */
  close(how: 'ended' | 'power cut'): void;
  /** A copy of the database as it is. */
  image(): Buffer;
  /** Statements so far. */
  statements(): number;
}

export interface DiskParts {
  readonly faults: Faults;
  readonly random: SeededRandom;
  readonly empty: Buffer;
}

/** Of a database without a row, migrated once for all simulations. */
export function emptyDatabase(): Buffer {
  const db = prepareDatabase(new SqliteDatabase(':memory:'));
  const image = db.serialize();
  db.close();
  return image;
}

/** Statements for which trouble of the disk lasts, at most. */
const MAX_TROUBLE = 12;

export function createSimulatedDisk({ faults, random, empty }: DiskParts): SimulatedDisk {
  let stored = empty;
  /** What a power cut leaves; null: all of it. */
  let durable: Buffer | null = null;
  let opened: Database | null = null;
  let statements = 0;
  let trouble: { readonly code: string; left: number } | null = null;

  /** What is wrong with the disk at this write. */
  function refuseWrite(): void {
    if (trouble === null) {
      const code = faults.strikes('disk full')
        ? 'SQLITE_FULL'
        : faults.strikes('database busy')
          ? 'SQLITE_BUSY'
          : faults.strikes('disk broken')
            ? 'SQLITE_IOERR_WRITE'
            : null;
      if (code !== null) trouble = { code, left: random.between(1, MAX_TROUBLE) };
    }
    if (trouble === null) return;
    const { code } = trouble;
    trouble.left -= 1;
    if (trouble.left <= 0) trouble = null;
    throw new SqliteDatabase.SqliteError('the simulated disk has trouble', code);
  }

  function watchStatements(db: Database, life: Life): void {
    const prepare = db.prepare.bind(db);
    const watched = (sql: string): SqliteDatabase.Statement => {
      const statement = prepare(sql);
      const { readonly: isRead } = statement;
      const before = (): void => {
        statements += 1;
        life.step('statement');
        if (!isRead && db.inTransaction) refuseWrite();
      };
      for (const name of ['run', 'get', 'all', 'iterate'] as const) {
        const call = statement[name].bind(statement) as (...args: unknown[]) => unknown;
        const wrapped = (...args: unknown[]): unknown => {
          before();
          return call(...args);
        };
        Object.defineProperty(statement, name, { value: wrapped });
      }
      return statement;
    };
    Object.defineProperty(db, 'prepare', { value: watched });
  }

  function watchCommits(db: Database, life: Life): void {
    const pragma = db.pragma.bind(db);
    let isFull = true;
    const watchedPragma: Database['pragma'] = (source, options) => {
      if (source.startsWith('synchronous')) isFull = source.endsWith('FULL');
      return pragma(source, options);
    };
    const transaction = db.transaction.bind(db);
    const watched = (work: (...args: unknown[]) => unknown) => {
      const run = transaction((...args: unknown[]) => {
        const result = work(...args);
        life.step('commit');
        return result;
      });
      const immediate = (...args: unknown[]): unknown => {
        life.step('begin');
        refuseWrite();
        if (!isFull && durable === null && faults.isOn('power cut')) durable = db.serialize();
        const result = run.immediate(...args);
        if (isFull) durable = null;
        life.step('committed');
        return result;
      };
      return Object.assign(immediate, { immediate });
    };
    Object.defineProperty(db, 'pragma', { value: watchedPragma });
    Object.defineProperty(db, 'transaction', { value: watched });
  }

  return {
    open(life) {
      if (opened !== null) throw new Error('bug: two processes have the database open');
      opened = new SqliteDatabase(stored);
      const db = prepareDatabase(opened);
      watchStatements(db, life);
      watchCommits(db, life);
      Object.defineProperty(db, 'close', { value: () => db });
      return db;
    },
    close(how) {
      if (opened === null) return;
      const isLost = how === 'power cut' && durable !== null && random.chance(0.7);
      stored = isLost && durable !== null ? durable : opened.serialize();
      SqliteDatabase.prototype.close.call(opened);
      opened = null;
      durable = null;
      trouble = null;
    },
    image: () => opened?.serialize() ?? stored,
    statements: () => statements,
  };
}
