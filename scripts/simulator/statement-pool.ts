import type SqliteDatabase from 'better-sqlite3';
import type { Database } from '../../src/storage/database.js';

type RealStatement = SqliteDatabase.Statement;
type Before = (isWrite: boolean) => void;

/**
 * The statements of one connection, prepared when they are first run and handed on from process to
 * process: preparing what the stores have is most of a node's start, and most of it never runs.
 */
export interface StatementPool {
  /** `before` runs ahead of each execution. */
  statement(sql: string, before: Before): RealStatement;
  /** No statement that was given out is used any more. */
  takeBack(): void;
}

export function createStatementPool(connection: Database): StatementPool {
  const free = new Map<string, RealStatement[]>();
  let lent: [key: string, statement: RealStatement][] = [];
  return {
    statement: (sql, before) => new PooledStatement(take, sql, before) as unknown as RealStatement,
    takeBack() {
      for (const [key, statement] of lent) {
        const others = free.get(key);
        if (others === undefined) free.set(key, [statement]);
        else others.push(statement);
      }
      lent = [];
    },
  };

  function take(sql: string, mode: Mode): RealStatement {
    const key = `${mode} ${sql}`;
    const statement = free.get(key)?.pop() ?? inMode(connection.prepare(sql), mode);
    lent.push([key, statement]);
    return statement;
  }
}

/** A connection whose statements come from such a pool. */
export function pooled(connection: Database): Database {
  const pool = createStatementPool(connection);
  const prepare = (sql: string): RealStatement => pool.statement(sql, () => {});
  return Object.defineProperty(Object.create(connection), 'prepare', { value: prepare });
}

/** What rows come as. */
type Mode = 'rows' | 'pluck' | 'raw';

function inMode(statement: RealStatement, mode: Mode): RealStatement {
  if (mode === 'pluck') return statement.pluck();
  return mode === 'raw' ? statement.raw() : statement;
}

/** As much of a statement as the stores use. */
class PooledStatement {
  readonly #take: (sql: string, mode: Mode) => RealStatement;
  readonly #sql: string;
  readonly #before: Before;
  #mode: Mode = 'rows';
  #real: RealStatement | null = null;

  constructor(take: (sql: string, mode: Mode) => RealStatement, sql: string, before: Before) {
    this.#take = take;
    this.#sql = sql;
    this.#before = before;
  }

  pluck(): this {
    return this.#in('pluck');
  }

  raw(): this {
    return this.#in('raw');
  }

  run(...args: unknown[]): unknown {
    return this.#ready().run(...args);
  }

  get(...args: unknown[]): unknown {
    return this.#ready().get(...args);
  }

  all(...args: unknown[]): unknown {
    return this.#ready().all(...args);
  }

  iterate(...args: unknown[]): unknown {
    return this.#ready().iterate(...args);
  }

  #in(mode: Mode): this {
    if (this.#real !== null && mode !== this.#mode)
      throw new Error('bug: another mode for a statement that has run');
    this.#mode = mode;
    return this;
  }

  #ready(): RealStatement {
    const real = this.#real ?? this.#take(this.#sql, this.#mode);
    this.#real = real;
    this.#before(!real.readonly);
    return real;
  }
}
