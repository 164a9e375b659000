import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { hash160ToAddress } from '../../src/base/hash.js';
import { createProfitView } from '../../src/gasbank/profit-view-store.js';
import { DATABASE_FILE } from '../../src/node.js';
import { type Database, openDatabaseReadOnly } from '../../src/storage/database.js';
import { type LyingProxy, startLyingProxy } from '../chain/lying-proxy.js';
import { commandLine, longestLine } from '../cli/command-line.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { deployHostiles, type Hostile, hostileAsks, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

/** A callback that sees less gas than this FAULTs: in a block it does, on trial it doesn't. */
const GAS_OF_A_TRIAL = parseGas('1.5');

describe('books that are proven from the command line', function () {
  this.timeout(120_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let proxy: LyingProxy;
  let running: RunningNode | null = null;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), { requestLifetime: 1_000 });
    proxy = await startLyingProxy(fixture.network.rpcUrl);
    running = await startNode(fixture.config);
    await makeHistory(fixture, running);
  });
  after(async () => {
    await running?.stop();
    await proxy?.stop();
    await fixture?.stop();
    cli.remove();
  });
  const run = (...words: string[]) => cli.run('gasbank', ...words, '--config', fixture.config.file);
  const json = async (...words: string[]) => {
    const { exitCode, out, err } = await run(...words, '--json');
    assert.notEqual(out, '', err);
    return { exitCode, told: JSON.parse(out) };
  };
  const storage = () => readdirSync(fixture.config.storage.dir);

  it('agree while the node runs', async () => {
    const { exitCode, out, err } = await run('reconcile');
    assert.equal(exitCode, 0, out + err);
    assert.match(
      out,
      /^The books agree with the chain: \d+ accounts at block \d+, \d+ transfers\.$/m,
    );
    const { told } = await json('reconcile');
    assert.equal(told.ok, true);
    assert.deepEqual([told.differences, told.unsound, told.sumDatoshi], [[], [], '0']);
    assert.ok(told.accounts >= 6 && told.transfers > 30, JSON.stringify(told));
  });

  it('are the very ones that the chain alone tells, while the node runs', async () => {
    const { exitCode, told } = await json('rebuild');
    assert.equal(exitCode, 0, JSON.stringify(told));
    assert.deepEqual([told.accounts, told.transfers, told.unsound], [[], [], []]);
    assert.equal(told.fromBlock, fixture.fromBlock);
    assert.ok(told.comparedTransfers > 30 && told.comparedAccounts >= 10);
    assert.deepEqual(
      storage().filter((name) => /^(rebuild|reconcile)-/.test(name)),
      [],
      'nothing is left behind',
    );
  });

  it('agree when the node has stopped and the chain gone on', async () => {
    await running?.stop();
    running = null;
    const { network, owner, gateway, consumer } = fixture;
    await depositCredit(network, owner, gateway, consumer, parseGas('1'));
    const { exitCode, told } = await json('reconcile');
    assert.equal(exitCode, 0, JSON.stringify(told));
    assert.ok(told.block < (await network.height()));
  });

  it('agree where no endpoint keeps the past: a copy is brought up to now', async () => {
    proxy.keepsPast = false;
    const { network } = fixture;
    await depositCredit(network, fixture.node, fixture.gateway, fixture.consumer, 5n);
    const file = await configWith(`    - ${proxy.url}`);
    for (const command of ['reconcile', 'rebuild']) {
      const { exitCode, out, err } = await cli.run('gasbank', command, '--config', file);
      assert.equal(exitCode, 0, out + err);
    }
    proxy.keepsPast = true;
  });

  it('can be kept as they were derived, in a file that is not there yet', async () => {
    const file = join(fixture.folder, 'kept.sqlite');
    const { exitCode, out } = await run('rebuild', '--to', file);
    assert.equal(exitCode, 0);
    assert.match(out, /^The fresh database is .*kept\.sqlite\.$/m);
    const kept = openDatabaseReadOnly(file);
    assert.equal(kept.prepare('SELECT COUNT(*) FROM request').pluck().get(), 6n);
    // What each kind cost is known from the chain as well as to the node that sent it all.
    const books = openDatabaseReadOnly(join(fixture.config.storage.dir, DATABASE_FILE));
    const [known, derived] = [books, kept].map(spentOn) as [Spent, Spent];
    // But for whom a transaction of several was that FAULTed: it told of nobody.
    const shared = kept
      .prepare('SELECT SUM(fees) FROM own_fault WHERE nonce NOT IN (SELECT id FROM request)')
      .pluck()
      .get() as bigint | null;
    const { elsewhere = 0n, http = 0n } = derived;
    assert.equal(elsewhere, shared ?? 0n);
    assert.deepEqual(
      { ...derived, elsewhere: 0n, http: http + elsewhere },
      { ...known, elsewhere: 0n },
    );
    assert.ok(http > 0n);
    books.close();
    kept.close();
    const again = await run('rebuild', '--to', file);
    assert.equal(again.exitCode, 1);
    assert.match(again.err, /kept\.sqlite exists already/);
  });

  describe('name what somebody changed by hand:', () => {
    const credit = () => `credit:${fixture.consumer}`;

    /** A copy of the books that is tampered with, past the ledger's triggers. */
    async function tampered(name: string, statements: string[]): Promise<string> {
      const dir = join(fixture.folder, name);
      await mkdir(dir);
      await cp(fixture.config.storage.dir, dir, { recursive: true });
      const db = new SqliteDatabase(join(dir, DATABASE_FILE));
      for (const statement of statements) db.exec(statement);
      db.close();
      return configWith(null, dir);
    }
    const prove = async (command: string, file: string) => {
      const text = await cli.run('gasbank', command, '--config', file);
      const { out } = await cli.run('gasbank', command, '--config', file, '--json');
      assert.equal(text.exitCode, 1, text.out + text.err);
      assert.ok(longestLine(text.out) <= 100, text.out);
      return { text: text.out, told: JSON.parse(out) };
    };

    it('a balance', async () => {
      const file = await tampered('balance', [
        `UPDATE ledger_account SET posted = posted + 1000 WHERE id = '${credit()}'`,
      ]);
      const { text, told } = await prove('reconcile', file);
      assert.deepEqual(
        told.differences.map(({ account, differenceDatoshi }: never) => [
          account,
          differenceDatoshi,
        ]),
        [
          ['gateway', '-1000'],
          [credit(), '-1000'],
        ],
      );
      assert.equal(told.unsound[0]?.account, credit());
      assert.equal(told.sumDatoshi, '1000');
      assert.match(text, /^ACCOUNT +LEDGER +CHAIN +DIFFERENCE +BLOCK$/m);
      const named = `credit:${hash160ToAddress(fixture.consumer)}`;
      assert.match(text, new RegExp(`^${named} .* -0\\.00001000 `, 'm'));
      assert.match(text, /the balance was changed by other means/);
      const rebuilt = await prove('rebuild', file);
      assert.equal(rebuilt.told.unsound[0]?.account, credit());
    });

    it('a transfer that never was, booked in full: with the block in which it was', async () => {
      const block = await middleBlock();
      const file = await tampered('booked', [
        `INSERT INTO ledger_transfer (id, phase, debit, credit, amount, cause, block, at_ms)
         VALUES ('forged', 'single', 'outside', '${credit()}', 77, 'deposit', ${block}, 1)`,
      ]);
      const { told, text } = await prove('reconcile', file);
      const spans = told.differences.map(({ account, agreedBlock, firstBlock }: never) => ({
        account,
        agreedBlock,
        firstBlock,
      }));
      assert.deepEqual(spans, [
        { account: 'gateway', agreedBlock: block - 1, firstBlock: block },
        { account: credit(), agreedBlock: block - 1, firstBlock: block },
      ]);
      assert.match(text, new RegExp(` ${block - 1}\\.\\.${block}$`, 'm'));
      assert.deepEqual(told.unsound, []);
      const rebuilt = await prove('rebuild', file);
      assert.deepEqual(
        rebuilt.told.transfers.map(({ id, chain }: never) => ({ id, chain })),
        [{ id: 'forged', chain: null }],
      );
      assert.match(rebuilt.text, /^transfer +forged\nledger +deposit: 0\.00000077 GAS from/m);
      assert.match(rebuilt.text, /^chain +no such transfer$/m);
      assert.deepEqual(
        rebuilt.told.accounts.map(({ account }: never) => account),
        [credit(), 'outside'],
      );
    });

    it('a transfer that was changed, or removed', async () => {
      const file = await tampered('changed', [
        'DROP TRIGGER ledger_transfer_no_update; DROP TRIGGER ledger_transfer_no_delete',
        `UPDATE ledger_transfer SET amount = amount + 3
         WHERE rowid = (SELECT MAX(rowid) FROM ledger_transfer WHERE cause = 'funded')`,
        `DELETE FROM ledger_transfer WHERE cause = 'refund'`,
      ]);
      const { told, text } = await prove('rebuild', file);
      const kinds = told.transfers.map(({ ledger, chain }: never) => [
        (ledger as null | { cause: string })?.cause ?? null,
        (chain as null | { cause: string })?.cause ?? null,
      ]);
      assert.deepEqual(
        kinds.sort(),
        [
          ['funded', 'funded'],
          [null, 'refund'],
        ].sort(),
      );
      assert.match(text, /^ledger +no such transfer$/m);
      const reconciled = await prove('reconcile', file);
      assert.match(reconciled.text, /the balance was changed by other means/);
    });

    async function middleBlock(): Promise<number> {
      const db = openDatabaseReadOnly(join(fixture.config.storage.dir, DATABASE_FILE));
      const blocks = db.prepare('SELECT DISTINCT block FROM ledger_transfer ORDER BY block');
      const all = blocks.pluck().all() as (bigint | null)[];
      db.close();
      return Number(all[Math.floor(all.length / 2)]);
    }
  });

  it('tell the operator what is missing when there are none', async () => {
    const empty = join(fixture.folder, 'empty');
    await mkdir(empty);
    const { exitCode, err } = await cli.run(
      'gasbank',
      'reconcile',
      '--config',
      await configWith(null, empty),
    );
    assert.equal(exitCode, 1);
    assert.match(err, /cannot open the database/);
    assert.ok(!existsSync(join(empty, DATABASE_FILE)));
  });

  let configs = 0;
  async function configWith(rpc: string | null, dir?: string): Promise<string> {
    const text = await readFile(fixture.config.file, 'utf8');
    const file = join(fixture.folder, `variant-${configs++}.yaml`);
    const over = rpc === null ? text : text.replace(/^ {4}- http.*$/m, rpc);
    await writeFile(file, dir === undefined ? over : over.replace('dir: ./node', `dir: ${dir}`));
    return file;
  }
});

