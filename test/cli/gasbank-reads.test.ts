import assert from 'node:assert/strict';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { hash160ToAddress } from '../../src/base/hash.js';
import { creditOf, earnedOf, reservedOf, walletOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore, type Transfer } from '../../src/gasbank/ledger-store.js';
import { createProofStore } from '../../src/gasbank/proof-store.js';
import { createCursorStore } from '../../src/pipeline/cursor-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { AT_MS, hash160Of, hash256Of } from '../api/request-book.js';
import { commandLine, longestLine } from './command-line.js';

const NODE = hash160Of(0x01);
const PAYER = hash160Of(0x02);
const OTHER = hash160Of(0x03);
const TX: Hash256 = hash256Of(7);
const LOST: Hash256 = hash256Of(8);
const DAY_MS = 86_400_000;

describe('gasbank balance and history', () => {
  const cli = commandLine();
  let db: Database;
  before(() => {
    db = openDatabase(cli.databaseFile);
    const ledger = createLedgerStore(db);
    inTransaction(db, () => createCursorStore(db).begin(56753, hash160Of(9), 321));
    const move = (id: string, given: Partial<Transfer>, atMs: number): void => {
      const base = { id, debit: 'outside', credit: 'burnt', amount: 1n, cause: 'deposit' } as const;
      const where = { block: 100, tx: TX, requestId: null };
      inTransaction(db, () => ledger.transfer({ ...base, ...where, ...given }, atMs));
    };
    move(
      'a',
      { credit: walletOf(NODE), amount: 10_00000001n, cause: 'funded', counterparty: OTHER },
      AT_MS - 9 * DAY_MS,
    );
    move('b', { credit: creditOf(PAYER), amount: 5_00000000n }, AT_MS - 8 * DAY_MS);
    move('c', { credit: creditOf(OTHER), amount: 1n }, AT_MS - DAY_MS);
    const [debit, credit] = [creditOf(PAYER), reservedOf(PAYER)];
    move('d', { debit, credit, amount: 2_00000000n, cause: 'reserve', requestId: 4n }, AT_MS);
    inTransaction(db, () => {
      const fees = {
        id: 'e',
        debit: walletOf(NODE),
        credit: 'burnt',
        amount: 25_000_000n,
      } as const;
      const rest = { cause: 'respond "fees", drawn', block: null, tx: TX, requestId: null };
      ledger.draw({ ...fees, ...rest }, AT_MS + 1_500);
    });
    addSent(db, TX, NODE);
    const earned = { debit: reservedOf(PAYER), credit: earnedOf(NODE), cause: 'fee' } as const;
    move('f', { ...earned, amount: 50n, requestId: 4n, lostTx: LOST }, AT_MS + 2_000);
  });
  after(() => {
    db.close();
    cli.remove();
  });

  const runJson = async (...words: string[]) => {
    const { exitCode, out } = await cli.runHere('gasbank', ...words, '--json');
    return { exitCode, ...JSON.parse(out) };
  };

  it('shows posted, in flight and available, payers summed up, and what is in flight', async () => {
    const { exitCode, out } = await cli.runHere('gasbank', 'balance');
    assert.equal(exitCode, 0);
    const lines = out.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | '));
    assert.equal(lines[0], 'Books up to block 320, in GAS');
    const wallet = `wallet:${hash160ToAddress(NODE)}`;
    assert.ok(lines.includes(`${wallet} | 10.00000001 | 0.25000000 | 9.75000001`), out);
    assert.ok(lines.includes('credit of 2 payers | 3.00000001 | 0.00000000 | 3.00000001'), out);
    assert.ok(lines.includes('reserved of 1 payer | 1.99999950 | 0.00000000 | 1.99999950'), out);
    assert.match(out, /^in flight {2}0\.25000000 GAS of 1 transaction not in a block yet$/m);
    assert.doesNotMatch(out, /NOT BALANCED/);
    assert.ok(longestLine(out) <= 100);
  });

  it('shows every account with --all, and the same in JSON as decimal datoshi', async () => {
    const { out } = await cli.runHere('gasbank', 'balance', '--all');
    assert.match(out, new RegExp(`credit:${hash160ToAddress(OTHER)} +0\\.00000001`));
    const sheet = await runJson('balance');
    assert.equal(sheet.exitCode, 0);
    assert.equal(sheet.sumDatoshi, '0');
    assert.deepEqual(sheet.inFlight, { datoshi: '25000000', transactions: 1 });
    const found = sheet.accounts.find(({ account }: { account: string }) => {
      return account === walletOf(NODE);
    });
    assert.deepEqual(found, {
      account: walletOf(NODE),
      postedDatoshi: '1000000001',
      inFlightDatoshi: '25000000',
      availableDatoshi: '975000001',
    });
  });

  it('says where the books are not as the chain has it', async () => {
    const proofs = createProofStore(db);
    assert.deepEqual((await runJson('balance')).differences, []);
    const seen = { account: creditOf(PAYER), ledger: 3_00000000n, chain: 1n, agreedBlock: 99 };
    inTransaction(db, () => proofs.see(seen, 100, AT_MS));
    const { out } = await cli.runHere('gasbank', 'balance');
    assert.match(out, /^DIFFERS {4}credit:0x0202\w+ has 0\.00000001 GAS on the chain and\n/m);
    assert.match(out, /3\.00000000 GAS on the books \(since block 100\)$/m);
    assert.equal((await runJson('balance')).differences[0].chain, '1');
    assert.equal(longestLine(out) <= 100, true);
    inTransaction(db, () => proofs.prove(101, AT_MS, 5));
    assert.deepEqual((await runJson('balance')).differences, []);
  });

  it('takes an address, a 0x hash, or an account of the ledger', async () => {
    const ids = async (named: string) => {
      const { accounts } = await runJson('balance', named);
      return accounts.map(({ account }: { account: string }) => account);
    };
    assert.deepEqual(await ids(hash160ToAddress(PAYER)), [creditOf(PAYER), reservedOf(PAYER)]);
    assert.deepEqual(await ids(PAYER), [creditOf(PAYER), reservedOf(PAYER)]);
    assert.deepEqual(await ids('burnt'), ['burnt']);
    assert.deepEqual(await ids(`reserved:${hash160ToAddress(PAYER)}`), [reservedOf(PAYER)]);
    assert.deepEqual(await ids(earnedOf(NODE)), [earnedOf(NODE)]);
  });

  it('says what it takes for an account, and which are not in the books', async () => {
    for (const named of ['nothing', 'credit:x', 'credits:burnt', `burnt:${PAYER}`, 'N1']) {
      const { exitCode, err } = await cli.runHere('gasbank', 'balance', named);
      assert.equal(exitCode, 1);
      assert.match(err, /account is "/);
      assert.match(err, /to do: expected an address, 0x and 40 hex digits, or one of wallet:N…/);
    }
    const { exitCode, err } = await cli.runHere('gasbank', 'balance', hash160Of(0x55));
    assert.equal(exitCode, 1);
    assert.match(err, /nothing was ever booked on 0x5555.*, up to block 320/);
  });

  it('lists movements, newest first, from where to where and what for', async () => {
    const { exitCode, out } = await cli.runHere('gasbank', 'history');
    assert.equal(exitCode, 0);
    assert.ok(longestLine(out) <= 100, out);
    const lines = out.split('\n');
    assert.match(lines[1] ?? '', /^2025-01-02 03:04:07 +100 +0\.00000050 +single +4 +fee$/);
    const [from, to] = [reservedOf(PAYER), earnedOf(NODE)].map((id) => {
      const [kind, owner] = id.split(':');
      return `${kind}:${hash160ToAddress(owner as Hash160)}`;
    });
    assert.equal(lines[2], `    ${from} -> ${to}`);
    assert.equal(lines[3], `    of the FAULTed ${LOST}`);
    assert.ok(out.includes(`\n    outside (${hash160ToAddress(OTHER)}) -> wallet:N`), out);
    assert.match(lines[4] ?? '', /03:04:06 +- +0\.25000000 +pending +- +respond "fees", drawn$/);
  });

  it('lists those of one account, since a date or for a duration', async () => {
    const ids = async (...words: string[]) => {
      const { transfers } = await runJson('history', ...words);
      return transfers.map(({ id }: { id: string }) => id).join('');
    };
    assert.equal(await ids(), 'fedcba');
    assert.equal(await ids(PAYER), 'fdb');
    assert.equal(await ids(NODE), 'fea');
    assert.equal(await ids('burnt'), 'e');
    assert.equal(await ids('outside', '--since', '2025-01-01'), 'c');
    assert.equal(await ids('--since', '2025-01-01T03:04:05'), 'fedc');
    assert.equal(await ids('--since', '2025-01-01T03:04:06Z'), 'fed');
    assert.equal(await ids('--since', '2d'), 'fedc');
    assert.equal(await ids('--since', '30s'), '');
    assert.equal(
      (await cli.runHere('gasbank', 'history', '--since', '1s')).out,
      'Nothing was booked.\n',
    );
  });

  it('pages without a gap', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const more: string[] = cursor === null ? [] : ['--cursor', cursor];
      const page = await runJson('history', PAYER, '--limit', '2', ...more);
      seen.push(...page.transfers.map(({ id }: { id: string }) => id));
      cursor = page.cursor;
    } while (cursor !== null);
    assert.deepEqual(seen, ['f', 'd', 'b']);
    const { out } = await cli.runHere('gasbank', 'history', '--limit', '1');
    assert.match(out, /\nMore with --cursor 6\n$/);
  });

  it('prints comma-separated values, oldest first and all of them', async () => {
    const { exitCode, out } = await cli.runHere('gasbank', 'history', '--csv');
    assert.equal(exitCode, 0);
    const lines = out.trimEnd().split('\n');
    const columns = 'time,block,tx,request,cause,phase,debit,credit,gas,row,transfer,settles';
    assert.equal(lines[0], `${columns},lost_tx,counterparty`);
    assert.equal(lines.length, 7);
    assert.match(lines[1] ?? '', /^2024-12-24T03:04:05\.000Z,100,0x.*,,funded,single,outside,/);
    assert.match(lines[1] ?? '', /,10\.00000001,1,a,,,0x0303\w+$/);
    assert.match(
      lines[5] ?? '',
      /,,0x.*,,"respond ""fees"", drawn",pending,.*,0\.25000000,5,e,,,$/,
    );
  });

  it('says what is wrong with what it was asked', async () => {
    const cases: [string[], RegExp][] = [
      [['--since', 'yesterday'], /since is "yesterday"\nto do: expected a date in UTC/],
      [['--since', '2025-02-30'], /since is "2025-02-30"/],
      [['--limit', '0'], /limit is "0"\nto do: expected a number from 1 to 1000/],
      [['--limit', '1001'], /limit is "1001"/],
      [['--cursor', '-1'], /cursor is "-1"/],
      [['--csv', '--limit', '5'], /--csv goes with neither/],
    ];
    for (const [words, pattern] of cases) {
      const { exitCode, out, err } = await cli.runHere('gasbank', 'history', ...words);
      assert.deepEqual([exitCode, out], [1, ''], words.join(' '));
      assert.match(err, pattern);
    }
  });
});

/** A transaction that is in flight, as the node stores it. */
function addSent(db: Database, hash: Hash256, account: Hash160): void {
  db.prepare(`INSERT INTO sent_transaction (hash, purpose, state, account, raw, system_fee,
    network_fee, valid_until_block, signed_ms)
    VALUES (?, 'respond', 'signed', ?, x'00', 1, 1, 9, 1)`).run(hash, account);
}
