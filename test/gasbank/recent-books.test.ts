import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.js';
import { type AccountId, creditOf, OUTSIDE, reservedOf } from '../../src/gasbank/accounts.js';
import { GATEWAY_HELD } from '../../src/gasbank/chain-figures.js';
import { createCheckedBalances } from '../../src/gasbank/checked-balance-store.js';
import { compareBooks } from '../../src/gasbank/compare-books.js';
import { createRecentBooks, type RecentBooks } from '../../src/gasbank/recent-books.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, type Stages } from '../pipeline/stage-fixture.js';

const PAYER = `0x${'7'.repeat(40)}` as const;
const CREDIT = creditOf(PAYER);

describe('the books of the last blocks', () => {
  let stages: Stages;
  let recent: RecentBooks;
  beforeEach(() => {
    stages = createStages();
    recent = createRecentBooks(createCheckedBalances(stages.db), systemClock);
  });
  afterEach(() => stages.close());

  /** Takes in a block that moves an amount. */
  const block = (index: number, amount: bigint, from: AccountId = OUTSIDE, to = CREDIT): void => {
    inTransaction(stages.db, () => {
      const rest = { amount, cause: 'test', block: index, tx: null, requestId: null };
      stages.ledger.transfer({ ...rest, id: `block ${index}`, debit: from, credit: to }, 1);
    });
    recent.note(index);
  };

  it('are told as they were, whatever came after', async () => {
    block(5, 100n);
    block(6, 30n, CREDIT, reservedOf(PAYER));
    block(9, 7n);
    for (const [height, credit, held] of [
      [5, 100n, 100n],
      [6, 70n, 100n],
      [7, 70n, 100n],
      [9, 77n, 107n],
    ] as const) {
      const books = await recent.find(height);
      assert.deepEqual([books?.(CREDIT), books?.(GATEWAY_HELD)], [credit, held], `at ${height}`);
    }
  });

  it('are waited for where an endpoint is ahead, and not for ever', async () => {
    block(5, 1n);
    const ahead = recent.find(6);
    block(6, 1n);
    assert.equal((await ahead)?.(CREDIT), 2n);
    assert.equal(await recent.find(7), null);
  });

  it('are not told of blocks long past', async () => {
    for (let index = 1; index <= 100; index++) block(index, 1n);
    assert.equal(await recent.find(20), null);
    assert.equal((await recent.find(60))?.(CREDIT), 60n);
  });

  it('can be held against a chain that never stands still', async () => {
    let index = 0;
    let asked = 0;
    const wrong = { by: 0n };
    block(++index, 1n);
    const reader = {
      // Blocks come before the reading, while it is under way, and before it is compared.
      latest: async () => {
        asked += 1;
        const read = { height: index, balances: new Map([[CREDIT, BigInt(index) + wrong.by]]) };
        block(++index, 1n);
        return read;
      },
      at: async () => null,
    };
    const comparing = { reader, each: [], booksAt: recent.find, onDissent: () => {} };
    const compare = () => compareBooks({ ...comparing, waitsForOpinions: false }, [CREDIT]);
    assert.deepEqual((await compare())?.differences, []);
    wrong.by = 5n;
    const found = await compare();
    assert.deepEqual(found?.differences, [{ account: CREDIT, ledger: 3n, chain: 8n }]);
    assert.deepEqual([found?.height, asked], [3, 3]);
  });

  it('are read without a look at all the others, however long the ledger is', () => {
    const { db } = stages;
    const prepared: string[] = [];
    const watched = new Proxy(db, {
      get(target, name) {
        if (name !== 'prepare') return Reflect.get(target, name, target);
        return (sql: string) => {
          prepared.push(sql);
          return target.prepare(sql);
        };
      },
    });
    createCheckedBalances(watched);
    // With each block: what moved since, and what a block of before is held against.
    const eachBlock = prepared.filter((sql) => sql.includes('rowid > @row'));
    assert.equal(eachBlock.length, 5);
    for (const sql of eachBlock) {
      const names = [...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 1]);
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(Object.fromEntries(names));
      const steps = (plan as { detail: string }[]).map(({ detail }) => detail);
      assert.ok(
        steps.some((step) => step.startsWith('SEARCH ledger_transfer USING INTEGER PRIMARY KEY')),
        sql,
      );
      assert.deepEqual(
        steps.filter((step) => step.startsWith('SCAN')),
        [],
        sql,
      );
    }
  });
});
