import assert from 'node:assert/strict';
import { hash160, hash160ToAddress } from '../../src/base/hash.js';
import { BURNT, OUTSIDE, walletOf } from '../../src/gasbank/accounts.js';
import type { ChainBalances } from '../../src/gasbank/books-reader.js';
import type { CheckedAccount } from '../../src/gasbank/chain-figures.js';
import { createCheckedBalances } from '../../src/gasbank/checked-balance-store.js';
import {
  createOwnAccountStore,
  type OwnAccountStore,
} from '../../src/gasbank/own-account-store.js';
import { createOpenWallets } from '../../src/pipeline/open-wallets.js';
import { inTransaction } from '../../src/storage/database.js';
import type { Log } from '../../src/telemetry/log.js';
import { numbered } from '../gasbank/histories/model-chain.js';
import { ACCOUNT, createStages, type Stages, WALLET } from './stage-fixture.js';

const FORMER = hash160(`0x${'f0'.repeat(20)}`);

describe('opening the wallets', () => {
  let stages: Stages;
  let ownAccounts: OwnAccountStore;
  const HEIGHT = 20;
  let booksHeight: number;
  let isSteady: boolean;
  let balances: Map<CheckedAccount, bigint>;
  let asked: CheckedAccount[][];
  beforeEach(() => {
    stages = createStages();
    ownAccounts = createOwnAccountStore(stages.db);
    booksHeight = HEIGHT;
    isSteady = true;
    asked = [];
    balances = new Map([
      [WALLET, 100n],
      [walletOf(FORMER), 7n],
    ]);
    inTransaction(stages.db, () => ownAccounts.remember([ACCOUNT], 10));
  });
  afterEach(() => stages.close());

  const latest = async (accounts: readonly CheckedAccount[]): Promise<ChainBalances | null> => {
    asked.push([...accounts]);
    return isSteady ? { height: HEIGHT, balances } : null;
  };
  const create = (log: Log = stages.log) =>
    createOpenWallets({
      ...stages,
      log,
      ownAccounts,
      reader: { latest },
      booksAt: async (at) => (at === booksHeight ? createCheckedBalances(stages.db).balance : null),
    });
  const causes = () =>
    stages.db.prepare('SELECT cause, block, amount FROM ledger_transfer ORDER BY rowid').all();
  const move = (debit: typeof WALLET, credit: typeof WALLET, amount: bigint) =>
    inTransaction(stages.db, () => {
      const rest = { id: `${debit} ${amount}`, amount, cause: 'test', block: 11, tx: null };
      stages.ledger.transfer({ ...rest, debit, credit, requestId: null }, 1);
    });

  it('books what the chain has beyond what moved, as of before the first block', async () => {
    move(WALLET, BURNT, 30n);
    assert.equal(stages.ledger.balance(WALLET).posted, -30n);
    assert.equal(await create()(), true);
    assert.equal(stages.ledger.balance(WALLET).posted, 100n);
    assert.deepEqual(causes().slice(1), [{ cause: 'opening', block: 9n, amount: 130n }]);
    assert.deepEqual(ownAccounts.all(), [{ account: ACCOUNT, sinceBlock: 10, openedBlock: 20 }]);
    assert.throws(() => move(WALLET, BURNT, 101n), { code: 'LEDGER_FLOOR' });
  });

  it('opens each account once, also one that is remembered later, and nothing twice', async () => {
    await create()();
    inTransaction(stages.db, () => ownAccounts.remember([ACCOUNT, FORMER], 21));
    balances.set(WALLET, 999n);
    const open = create();
    assert.equal(await open(), true);
    assert.equal(await open(), true);
    assert.deepEqual(asked, [[WALLET], [walletOf(FORMER)]]);
    assert.equal(stages.ledger.balance(WALLET).posted, 100n);
    assert.equal(stages.ledger.balance(walletOf(FORMER)).posted, 7n);
    assert.deepEqual(
      ownAccounts.all().map(({ sinceBlock }) => sinceBlock),
      [10, 21],
    );
  });

  it('books an opening of one datoshi, and tells of it', async () => {
    const told: unknown[] = [];
    const log = { ...stages.log, info: (...line: unknown[]) => void told.push(line) };
    balances.set(WALLET, 1n);
    assert.equal(await create(log)(), true);
    assert.equal(stages.ledger.balance(WALLET).posted, 1n);
    const facts = { account: hash160ToAddress(ACCOUNT), gas: '0.00000001', height: 20 };
    assert.deepEqual(told, [['opening balance booked', facts]]);
  });

  it('places an opening right before the first block on the books, if there was one', async () => {
    const later = numbered(0xf0, 1);
    balances.set(walletOf(later), 5n);
    balances.set(walletOf(FORMER), 6n);
    inTransaction(stages.db, () => {
      ownAccounts.remember([later], 0);
      ownAccounts.remember([FORMER], 1);
    });
    await create()();
    const openings = stages.db.prepare('SELECT credit, block FROM ledger_transfer').all();
    const blocks = new Map(
      (openings as { credit: string; block: bigint | null }[]).map(({ credit, block }) => [
        credit,
        block,
      ]),
    );
    assert.deepEqual(
      [WALLET, walletOf(later), walletOf(FORMER)].map((wallet) => blocks.get(wallet)),
      [9n, null, 0n],
    );
  });

  it('waits while a block comes with each reading', async () => {
    isSteady = false;
    const open = create();
    assert.equal(await open(), false);
    isSteady = true;
    assert.equal(await open(), true);
  });

  it('trusts no reader that leaves a wallet out', async () => {
    balances.delete(WALLET);
    await assert.rejects(create()(), /bug: no balance of 0xa1/);
  });

  it('gives an empty wallet its floor too', async () => {
    balances.set(WALLET, 0n);
    assert.equal(await create()(), true);
    assert.deepEqual(causes(), []);
    assert.throws(() => move(WALLET, BURNT, 1n), { code: 'LEDGER_FLOOR' });
  });

  it('waits for a reading that the books can be held against', async () => {
    const open = create();
    booksHeight = 19;
    assert.equal(await open(), false, 'the endpoint is ahead');
    assert.deepEqual(causes(), []);
    booksHeight = HEIGHT;
    assert.equal(await open(), true);
  });

  it('takes no balance that cannot be, and changes nothing', async () => {
    move(OUTSIDE, WALLET, 101n);
    const open = create();
    await assert.rejects(open(), { code: 'WALLET_OPENING', retryable: true });
    balances.set(WALLET, -1n);
    await assert.rejects(open(), { code: 'WALLET_OPENING' });
    assert.equal(ownAccounts.all()[0]?.openedBlock, null);
    balances.set(WALLET, 101n);
    assert.equal(await open(), true);
    assert.equal(stages.ledger.balance(WALLET).posted, 101n);
  });
});
