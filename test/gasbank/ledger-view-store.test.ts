import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { creditOf, reservedOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import {
  createLedgerViews,
  type LedgerViews,
  MAX_HISTORY_LIMIT,
  type TransferView,
} from '../../src/gasbank/ledger-view-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { hash160Of } from '../api/request-book.js';

/** More than two pages of the longest. */
const TRANSFERS = 2 * MAX_HISTORY_LIMIT + 123;
const PAYERS = [hash160Of(1), hash160Of(2)] as const;

describe('the views of the ledger', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-views-'));
  let db: Database;
  let views: LedgerViews;
  before(() => {
    db = openDatabase(join(dir, 'node.sqlite'));
    views = createLedgerViews(db);
    const ledger = createLedgerStore(db);
    inTransaction(db, () => {
      for (let at = 0; at < TRANSFERS; at++) {
        const payer = PAYERS[at % 3 === 0 ? 0 : 1] ?? PAYERS[0];
        const isDeposit = at % 2 === 0;
        const way = isDeposit
          ? ({ debit: 'outside', credit: creditOf(payer), amount: 1_000n } as const)
          : ({ debit: creditOf(payer), credit: reservedOf(payer), amount: 1n } as const);
        const cause = isDeposit ? 'deposit' : 'reserve';
        const rest = { cause, block: at, tx: null, requestId: null };
        const paidIn = { debit: 'outside', credit: creditOf(payer), amount: 1n } as const;
        if (!isDeposit) ledger.transfer({ ...paidIn, ...rest, id: `d${at}` }, at);
        ledger.transfer({ ...way, ...rest, id: `t${at}` }, at);
      }
    });
  });
  after(() => {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const rows = (transfers: Iterable<TransferView>) => [...transfers].map(({ row }) => Number(row));
  const ascending = (values: readonly number[]) =>
    values.every((value, at) => at === 0 || value > (values[at - 1] ?? value));
  const paged = (accounts: readonly string[], sinceMs: number | null, limit: number) => {
    const found: number[] = [];
    let beforeRow: bigint | null = null;
    for (;;) {
      const page = rows(views.transfers({ accounts, sinceMs, beforeRow, limit }));
      found.push(...page);
      if (page.length < limit) return found;
      beforeRow = BigInt(page.at(-1) ?? 0);
    }
  };

  it('give every transfer once, in order, from either end and in pages of any size', () => {
    const [first] = PAYERS;
    const everything = [...views.allTransfers({ accounts: [], sinceMs: null })];
    for (const accounts of [[], [creditOf(first)], [creditOf(first), reservedOf(first)]]) {
      for (const sinceMs of [null, 1_500]) {
        const all = rows(views.allTransfers({ accounts, sinceMs }));
        assert.equal(ascending(all), true);
        const wanted = everything.filter(
          ({ debit, credit, atMs }) =>
            atMs >= (sinceMs ?? 0) &&
            (accounts.length === 0 || accounts.some((id) => id === debit || id === credit)),
        );
        assert.deepEqual(all, rows(wanted));
        for (const limit of [7, MAX_HISTORY_LIMIT]) {
          assert.deepEqual(paged(accounts, sinceMs, limit).reverse(), all);
        }
      }
    }
    assert.equal(everything.length, TRANSFERS + Math.floor(TRANSFERS / 2));
  });

  it('find the pages of an account by an index, however long the ledger is', () => {
    const plan = db
      .prepare(`EXPLAIN QUERY PLAN SELECT rowid AS row, * FROM ledger_transfer
        WHERE credit = 'x' AND rowid < 5 AND at_ms >= 0 ORDER BY rowid DESC LIMIT 3`)
      .all() as { detail: string }[];
    const told = plan.map(({ detail }) => detail).join('; ');
    assert.match(told, /USING INDEX ledger_transfer_by_credit/);
    assert.doesNotMatch(told, /SCAN|TEMP B-TREE/);
  });

  it('know no account that nothing was booked on', () => {
    assert.equal(views.account(creditOf(hash160Of(9))), null);
    assert.equal(views.begunMs(), 0);
    assert.equal(views.height(), null);
    assert.equal(views.countInFlight(), 0);
  });
});