type Spent = Readonly<Record<string, bigint>>;

const spentOn = (db: Database): Spent =>
  Object.fromEntries(
    createProfitView(db)
      .profitAndLoss(null)
      .kinds.map(({ kind, spent }) => [kind, spent]),
  );

/** Answers, a FAULT that is paid for, an expiry, outside funding, spending, and a collection. */
async function makeHistory(fixture: NodeFixture, running: RunningNode): Promise<void> {
  const { network, owner, node, gateway, consumer } = fixture;
  const [culprit] = (await deployHostiles(fixture, 1)) as [Hostile];
  const mode = modeScript(culprit, 'faultBelowGas', GAS_OF_A_TRIAL);
  await mustHalt(network.send(owner, mode).then(network.applied));
  const question = (path: string) => ({ spec: specOf(fixture, path) });
  const honest = (path: string) => consumerAsks(fixture, question(path));
  const { ids } = await ask(fixture, [
    honest('/one'),
    honest('/two'),
    hostileAsks(fixture, culprit, question('/hostile')),
    honest('/three'),
  ]);
  await running.untilEnded(ids);
  assert.ok(ids.some((id) => (running.explain(id).lostDatoshi ?? 0n) > 0n));
  await setTerms(fixture, { minimum: 0n, lifetime: 10 });
  const cheap = consumerAsks(fixture, { ...question('/cheap'), maxFee: 1n });
  const late = await ask(fixture, [cheap]);
  await network.fund(node.hash, parseGas('3'));
  await depositCredit(network, node, gateway, consumer, parseGas('2'));
  await mustHalt(network.invoke(node, gateway, 'collect', [node.hash, node.hash, 12_345n]));
  await running.untilEnded(late.ids);
  assert.equal(running.explain(late.ids[0] ?? 0n).state, 'expired');
  await setTerms(fixture, { premium: parseGas('0.01'), lifetime: 1_000 });
  const last = await ask(fixture, [honest('/last')]);
  await running.untilEnded(last.ids);
  await assertBooksMatchChain(network, gateway, running.db);
}
