import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { creditOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore, type LedgerStore } from '../../src/gasbank/ledger-store.js';
import { createLedgerViews } from '../../src/gasbank/ledger-view-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import type { BenchOptions } from './bench-options.js';
import {
  book,
  endow,
  PAYERS,
  payer,
  TRANSFERS_PER_TRANSACTION,
  transactionOf,
} from './ledger-transfers.js';
import { type BenchResult, figure } from './report.js';
import { median, percentile } from './statistics.js';

const FULL = { rounds: 40, small: 10_000, large: 1_000_000, looks: 2_000 };
const QUICK = { rounds: 3, small: 5_000, large: 10_000, looks: 100 };
/** Transactions with answers in one transaction of the database: those of a block. */
const PER_COMMIT = 4;
/** Commits of a round, of each kind. */
const COMMITS = 12;
/** Growing is not what is measured. */
const PER_GROWING_COMMIT = 50;
/** Rows of a page of history, as the command line shows them. */
const PAGE = 50;

/** How fast the books take transfers, beside bare insertions; whether they stay quick to ask. */
export async function runLedger({ quick, size, tell }: BenchOptions): Promise<BenchResult> {
  const { rounds, small, large: usual, looks } = quick ? QUICK : FULL;
  const large = size ?? usual;
  const folder = mkdtempSync(join(tmpdir(), 'dodona-ledger-'));
  try {
    tell(`writing ${rounds} times the transfers of ${COMMITS} blocks`);
    const written = measureWriting(folder, rounds);
    const [few, many] = [small, large].map((transfers) => {
      tell(`making books of ${transfers} transfers`);
      return booksOf(join(folder, `${transfers}.sqlite`), transfers);
    }) as [Database, Database];
    tell('asking both in turn');
    const [before, after] = measureLooks([few, many], looks);
    for (const db of [few, many]) db.close();
    return resultOf({ written, before, after, small, large });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Round {
  /** Milliseconds for the same rows. */
  readonly ledgerMs: number;
  readonly bareMs: number;
  readonly unindexedMs: number;
  readonly rows: number;
}

/**
 * The ledger and two bare loops in turn, so that all find the same machine. The bare ones insert
 * the very rows that the ledger wrote, as often committed, into a table without triggers and
 * references: one with the same indexes, one with its key alone.
 */
function measureWriting(folder: string, rounds: number): Round[] {
  const db = openDatabase(join(folder, 'ledger.sqlite'));
  const ledger = createLedgerStore(db);
  inTransaction(db, () => endow(ledger));
  const bare = bareTable(join(folder, 'bare.sqlite'), true);
  const unindexed = bareTable(join(folder, 'unindexed.sqlite'), false);
  const rowsAfter = db
    .prepare(`SELECT ${bare.columns} FROM ledger_transfer WHERE rowid > ? ORDER BY rowid`)
    .raw();
  const last = db.prepare('SELECT MAX(rowid) FROM ledger_transfer').pluck();
  const done: Round[] = [];
  let number = 0;
  for (let round = 0; round < rounds + 1; round++) {
    const from = last.get();
    const blocks = Array.from({ length: COMMITS }, () =>
      Array.from({ length: PER_COMMIT }, () => transactionOf(number++)),
    );
    const ledgerMs = timed(() => {
      for (const block of blocks) {
        inTransaction(db, () => {
          for (const transaction of block) book(ledger, transaction);
        });
      }
    });
    const rows = rowsAfter.all(from) as unknown[][];
    const perCommit = PER_COMMIT * TRANSFERS_PER_TRANSACTION;
    const bareMs = timed(() => bare.insert(rows, perCommit));
    const unindexedMs = timed(() => unindexed.insert(rows, perCommit));
    // The first one warms up.
    if (round > 0) done.push({ ledgerMs, bareMs, unindexedMs, rows: rows.length });
  }
  for (const each of [db, bare.db, unindexed.db]) each.close();
  return done;
}

function bareTable(path: string, keepsIndexes: boolean) {
  const db = openDatabase(path);
  db.pragma('foreign_keys = OFF');
  const ofTable = db.prepare(`SELECT name, type FROM sqlite_schema WHERE tbl_name =
    'ledger_transfer' AND type IN ('trigger', 'index') AND sql IS NOT NULL`);
  for (const { name, type } of ofTable.all() as { name: string; type: string }[]) {
    if (type === 'trigger' || !keepsIndexes) db.exec(`DROP ${type} ${name}`);
  }
  const names = db.prepare("SELECT name FROM pragma_table_info('ledger_transfer')").pluck().all();
  const columns = names.join(', ');
  const places = names.map(() => '?').join(', ');
  const insert = db.prepare(`INSERT INTO ledger_transfer (${columns}) VALUES (${places})`);
  return {
    db,
    columns,
    insert(rows: readonly unknown[][], perCommit: number): void {
      for (let from = 0; from < rows.length; from += perCommit) {
        inTransaction(db, () => {
          for (const row of rows.slice(from, from + perCommit)) insert.run(row);
        });
      }
    },
  };
}

function booksOf(path: string, size: number): Database {
  const db = openDatabase(path);
  const ledger: LedgerStore = createLedgerStore(db);
  inTransaction(db, () => endow(ledger));
  let transfers = PAYERS + 1;
  let number = 0;
  while (transfers < size) {
    inTransaction(db, () => {
      for (let at = 0; at < PER_GROWING_COMMIT && transfers < size; at++) {
        book(ledger, transactionOf(number++));
        transfers += TRANSFERS_PER_TRANSACTION;
      }
    });
  }
  return db;
}

interface Looks {
  /** Microseconds each. */
  readonly balance: readonly number[];
  readonly page: readonly number[];
  readonly olderPage: readonly number[];
}

/**
 * Single looks at accounts that lie far apart, at the one books and at the other in turn, so that
 * both find the same machine; after some that are not counted.
 */
function measureLooks(books: readonly [Database, Database], looks: number): [Looks, Looks] {
  const [few, many] = books.map(looksAt) as [LooksAt, LooksAt];
  const samples = () => ({
    balance: [] as number[],
    page: [] as number[],
    olderPage: [] as number[],
  });
  const [ofFew, ofMany] = [samples(), samples()];
  for (const kind of ['balance', 'page', 'olderPage'] as const) {
    for (let at = 0; at < 2 * looks; at++) {
      const [first, second] = [few, many].map((each) => 1_000 * timed(() => each[kind](at)));
      if (at < looks || first === undefined || second === undefined) continue;
      ofFew[kind].push(first);
      ofMany[kind].push(second);
    }
  }
  return [ofFew, ofMany];
}

type LooksAt = ReturnType<typeof looksAt>;

function looksAt(db: Database) {
  const ledger = createLedgerStore(db);
  const views = createLedgerViews(db);
  const rows = Number(db.prepare('SELECT MAX(rowid) FROM ledger_transfer').pluck().get());
  const older = BigInt(Math.floor((3 * rows) / 4));
  const accountAt = (at: number) => creditOf(payer(at * 7));
  const pageOf = (at: number, beforeRow: bigint | null): void =>
    void views.transfers({ accounts: [accountAt(at)], sinceMs: null, beforeRow, limit: PAGE });
  return {
    balance: (at: number): void => void ledger.balance(accountAt(at)),
    page: (at: number): void => pageOf(at, null),
    olderPage: (at: number): void => pageOf(at, older),
  };
}

function timed(work: () => void): number {
  const startMs = systemClock.monotonicMs();
  work();
  return systemClock.monotonicMs() - startMs;
}

interface Measured {
  readonly written: readonly Round[];
  readonly before: Looks;
  readonly after: Looks;
  readonly small: number;
  readonly large: number;
}

function resultOf({ written, before, after, small, large }: Measured): BenchResult {
  const of = (pick: (round: Round) => number): number[] => written.map(pick);
  const rate = (pick: (round: Round) => number): number =>
    median(of((round) => (1_000 * round.rows) / pick(round)));
  const ratios = of(({ ledgerMs, bareMs }) => bareMs / ledgerMs);
  const growth = (kind: keyof Looks): number => median(after[kind]) / median(before[kind]);
  const rows = written[0]?.rows ?? 0;
  return {
    bench: 'ledger',
    summary:
      `${written.length} times ${rows} transfers of answers, ` +
      `${PER_COMMIT * TRANSFERS_PER_TRANSACTION} to a commit that is on disk; then single looks ` +
      `at ${PAYERS} payers in books of ${small} and of ${large} transfers, ${PAGE} rows a page`,
    figures: [
      figure('ratio', median(ratios), 'x', '>= 0.5'),
      figure('ratioP1', percentile(ratios, 0.01), 'x'),
      figure('ratioToUnindexed', median(of((each) => each.unindexedMs / each.ledgerMs)), 'x'),
      figure(
        'transfersPerSecond',
        rate(({ ledgerMs }) => ledgerMs),
        'transfers/s',
      ),
      figure('balanceGrowth', growth('balance'), 'x', '<= 1.5'),
      figure('pageGrowth', growth('page'), 'x', '<= 1.5'),
      figure('olderPageGrowth', growth('olderPage'), 'x'),
      figure('balance', median(after.balance), 'us'),
      figure('page', median(after.page), 'us'),
      figure('olderPage', median(after.olderPage), 'us'),
    ],
    floor: [
      figure(
        'barePerSecond',
        rate(({ bareMs }) => bareMs),
        'transfers/s',
      ),
      figure(
        'unindexedPerSecond',
        rate(({ unindexedMs }) => unindexedMs),
        'transfers/s',
      ),
      figure('balanceOfSmall', median(before.balance), 'us'),
      figure('pageOfSmall', median(before.page), 'us'),
    ],
  };
}
