import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash160 } from '../../src/base/hash.js';
import {
  type AccountId,
  BURNT,
  earnedOf,
  LOST,
  OUTSIDE,
  reservedOf,
  walletOf,
} from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { createRecentFlow } from '../../src/gasbank/recent-flow-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const NODE = hash160(`0x${'11'.repeat(20)}`);
const OTHER = hash160(`0x${'22'.repeat(20)}`);
const HOUR_MS = 3_600_000;
const NOW_MS = 100 * HOUR_MS;
const DAY_AGO_MS = NOW_MS - 24 * HOUR_MS;

describe('what went out and came in lately', () => {
  let dir: string;
  let db: Database;
  let made = 0;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-flow-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  const book = (
    atMs: number,
    [debit, credit]: readonly [AccountId, AccountId],
    amount: bigint,
    cause: string,
  ): void => {
    const transfer = { id: `t${made++}`, debit, credit, amount, cause, block: 1, tx: null };
    inTransaction(db, () => createLedgerStore(db).transfer({ ...transfer, requestId: null }, atMs));
  };
  const fund = (atMs: number) => {
    book(atMs, [OUTSIDE, walletOf(NODE)], 10_000n, 'funded');
    book(atMs, [OUTSIDE, reservedOf(OTHER)], 10_000n, 'deposit');
  };
  const fees = (atMs: number, amount: bigint) =>
    book(atMs, [walletOf(NODE), BURNT], amount, 'fees elsewhere');
  const charge = (atMs: number, amount: bigint) =>
    book(atMs, [reservedOf(OTHER), earnedOf(NODE)], amount, 'fee');
  /** Amounts as text, so that a failure can be told between processes. */
  const flow = () => {
    const found = createRecentFlow(db, NODE)(DAY_AGO_MS, NOW_MS);
    return found && `${found.spent} out, ${found.charged} in, ${found.periodMs / HOUR_MS} h`;
  };

  it('is nothing known while the ledger is empty', () => {
    assert.equal(flow(), null);
  });

  it('counts what lies within the period, and its first moment, and nothing before', () => {
    fund(DAY_AGO_MS - HOUR_MS);
    fees(DAY_AGO_MS - 1, 1_000n);
    charge(DAY_AGO_MS - 1, 1_000n);
    fees(DAY_AGO_MS, 7n);
    charge(NOW_MS - HOUR_MS, 5n);
    fees(NOW_MS, 30n);
    assert.deepEqual(flow(), '37 out, 5 in, 24 h');
  });

  it('is of a shorter period where the books are younger', () => {
    fund(NOW_MS - 2 * HOUR_MS);
    fees(NOW_MS - HOUR_MS, 7n);
    assert.deepEqual(flow(), '7 out, 0 in, 2 h');
  });

  it('is of no time at all where the block that began the books is ahead of the clock', () => {
    fund(NOW_MS + HOUR_MS);
    fees(NOW_MS + HOUR_MS, 7n);
    assert.deepEqual(flow(), '7 out, 0 in, 0 h');
  });

  it('is of the whole period where one row is older', () => {
    book(DAY_AGO_MS - 1, [OUTSIDE, walletOf(NODE)], 10_000n, 'funded');
    fees(NOW_MS - HOUR_MS, 7n);
    assert.deepEqual(flow(), '7 out, 0 in, 24 h');
  });

  it('is nothing where all of the books are older', () => {
    fund(DAY_AGO_MS - 2 * HOUR_MS);
    fees(DAY_AGO_MS - HOUR_MS, 7n);
    assert.deepEqual(flow(), '0 out, 0 in, 24 h');
  });

  it('counts only what the wallet paid, and what was charged', () => {
    fund(NOW_MS - 48 * HOUR_MS);
    fees(NOW_MS - HOUR_MS, 3n);
    book(NOW_MS - HOUR_MS, [BURNT, LOST], 2n, 'faulted');
    book(NOW_MS - HOUR_MS, [LOST, BURNT], 2n, 'recovered');
    assert.deepEqual(flow(), '3 out, 0 in, 24 h');
  });

  it('looks at the last 100,000 rows alone, and tells how short a period they are of', () => {
    fund(DAY_AGO_MS - HOUR_MS);
    fees(DAY_AGO_MS + HOUR_MS, 1_000n);
    fees(NOW_MS - 3 * HOUR_MS, 50n);
    const deposit = `'single', '${OUTSIDE}', '${reservedOf(OTHER)}', 1, 'deposit', 1`;
    db.exec(`WITH RECURSIVE row(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < 100000)
      INSERT INTO ledger_transfer (id, phase, debit, credit, amount, cause, block, at_ms)
      SELECT 'many' || n, ${deposit}, ${NOW_MS - 2 * HOUR_MS} FROM row`);
    assert.deepEqual(flow(), '50 out, 0 in, 3 h');
    fees(NOW_MS - HOUR_MS, 7n);
    assert.deepEqual(flow(), '7 out, 0 in, 2 h');
  });
});
