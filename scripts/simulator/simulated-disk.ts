import SqliteDatabase from 'better-sqlite3';
import { type Database, prepareDatabase } from '../../src/storage/database.js';
import type { Faults } from './faults.js';
import type { Life } from './life.js';
import type { SeededRandom } from './seeded-random.js';
import { createStatementPool, type StatementPool } from './statement-pool.js';

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
  /** Outlives processes, as the file does; only what is lost with the power takes another. */
  let connected: Connected | null = null;
  let isOpen = false;
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

  /** The connection as one process sees it: each step of it may be the last. */
  function watched(connection: Database, pool: StatementPool, life: Life): Database {
    const db = Object.create(connection) as Database;
    const before = (isWrite: boolean): void => {
      statements += 1;
      life.step('statement');
      if (isWrite && db.inTransaction) refuseWrite();
    };
    let isFull = true;
    /** A disk in memory has no other way to make a step durable than to remember that it is. */
    const exec = (source: string): Database => {
      if (source.startsWith('PRAGMA synchronous')) isFull = source.endsWith('FULL');
      else connection.exec(source);
      return db;
    };
    const transaction = (work: (...args: unknown[]) => unknown) => {
      const run = connection.transaction((...args: unknown[]) => {
        const result = work(...args);
        life.step('commit');
        return result;
      });
      const immediate = (...args: unknown[]): unknown => {
        life.step('begin');
        refuseWrite();
        if (!isFull && durable === null && faults.isOn('power cut')) {
          durable = connection.serialize();
        }
        const result = run.immediate(...args);
        if (isFull) durable = null;
        life.step('committed');
        return result;
      };
      return Object.assign(immediate, { immediate });
    };
    return Object.defineProperties(db, {
      prepare: { value: (sql: string) => pool.statement(sql, before) },
      exec: { value: exec },
      transaction: { value: transaction },
      close: { value: () => db },
    });
  }

  return {
    open(life) {
      if (isOpen) throw new Error('bug: two processes have the database open');
      isOpen = true;
      connected ??= connect(stored);
      return watched(connected.db, connected.pool, life);
    },
    close(how) {
      if (!isOpen || connected === null) return;
      isOpen = false;
      connected.pool.takeBack();
      const isLost = how === 'power cut' && durable !== null && random.chance(0.7);
      if (isLost && durable !== null) {
        stored = durable;
        connected.db.close();
        connected = null;
      }
      durable = null;
      trouble = null;
    },
    image: () => connected?.db.serialize() ?? stored,
    statements: () => statements,
  };
}

interface Connected {
  readonly db: Database;
  readonly pool: StatementPool;
}

function connect(image: Buffer): Connected {
  const db = prepareDatabase(new SqliteDatabase(image));
  // Nobody else has it: without a lock for each statement a simulation takes a tenth less time.
  db.pragma('locking_mode = EXCLUSIVE');
  return { db, pool: createStatementPool(db) };
}
