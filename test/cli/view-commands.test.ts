import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { type ApiServer, createApiServer } from '../../src/api/api-server.js';
import { createApiReads } from '../../src/api/api-sources.js';
import type { NodeStatus } from '../../src/api/node-status.js';
import { readRuntimeFile, writeRuntimeFile } from '../../src/api/runtime-file.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { inTransaction } from '../../src/storage/database.js';
import { apiFixture } from '../api/api-fixture.js';
import { AT_MS, hash160Of, hash256Of, openRequestBook } from '../api/request-book.js';
import { commandLine, longestLine } from './command-line.js';

const STATUS: NodeStatus = {
  version: '0.1.0',
  startedAtMs: AT_MS - 3_600_000,
  magic: 56753,
  gateway: hash160Of(0x11),
  readiness: { ready: false, reasons: ['the node is 7 blocks behind'] },
  signer: null,
  chain: { height: 107, processed: 100, lagBlocks: 7, latestBlockAtMs: AT_MS + 58_000 },
  endpoints: [
    { endpoint: 'http://127.0.0.1:1', healthy: true, height: 107, why: null },
    { endpoint: 'http://127.0.0.1:2', healthy: false, height: null, why: 'it timed out' },
  ],
  queue: { received: 2, answered: 40 },
  oldestOpenAtMs: AT_MS + 50_000,
  wallet: {
    account: hash160Of(0),
    address: 'NKuyBkoGdZZSLyPbJEetheRhMjeznFZszf',
    balanceDatoshi: 300_000_000n,
    floorDatoshi: 10_000_000n,
    warningDatoshi: 500_000_000n,
  },
  creditHeldDatoshi: 12_345_678_901n,
  earnedDatoshi: 5n,
  books: {
    agreedBlock: 100,
    agreedAtMs: AT_MS + 50_000,
    accounts: 12,
    stopped: null,
    differences: [],
  },
  spending: { held: [], budgets: [], inboxOnly: [] },
  random: null,
  prices: null,
  attestation: {
    provider: 'dstack',
    last: { madeAtMs: AT_MS - 3_600_000, blockIndex: 88 },
    problem: null,
  },
  alerts: [],
  recentTrouble: [
    { atMs: AT_MS, level: 'warn', message: 'endpoint left: \u001b[31mlag', requestId: 12n },
  ],
};

