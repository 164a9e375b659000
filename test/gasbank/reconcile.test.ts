import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.js';
import { hash160 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import {
  type AccountId,
  creditOf,
  earnedOf,
  OUTSIDE,
  reservedOf,
  walletOf,
} from '../../src/gasbank/accounts.js';
import {
  type BooksReader,
  type ChainBalances,
  MAX_ACCOUNTS_READ,
} from '../../src/gasbank/books-reader.js';
import { type CheckedAccount, GATEWAY_HELD } from '../../src/gasbank/chain-figures.js';
import { createCheckedBalances } from '../../src/gasbank/checked-balance-store.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { createProofStore } from '../../src/gasbank/proof-store.js';
import { createRecentBooks, type RecentBooks } from '../../src/gasbank/recent-books.js';
import { createReconcile, type ReconcileParts } from '../../src/gasbank/reconcile.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { silentLog } from '../../src/telemetry/log.js';

const OWN = hash160(`0x${'a1'.repeat(20)}`);
const PAYER = hash160(`0x${'c3'.repeat(20)}`);
const EVERY = 10;

/** Time passes by sleeping. */
let nowMs = 0;
const hurried: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  sleep: async (timeoutMs) => {
    nowMs += timeoutMs;
  },
};

/** The chain's balances are those of the books, but for what a test adds to them. */
describe('holding the books against the chain', () => {
  let dir: string;
  let db: Database;
  let height: number;
  let chainHeight: () => number;
  const lies = new Map<CheckedAccount, bigint>();
  /** Of each reading, the accounts. */
  let read: (readonly CheckedAccount[])[];
  let fails: (() => void) | null;
  let recent: RecentBooks;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-reconcile-'));
    db = openDatabase(join(dir, 'node.sqlite'));
    height = 100;
    chainHeight = () => height;
    lies.clear();
    read = [];
    fails = null;
    move(creditOf(PAYER), 1_000n);
    move(walletOf(OWN), 5_000n);
    recent = createRecentBooks(createCheckedBalances(db), hurried);
    recent.note(height);
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  let moves = 0;
  const transfer = (id: string, debit: AccountId, credit: AccountId, amount: bigint) => {
    const of = { id, debit, credit, amount, cause: 'deposit', block: height };
    return { ...of, tx: null, requestId: null };
  };
  const move = (credit: AccountId, amount: bigint, debit: AccountId = OUTSIDE) => {
    const one = transfer(`move ${moves++}`, debit, credit, amount);
    inTransaction(db, () => createLedgerStore(db).transfer(one, 1));
  };
  const told = (accounts: readonly CheckedAccount[], at: number, lying = true): ChainBalances => {
    const balances = createCheckedBalances(db);
    return {
      height: at,
      balances: new Map(
        accounts.map((account) => {
          const lie = lying ? (lies.get(account) ?? 0n) : 0n;
          return [account, balances.balance(account) + lie];
        }),
      ),
    };
  };
  const reader: BooksReader = {
    latest: async (accounts) => {
      read.push(accounts);
      fails?.();
      return told(accounts, chainHeight());
    },
    at: async () => null,
  };
  const honest: BooksReader = {
    latest: async (accounts) => told(accounts, height, false),
    at: async () => null,
  };
  const proofs = () => createProofStore(db);
  const make = (more: Partial<ReconcileParts> = {}) =>
    createReconcile({
      db,
      proofs: proofs(),
      balances: createCheckedBalances(db),
      reader,
      each: [reader],
      clock: hurried,
      log: silentLog,
      ownAccounts: [OWN],
      everyBlocks: EVERY,
      booksAt: recent.find,
      height: () => height,
      ...more,
    });
  const next = async (reconcile: ReturnType<typeof make>, blocks = 1) => {
    height += blocks;
    recent.note(height);
    await reconcile.run(height);
  };

  it('looks at all accounts at the start, and at what a block moved with the node’s own', async () => {
    const reconcile = make();
    assert.match(reconcile.whyStopped() ?? '', /not yet held against the chain/);
    assert.equal(reconcile.hasLooked(), false);
    await reconcile.run(height);
    const own = [GATEWAY_HELD, walletOf(OWN), earnedOf(OWN)];
    assert.deepEqual(read, [[...own, creditOf(PAYER)]]);
    assert.equal(reconcile.whyStopped(), null);
    assert.deepEqual(proofs().proof()?.agreedBlock, 100);
    read = [];
    await next(reconcile);
    assert.deepEqual(read, [], 'nothing moved');
    move(reservedOf(PAYER), 10n, creditOf(PAYER));
    await next(reconcile);
    assert.deepEqual(read, [[...own, creditOf(PAYER), reservedOf(PAYER)]]);
    read = [];
    await next(reconcile, EVERY - 2);
    assert.equal(read[0]?.length, 5, 'all accounts, once in so many blocks');
    assert.equal(proofs().proof()?.agreedBlock, 100 + EVERY);
  });

  it('reads no more at once than an endpoint bears', async () => {
    for (let at = 0; at < 150; at++) {
      move(creditOf(hash160(`0x${at.toString(16).padStart(40, '0')}`)), 1n);
    }
    const reconcile = make();
    await reconcile.run(height);
    assert.deepEqual(
      read.map(({ length }) => length),
      [MAX_ACCOUNTS_READ, 154 - MAX_ACCOUNTS_READ],
    );
    assert.equal(proofs().proof()?.accounts, 154);
  });

  it('stops spending by a difference, keeps since when, and ends it when all agree', async () => {
    const reconcile = make();
    await reconcile.run(height);
    lies.set(creditOf(PAYER), -1n);
    move(creditOf(PAYER), 5n);
    await next(reconcile);
    const [difference] = proofs().open();
    assert.deepEqual(difference && { ...difference, firstMs: 0 }, {
      account: creditOf(PAYER),
      ledger: 1_005n,
      chain: 1_004n,
      agreedBlock: 100,
      firstBlock: 101,
      lastBlock: 101,
      firstMs: 0,
    });
    assert.throws(reconcile.refuseIfStopped, { code: 'SPENDING_STOPPED', retryable: true });
    assert.match(
      reconcile.whyStopped() ?? '',
      /credit:0xc3.* has 0\.00001004 GAS .* and 0\.00001005 GAS on the books \(since block 101\)/,
    );
    await next(reconcile);
    assert.equal(proofs().open()[0]?.lastBlock, 102);
    lies.clear();
    read = [];
    await next(reconcile);
    assert.equal(reconcile.whyStopped(), null);
    assert.deepEqual(proofs().open(), []);
    assert.equal(proofs().proof()?.agreedBlock, 103, 'all accounts were looked at');
  });

  it('keeps the last block at which an account agreed, though not all were looked at', async () => {
    const reconcile = make();
    await reconcile.run(height);
    move(creditOf(PAYER), 5n);
    await next(reconcile, 2);
    lies.set(creditOf(PAYER), -1n);
    move(creditOf(PAYER), 5n);
    await next(reconcile, 2);
    assert.deepEqual(
      proofs()
        .open()
        .map(({ agreedBlock, firstBlock }) => [agreedBlock, firstBlock]),
      [[102, 104]],
    );
    assert.match(reconcile.whyStopped() ?? '', /it began after block 102, and by 104/);
  });

  it('logs each difference once, as an error that names the account and both figures', async () => {
    const logged: string[] = [];
    const error: typeof silentLog.error = (event, facts) =>
      void logged.push(`${event}: ${facts?.account}: ${facts?.reason}`);
    const reconcile = make({ log: { ...silentLog, error } });
    await reconcile.run(height);
    lies.set(creditOf(PAYER), -1n);
    move(creditOf(PAYER), 5n);
    for (const blocks of [1, 1]) await next(reconcile, blocks);
    assert.equal(logged.length, 2);
    assert.match(logged[0] ?? '', /^the books differ .* 0\.00001004 GAS .* 0\.00001005 GAS on the/);
    assert.match(logged[1] ?? '', /^a difference was traced: credit:0xc3/);
  });

  it('does not call a difference over while another account differs', async () => {
    const reconcile = make();
    await reconcile.run(height);
    lies.set(creditOf(PAYER), 1n).set(walletOf(OWN), 2n);
    await next(reconcile, EVERY);
    assert.equal(proofs().open().length, 2);
    lies.delete(creditOf(PAYER));
    await next(reconcile);
    await next(reconcile, EVERY);
    assert.equal(proofs().open().length, 2, 'only a look at all accounts ends them');
    lies.clear();
    await next(reconcile);
    assert.deepEqual(proofs().open(), []);
  });

  it('stands by a difference over a restart, in the database itself', async () => {
    const reconcile = make();
    await reconcile.run(height);
    lies.set(GATEWAY_HELD, 1n);
    move(creditOf(PAYER), 5n);
    await next(reconcile);
    const again = make();
    assert.match(again.whyStopped() ?? '', /the gateway holds in all/);
    const fees = transfer('draw', walletOf(OWN), 'burnt', 1n);
    const draw = () => inTransaction(db, () => createLedgerStore(db).draw(fees, 1));
    assert.throws(draw, /spending is stopped: the books differ from the chain/);
    lies.clear();
    await again.run(height);
    assert.equal(again.whyStopped(), null);
    draw();
  });

  it('believes nothing that is read once, or of another height', async () => {
    const reconcile = make();
    await reconcile.run(height);
    lies.set(walletOf(OWN), 1n);
    let readings = 0;
    chainHeight = () => (readings++ % 2 === 0 ? height : height + 1);
    await next(reconcile, EVERY);
    assert.deepEqual(proofs().open(), []);
    chainHeight = () => height;
    lies.clear();
    let odd = false;
    fails = () => {
      odd = !odd;
      lies.set(walletOf(OWN), odd ? 1n : 2n);
    };
    await next(reconcile);
    assert.deepEqual(proofs().open(), []);
    assert.equal(reconcile.whyStopped(), null);
  });

  it('counts nothing that is of before the block that moved something', async () => {
    const reconcile = make();
    await reconcile.run(height);
    move(creditOf(PAYER), 5n);
    const moved = height + 1;
    chainHeight = () => moved - 1;
    lies.set(creditOf(PAYER), -5n);
    await next(reconcile);
    assert.deepEqual(proofs().open(), [], 'what is of before agrees');
    lies.set(creditOf(PAYER), 3n);
    chainHeight = () => height;
    await next(reconcile);
    assert.equal(proofs().open()[0]?.account, creditOf(PAYER));
  });

  it('takes the word of an endpoint that agrees with the books against one that does not', async () => {
    const reconcile = make({ each: [reader, honest] });
    lies.set(walletOf(OWN), 1n);
    await reconcile.run(height);
    assert.deepEqual(proofs().open(), []);
    assert.equal(reconcile.whyStopped(), null);
  });

  it('stops spending when nothing could be compared for long, and says why', async () => {
    const reconcile = make();
    await reconcile.run(height);
    fails = () => {
      throw new NodeError('RPC_TIMEOUT', 'no answer in time', { retryable: true });
    };
    await next(reconcile, 3 * EVERY);
    assert.equal(reconcile.whyStopped(), null);
    await next(reconcile);
    assert.match(
      reconcile.whyStopped() ?? '',
      /were not held against the chain since block 100: no answer in time/,
    );
    fails = null;
    await next(reconcile);
    assert.equal(reconcile.whyStopped(), null);
    fails = () => {
      throw new Error('bug: made by the test');
    };
    height += EVERY;
    recent.note(height);
    await assert.rejects(reconcile.run(height), /made by the test/);
  });

  it('traces an account to the block in which it began to differ, where it can look back', async () => {
    const began = 88;
    const looksBack: BooksReader = {
      latest: reader.latest,
      at: async (at, accounts) => {
        const balances = createCheckedBalances(db);
        const then = accounts.map((account) => {
          const lie = at >= began ? (lies.get(account) ?? 0n) : 0n;
          return [account, balances.balanceAt(account, at) + lie] as const;
        });
        return { height: at, balances: new Map(then) };
      },
    };
    height = 50;
    move(creditOf(PAYER), 1n);
    height = 100;
    recent.note(height);
    lies.set(creditOf(PAYER), 9n).set(GATEWAY_HELD, 9n);
    const reconcile = make({ reader: looksBack });
    await reconcile.run(height);
    assert.ok(reconcile.missesPast(), 'it holds more than its events tell');
    const found = proofs()
      .open()
      .find(({ account }) => account === creditOf(PAYER));
    assert.deepEqual([found?.agreedBlock, found?.firstBlock], [began - 1, began]);
  });
});
