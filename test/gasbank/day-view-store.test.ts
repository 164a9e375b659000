import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash160 } from '../../src/base/hash.js';
import {
  type AccountId,
  BURNT,
  earnedOf,
  OUTSIDE,
  reservedOf,
  walletOf,
} from '../../src/gasbank/accounts.js';
import { createDayView } from '../../src/gasbank/day-view-store.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const NODE = hash160(`0x${'11'.repeat(20)}`);
const OTHER = hash160(`0x${'22'.repeat(20)}`);
const DAY_MS = 86_400_000;
const FIRST_MS = Date.UTC(2026, 0, 29);

describe('burn and income by day', () => {
  let dir: string;
  let db: Database;
  let made = 0;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-days-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });
  const book = (atMs: number, debit: AccountId, credit: AccountId, amount: bigint, cause: string) =>
    inTransaction(db, () => {
      const of = { id: `t${made++}`, debit, credit, amount, cause, block: 1, tx: null };
      createLedgerStore(db).transfer({ ...of, requestId: null }, atMs);
    });

  it('is of each of the last days in UTC, oldest first, with those on which nothing was', () => {
    book(FIRST_MS, OUTSIDE, walletOf(NODE), 10_000n, 'wallet funded');
    book(FIRST_MS, OUTSIDE, reservedOf(OTHER), 10_000n, 'deposit');
    book(FIRST_MS - 1, walletOf(NODE), BURNT, 1_000n, 'fees elsewhere');
    book(FIRST_MS, walletOf(NODE), BURNT, 5n, 'fees elsewhere');
    book(FIRST_MS + DAY_MS - 1, walletOf(NODE), BURNT, 6n, 'fees elsewhere');
    for (const cause of ['fee', 'lost', 'premium']) {
      book(FIRST_MS + 2 * DAY_MS, reservedOf(OTHER), earnedOf(NODE), 7n, cause);
    }
    const days = createDayView(db).days(3, FIRST_MS + 2 * DAY_MS + 1);
    assert.deepEqual(
      days.map(({ startMs, burnt, income }) => [(startMs - FIRST_MS) / DAY_MS, burnt, income]),
      [
        [0, 11n, 0n],
        [1, 0n, 0n],
        [2, 0n, 21n],
      ],
    );
  });
});