describe('commands that look at a node', () => {
  const cli = commandLine();
  const book = openRequestBook(cli.databaseFile);
  const fixture = apiFixture();
  let server: ApiServer | null = null;

  before(() => {
    const subject = 'https://a.example/\u001b[2Jx\u202ey';
    book.add(11n, { kind: 'oracle', subject, requester: hash160Of(0xcc), filter: '' });
    book.add(12n);
    book.resolve(12n, ResponseCode.Success, 'the source answered');
    book.answer(12n);
    book.add(13n);
    const why = `the filter found nothing in the body, ${'and that is long '.repeat(10)}`;
    book.resolve(13n, ResponseCode.Error, why);
    book.log(13n, ['first line', 'second\u001b[31m line']);
  });
  afterEach(async () => {
    await server?.stop();
    server = null;
  });
  after(async () => {
    await fixture.close();
    book.close();
    cli.remove();
  });

  async function startServer(status: () => NodeStatus = () => STATUS): Promise<void> {
    server = createApiServer({
      ...fixture.options,
      storageDir: cli.storageDir,
      instance: 'living',
      sources: { ...fixture.options.sources, status, reads: createApiReads(book.db) },
    });
    await server.start();
  }

  it('health tells whether the node lives, and with --ready whether it can answer', async () => {
    const none = await cli.runHere('health');
    assert.equal(none.exitCode, 75);
    assert.match(none.err, /^error: no node runs/);
    await startServer();
    assert.deepEqual(await cli.runHere('health'), { exitCode: 0, out: 'alive\n', err: '' });
    const waits = await cli.runHere('health', '--ready');
    assert.equal(waits.exitCode, 75);
    assert.match(waits.err, /the node is not ready: the node is 7 blocks behind/);
    await server?.stop();
    await startServer(() => ({ ...STATUS, readiness: { ready: true, reasons: [] } }));
    const ready = await cli.runHere('health', '--ready', '--json');
    assert.deepEqual(JSON.parse(ready.out), { ok: true, ready: true, pid: process.pid });
  });

  it('status tells what the running node says', async () => {
    await startServer();
    const { exitCode, out } = await cli.runHere('status');
    assert.equal(exitCode, 0);
    assert.equal(
      out,
      [
        'Dodona 0.1.0, running since 2025-01-02 02:04:05 UTC (1 h 1 min)',
        'NOT READY:',
        '  - the node is 7 blocks behind',
        '',
        'chain      taken in up to block 100, the network is at 107, lag 7 blocks, newest block ' +
          'seen 2.0 s',
        '           ago',
        'network    magic 56753, gateway 0x1111111111111111111111111111111111111111',
        'endpoints  http://127.0.0.1:1 in use, at block 107',
        '           http://127.0.0.1:2 left: it timed out',
        'queue      2 received, 40 answered, oldest open 10 s',
        'wallet     NKuyBkoGdZZSLyPbJEetheRhMjeznFZszf, 3.00000000 GAS, LOW: below 5.00000000 ' +
          'GAS; send GAS',
        '           to it',
        'gateway    123.45678901 GAS of credit held, 0.00000005 GAS earned and not yet collected',
        'books      all 12 accounts agreed with the chain at block 100, 10 s ago',
        'attested   by dstack, last 1 h 1 min ago at block 88',
        'alerts     none fires',
        'trouble    2025-01-02 03:04:05 warn endpoint left: \\u{1b}[31mlag (dodona explain 12)',
        '',
      ].join('\n'),
    );
    const asJson = JSON.parse((await cli.runHere('status', '--json')).out);
    assert.equal(asJson.creditHeldDatoshi, '12345678901');
    assert.deepEqual(asJson.source, { from: 'node', why: null });
  });

  it('status tells of each published feed its round, its age, and what holds the next', async () => {
    const feed = { isPublished: true, heartbeatMs: 3_600_000, isHeld: false, why: null };
    const latest = { round: 7n, price: '4.81000000' };
    const agreed = { ...feed, latest, ageMs: 90_000, hasQuorum: true };
    const prices = [
      { ...agreed, pair: 'GAS/USD' },
      { ...agreed, pair: 'NEO/USD', isHeld: true, why: 'a jump of 12 %' },
      { ...feed, pair: 'BTC/USD', latest: null, ageMs: null, hasQuorum: false, why: '2 of 3' },
      { ...feed, pair: 'FLM/USD', latest: null, ageMs: null, hasQuorum: null },
      { ...agreed, pair: 'USDT/USD', isPublished: false },
    ];
    await startServer(() => ({ ...STATUS, prices }));
    const { out } = await cli.runHere('status');
    const lines = out.split('\n');
    const at = lines.findIndex((line) => line.startsWith('prices'));
    assert.deepEqual(lines.slice(at, at + 5), [
      'prices     GAS/USD 4.81000000, round 7, 1 min 30 s old',
      '           NEO/USD 4.81000000, round 7, 1 min 30 s old; HELD BY THE BREAKER: a jump of 12 %',
      '           BTC/USD not published yet; BELOW QUORUM: 2 of 3',
      '           FLM/USD not published yet; not asked yet',
      'attested   by dstack, last 1 h 1 min ago at block 88',
    ]);
  });

  it('status tells first of all when nothing is spent, and why', async () => {
    const stopped = 'the books differ from the chain: the gateway holds 1 GAS more';
    await startServer(() => ({ ...STATUS, books: { ...STATUS.books, stopped } }));
    const { out } = await cli.runHere('status');
    assert.match(out, /^books {6}NOTHING IS SPENT: the books differ from the chain: the gateway/m);
    assert.match(out.replaceAll(/\s+/g, ' '), /run dodona gasbank reconcile/);
  });

  it('status tells what waits for money, what is used of budgets, and who has an inbox only', async () => {
    const reason = 'gasbank.budgets.perHour holds it: 1.00000000 GAS';
    const spending = {
      held: [{ cause: 'budget', reason, untilMs: AT_MS }],
      budgets: [{ key: 'gasbank.budgets.perHour', used: 0.995 }],
      inboxOnly: [{ requester: hash160Of(0xcc), untilMs: AT_MS, reason: 'inbox only until then' }],
    };
    await startServer(() => ({ ...STATUS, spending }));
    const out = (await cli.runHere('status')).out.replaceAll(/\s+/g, ' ');
    assert.match(out, /spending HELD: gasbank.budgets.perHour holds it: .* tried again at 2025-/);
    assert.match(out, /used of budgets: gasbank.budgets.perHour 99.5%/);
    assert.match(out, /0x(cc)+: inbox only until then/);
  });

  it('status reads the database when no node runs, and says so', async () => {
    const { exitCode, out } = await cli.runHere('status');
    assert.equal(exitCode, 0);
    assert.match(out, /^Dodona 0\.1\.0\nFrom the database: no node runs\.\n/);
    assert.match(out, /^queue {6}1 received, 1 resolved, 1 answered, oldest open 1 min$/m);
    assert.match(out, /^wallet {5}not known$/m);
    assert.match(out, /^books {6}not yet held against the chain$/m);
    const asJson = JSON.parse((await cli.runHere('status', '--json')).out);
    assert.deepEqual(asJson.source, { from: 'database', why: 'no node runs' });
    assert.equal(asJson.chain.height, null);
  });

  it('is not fooled by the file of a node that is gone, or of another one', async () => {
    const info = { url: 'http://127.0.0.1:9', instance: 'gone', token: 't', startedAtMs: 1 };
    // The largest process id of Linux is 2^22.
    writeRuntimeFile(cli.storageDir, { ...info, pid: 4_194_305 });
    assert.match((await cli.runHere('status')).out, /the last one, process 4194305, ended without/);
    writeRuntimeFile(cli.storageDir, { ...info, pid: process.pid });
    assert.match((await cli.runHere('status')).out, /does not answer at http:\/\/127\.0\.0\.1:9/);
    await startServer();
    const url = readRuntimeFile(cli.storageDir)?.url ?? '';
    writeRuntimeFile(cli.storageDir, { ...info, pid: process.pid, url });
    assert.match((await cli.runHere('status')).out, /something else answers at http/);
    rmSync(`${cli.storageDir}/node.json`);
  });

  it('falls back on the database when the node fails to answer', async () => {
    await startServer(() => {
      throw new Error('broken');
    });
    const { exitCode, out } = await cli.runHere('status');
    assert.equal(exitCode, 0);
    assert.match(out, /From the database: it failed \(a fault of the node\); the log has more\./);
  });

  it('explain tells the whole life of a request', async () => {
    const { exitCode, out } = await cli.runHere('explain', '12');
    assert.equal(exitCode, 0);
    assert.equal(
      out,
      [
        'From the database: no node runs.',
        '',
        'Request 12 (http): answered, Success, 5 bytes, delivered',
        '',
        'why        answered',
        'next       nothing: it ended',
        '',
        'wants      {"url":"https://api.example/price"}',
        'filter     $.price',
        `asked by   ${hash160Of(0xaa)}`,
        `paid by    ${hash160Of(0xbb)}, at most 1.00000000 GAS`,
        'asked in   block 100, 2025-01-02 03:04:05 UTC,',
        `           ${hash256Of(1)}`,
        'deadline   block 340, the last that can hold an answer',
        'charged    fee 0.01234567 GAS',
        '',
        '2025-01-02 03:04:05   requested',
        `                      block 100, ${hash256Of(1)}`,
        '            + 0.8 s   resolved: the source answered',
        '            + 0.1 s   answer sent',
        `                      ${hash256Of(2)}`,
        '            + 1.1 s   answered',
        `                      block 102, ${hash256Of(2)}`,
        '                      fee 0.01234567 GAS',
        '',
      ].join('\n'),
    );
  });

  it('explain says the same of a request whether the node or its database is asked', async () => {
    const stored = JSON.parse((await cli.runHere('explain', '13', '--json')).out);
    await startServer();
    const live = JSON.parse((await cli.runHere('explain', '13', '--json')).out);
    assert.deepEqual({ ...live, source: null }, { ...stored, source: null });
    assert.match(live.reason, /^the filter found nothing/);
    assert.equal(live.maxFeeDatoshi, '100000000');
    const { out } = await cli.runHere('explain', '13');
    assert.ok(longestLine(out) <= 100, out);
    assert.deepEqual(live.logs, ['first line', 'second\u001b[31m line']);
    assert.match(out, /\n\nlog {8}first line\nlog {8}second\\u\{1b\}\[31m line\n$/);
  });

  it('explain says who does not know a request, and what to compare', async () => {
    const { exitCode, out, err } = await cli.runHere('explain', '99');
    assert.deepEqual([exitCode, out], [1, '']);
    assert.match(err, /error: the database \(no node runs\) knows no request 99\nto do: compare/);
    await startServer();
    assert.match((await cli.runHere('explain', '99')).err, /error: the node knows no request 99/);
  });

  it('requests list prints a table that fits 100 columns', async () => {
    const { exitCode, out } = await cli.runHere('requests', 'list');
    assert.equal(exitCode, 0);
    assert.ok(longestLine(out) <= 100);
    assert.deepEqual(out.split('\n').slice(2, 6), [
      'ID  KIND    STATE     ANSWER   REQUESTER      BLOCK  DEADLINE  WHY',
      '13  http    resolved  Error    0xaaaaaa…aaaa    100       340  the filter found ' +
        'nothing in the body…',
      '12  http    answered  Success  0xaaaaaa…aaaa    100       340  answered',
      '11  oracle  received  -        0xcccccc…cccc    100       340  waits for its turn',
    ]);
  });

  it('requests list filters and pages, from the node and from the database alike', async () => {
    const ids = async (...words: string[]) => {
      const answer = JSON.parse((await cli.runHere('requests', 'list', '--json', ...words)).out);
      return [answer.requests.map(({ id }: { id: string }) => id).join(), answer.cursor];
    };
    for (const from of ['database', 'node']) {
      if (from === 'node') await startServer();
      assert.deepEqual(await ids('--state', 'answered'), ['12', null]);
      assert.deepEqual(await ids('--kind', 'oracle'), ['11', null]);
      assert.deepEqual(await ids('--requester', hash160Of(0xcc)), ['11', null]);
      assert.deepEqual(await ids('--limit', '2'), ['13,12', '12']);
      assert.deepEqual(await ids('--limit', '2', '--cursor', '12'), ['11', null]);
      assert.deepEqual(await ids('--state', 'expired'), ['', null]);
    }
    const page = await cli.runHere('requests', 'list', '--limit', '2');
    assert.match(page.out, /\nMore with --cursor 12\n$/);
    const none = await cli.runHere('requests', 'list', '--state', 'expired');
    assert.match(none.out, /No request matches\./);
  });

  it('lets no stranger steer the terminal through what a request asks for', async () => {
    inTransaction(book.db, () =>
      book.store.hold(11n, 'odd \u001b]0;title\u0007\nforged', 0, {
        atMs: AT_MS,
        what: '\u009b31mheld',
      }),
    );
    for (const words of [
      ['explain', '11'],
      ['requests', 'list'],
    ]) {
      const { out } = await cli.runHere(...words);
      assert.doesNotMatch(out.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
      assert.doesNotMatch(out, /^forged/m);
    }
    const { out } = await cli.runHere('explain', '11');
    assert.match(out, /a\.example\/\\u\{1b\}\[2Jx\\u\{202e\}y/);
  });
});
