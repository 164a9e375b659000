import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hash256 } from '../../src/base/hash.js';
import { hash160, hash256 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import { type Budgets, minuteOf, type SpendShare } from '../../src/gasbank/budgets.js';
import { createSpendStore, usedShares } from '../../src/gasbank/spend-store.js';
import { createSpending, NO_BUDGETS, reachedOf } from '../../src/gasbank/spending.js';
import { createTransactionStore } from '../../src/pipeline/transaction-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const ACCOUNT = hash160(`0x${'a1'.repeat(20)}`);
const ALICE = hash160(`0x${'aa'.repeat(20)}`);
const NOW_MS = 1_800_000_000_000;
const BUDGETS: Budgets = { ...NO_BUDGETS, node: { perHour: 100n, perDay: null } };

const txOf = (number: number): Hash256 => hash256(`0x${number.toString(16).padStart(64, '0')}`);
const share = (amount: bigint, requestId: bigint | null = 1n): SpendShare => ({
  requestId,
  kind: requestId === null ? 'collect' : 'http',
  requester: requestId === null ? null : ALICE,
  amount,
});

describe('spending', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-spending-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  const draw = (number: number, shares: readonly SpendShare[], atMs = NOW_MS): void =>
    inTransaction(db, () => {
      createTransactionStore(db).add({
        hash: txOf(number),
        purpose: 'respond',
        account: ACCOUNT,
        raw: Buffer.alloc(1),
        systemFee: 1n,
        networkFee: 1n,
        validUntilBlock: 1,
        signedMs: atMs,
      });
      createSpending(db, BUDGETS, () => atMs).draw(txOf(number), shares);
    });
  const end = (number: number, state: 'halted' | 'faulted' | 'dead') =>
    inTransaction(db, () => createTransactionStore(db).end(txOf(number), state, null, null));
  const spent = (scope: 'all' | 'kind:http' | `requester:0x${string}`) =>
    createSpendStore(db)
      .minutes(scope, 0)
      .reduce((sum, { amount }) => sum + amount, 0n);

  it('is refused with the limit that it would break, and leaves nothing behind', () => {
    draw(1, [share(60n), share(30n)]);
    const refused = () => draw(2, [share(11n)]);
    assert.throws(refused, (error) => {
      assert.ok(error instanceof NodeError && error.code === 'BUDGET_REACHED' && error.retryable);
      const reached = reachedOf(error);
      assert.deepEqual([reached?.spent, reached?.needed, reached?.scope], [90n, 11n, 'all']);
      assert.match(error.hint ?? '', /raise gasbank\.budgets\.perHour and restart/);
      return true;
    });
    assert.equal(spent('all'), 90n);
    assert.equal(createTransactionStore(db).get(txOf(2)), null);
    draw(2, [share(10n)]);
    assert.equal(reachedOf(new NodeError('WALLET_FLOOR', 'short')), null);
  });

  it('counts for the node, the kind and the requester, and not at all when it died', () => {
    draw(1, [share(20n), share(30n), share(5n, null)]);
    draw(2, [share(7n)]);
    assert.deepEqual(
      [spent('all'), spent('kind:http'), spent(`requester:${ALICE}`)],
      [62n, 57n, 57n],
    );
    end(1, 'dead');
    assert.deepEqual([spent('all'), spent('kind:http'), spent(`requester:${ALICE}`)], [7n, 7n, 7n]);
    end(2, 'faulted');
    assert.equal(spent('all'), 7n, 'a FAULT burns its fees');
  });

  it('counts what is on record for the future as of when it begins anew, and no longer', () => {
    const [YEAR_MS, HOUR_MS] = [31_536_000_000, 3_600_000];
    draw(1, [share(60n)], NOW_MS + YEAR_MS);
    draw(2, [share(30n)], NOW_MS + YEAR_MS + 120_000);
    const reached = createSpending(db, BUDGETS, () => NOW_MS).reached([share(11n)]);
    assert.equal(reached?.spent, 90n);
    assert.ok((reached?.resumesMs ?? Number.NaN) <= NOW_MS + HOUR_MS, `${reached?.resumesMs}`);
    createSpending(db, BUDGETS, () => NOW_MS + HOUR_MS).prepare();
    draw(3, [share(100n)], NOW_MS + HOUR_MS);
    // Its minute comes again, with less in it than what dies.
    draw(4, [share(1n)], NOW_MS + YEAR_MS);
    end(1, 'dead');
    assert.equal(spent('all'), 0n, 'what is older than two days is forgotten');
  });

  it('keeps what it needs for a day, and forgets what is older', () => {
    const [DAY_MS, MINUTE_MS] = [86_400_000, 60_000];
    draw(1, [share(1n)], NOW_MS - 3 * DAY_MS);
    draw(2, [share(2n)], NOW_MS - DAY_MS);
    draw(3, [share(4n)], NOW_MS);
    const minutes = createSpendStore(db).minutes('all', 0);
    assert.deepEqual(minutes, [
      { minute: minuteOf(NOW_MS - DAY_MS), amount: 2n },
      { minute: minuteOf(NOW_MS), amount: 4n },
    ]);
    const store = createSpendStore(db);
    assert.deepEqual(usedShares(store, 'all', BUDGETS, NOW_MS + MINUTE_MS), [
      { key: 'gasbank.budgets.perHour', used: 0.04 },
    ]);
  });

  it('never has its shares changed', () => {
    draw(1, [share(1n)]);
    assert.throws(() => db.exec('UPDATE spend_share SET amount = 2'), /is never changed/);
  });
});
