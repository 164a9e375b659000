import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DevnetAccount, walletFileText } from '../../scripts/devnet/account.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { sha256Hex } from '../../src/resolvers/function-code.js';
import { json } from '../node/local-source.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { commandLine, longestLine } from './command-line.js';

const MIDDLE = `
export default async ({ url }, ctx) => {
  const key = url.includes('key') ? await ctx.secrets.get('KEY') : '';
  const { prices } = await (await ctx.fetch(url, { headers: { 'x-key': key || 'none' } })).json();
  ctx.log('got', prices.length);
  return { price: prices.sort((a, b) => a - b)[1], at: ctx.block, random: Math.random() };
};`;

describe('function run', function () {
  this.timeout(60_000);
  const cli = commandLine();
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dodona-function-'));
  });
  after(async () => {
    cli.remove();
    await rm(folder, { recursive: true });
  });

  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const url = 'https://prices.example/all';
  const fixture = (response: object): string =>
    file('fixture.json', JSON.stringify({ fetches: [{ request: { url }, ...response }] }));
  const prices = { response: { body: '{"prices":[3,1,2]}' } };
  const run = (...words: string[]) => cli.run('function', 'run', ...words);

  it('runs it on what a fixture says, the same each time, and prints what it did', async () => {
    const words = [file('m.js', MIDDLE), '--args', JSON.stringify({ url })];
    const rest = ['--fixture', fixture(prices), '--block', '7', '--time', '2026-01-02T03:04:05Z'];
    const first = await run(...words, ...rest, '--json');
    assert.equal(first.exitCode, 0, first.err);
    const told = JSON.parse(first.out);
    const result = JSON.parse(told.result);
    assert.deepEqual([result.price, result.at], [2, { index: 7, timeMs: 1_767_323_045_000 }]);
    assert.deepEqual([told.logs, told.fetches.length], [['got 3'], 1]);
    const again = JSON.parse((await run(...words, ...rest, '--json')).out);
    assert.deepEqual([again.result, again.fuel], [told.result, told.fuel]);
    const other = await run(...words, ...rest, '--request-id', '2', '--json');
    assert.notEqual(JSON.parse(other.out).result, told.result);
    const { out } = await run(...words, ...rest);
    assert.match(out, /^code {7}Success: /);
    assert.match(out, /^fetch +GET https:\/\/prices\.example\/all: 200, 18 bytes$/m);
    assert.ok(longestLine(out) <= 100);
  });

  it('ends with 1 where the contract would get another code, and says why', async () => {
    const thrower = file('t.js', 'export default () => {\n  throw new Error("no luck");\n}');
    const { exitCode, out } = await run(thrower);
    assert.equal(exitCode, 1);
    assert.match(out, /Error: the function threw: Error: no luck.*:2/);
    const words = [file('m.js', MIDDLE), '--args', JSON.stringify({ url })];
    const failed = await run(...words, '--fixture', fixture({ failed: 'it is down' }));
    assert.equal(failed.exitCode, 1);
    assert.match(failed.out, /it is down[\s\S]*would try again/);
    const none = await run(...words, '--fixture', file('f.json', '{"fetches":[]}'));
    assert.match(none.out, /the fixture has no answer to GET\s+https/);
  });

  it('gives secrets from a file, to their hosts alone, and shows them nowhere', async () => {
    const words = [file('m.js', MIDDLE), '--args', JSON.stringify({ url: `${url}?key` })];
    const [asked] = [{ request: { url: `${url}?key` }, ...prices }];
    const from = ['--fixture', file('k.json', JSON.stringify({ fetches: [asked] }))];
    const secrets = (hosts: string[]): string =>
      file('secrets.json', JSON.stringify({ KEY: { value: 'sk-0123456789', hosts } }));
    const granted = ['--secrets', secrets(['https://prices.example'])];
    const done = await run(...words, ...from, ...granted, '--json');
    assert.equal(done.exitCode, 0, done.out);
    assert.deepEqual(JSON.parse(done.out).secrets, ['KEY']);
    const byName = await run(...words, ...from, '--secrets', secrets(['prices.example']));
    assert.equal(byName.exitCode, 0, byName.out);
    const elsewhere = await run(...words, ...from, '--secrets', secrets(['https://b.example']));
    assert.match(elsewhere.out, /Forbidden: .*may not be sent to https:\/\/prices\.example/);
    assert.match((await run(...words, ...from)).out, /Forbidden: .*not in the file of secrets/);
    assert.equal(`${done.out}${elsewhere.out}`.includes('sk-0123456789'), false);
  });

  it('shows and records no secret that the function logs, or puts into a URL', async () => {
    const careless = file(
      'c.js',
      `export default async (args, ctx) => {
        const key = await ctx.secrets.get('KEY');
        ctx.log('with', key);
        return (await ctx.fetch('https://prices.example/?key=' + key)).status; };`,
    );
    const secrets = { KEY: { value: 'sk-0123456789', hosts: ['https://prices.example'] } };
    const asked = { request: { url: 'https://prices.example/?key=sk-0123456789' }, ...prices };
    const words = [careless, '--secrets', file('s.json', JSON.stringify(secrets))];
    const from = ['--fixture', file('c.json', JSON.stringify({ fetches: [asked] }))];
    for (const json of [[], ['--json']]) {
      const { out, err, exitCode } = await run(...words, ...from, ...json);
      assert.equal(exitCode, 0, err);
      assert.equal(out.includes('0123456789'), false, out);
    }
    const recorded = join(folder, 'recorded.json');
    const refused = await run(...words, ...from, '--record', recorded);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.err, /no fixture is written: the secret KEY is in a URL/);
    assert.equal(existsSync(recorded), false);
  });

  it('refuses what it cannot use, by name', async () => {
    const good = file('m.js', MIDDLE);
    const cases: [string[], RegExp][] = [
      [[join(folder, 'none.js')], /none\.js cannot be read/],
      [[file('empty.js', '')], /0 bytes, expected 1 to 65536/],
      [[good, '--args', '{'], /--args cannot be used: it is no JSON/],
      [[good, '--fixture', file('b.json', '{}')], /the fixture cannot be used: fetches/],
      [[good, '--time', 'noon'], /--time cannot be used/],
      [[good, '--requester', 'nobody'], /--requester is "nobody"/],
      [
        [good, '--secrets', file('t.json', '{"K":{"value":"sk-1","hosts":[]}}')],
        /K: the value has 4 bytes, at least 8/,
      ],
      [[good, '--block', '-1'], /--block cannot be used/],
      [[good, '--secrets', file('s.json', '{"K":"sk-1"}')], /--secrets cannot be used: K/],
    ];
    for (const [words, why] of cases) {
      const { exitCode, out, err } = await run(...words);
      assert.equal(exitCode, 1, out);
      assert.match(err, why);
      assert.equal(err.includes('sk-1'), false);
    }
  });
});

describe('function register, update, list and add', function () {
  this.timeout(60_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let author: DevnetAccount;
  let signs: string[];
  before(async () => {
    const network = await sharedNetwork();
    [fixture, author] = await Promise.all([
      nodeFixture(network),
      network.newAccount(parseGas('50')),
    ]);
    const [wallet, password] = [join(fixture.folder, 'a.json'), join(fixture.folder, 'a.password')];
    writeFileSync(wallet, await walletFileText([author], 'secret of a test'), { mode: 0o600 });
    writeFileSync(password, 'secret of a test\n', { mode: 0o600 });
    signs = ['--wallet', wallet, '--password-file', password];
  });
  after(async () => {
    cli.remove();
    await fixture?.stop();
  });

  const run = (...words: string[]) =>
    cli.run('function', ...words, '--config', fixture.config.file);
  const runJson = async (...words: string[]) => {
    const { exitCode, out, err } = await run(...words, '--json');
    assert.equal(exitCode, 0, out + err);
    return JSON.parse(out);
  };
  const write = (name: string, content: string): string => {
    const path = join(fixture.folder, name);
    writeFileSync(path, content);
    return path;
  };

  it('put a source on the chain, tell its id, and replace it', async () => {
    const first = write('f.js', 'export default () => 1');
    const { functionId } = await runJson('register', first, '--name', 'one', ...signs);
    assert.equal(functionId, '1');
    const second = write('g.js', 'export default () => 2');
    const { out } = await run('update', '1', second, ...signs);
    assert.match(
      out,
      /updates the function 1 to code\s+[0-9a-f]{64} \(22 bytes at the\s+gateway\)/,
    );
    const reads = gatewayReads(fixture.gateway);
    const found = await readContract(fixture.network.rpc, reads.functionOf(1n));
    assert.deepEqual([found?.owner, found?.name], [author.hash, 'one']);
    assert.equal(found?.codeHash, sha256Hex(readFileSync(second)));
  });

  it('keep a hash and a uri alone, and copies in the store of the node', async () => {
    const source = write('u.js', 'export default () => 3');
    const uri = 'https://example.org/u.js';
    const registered = await runJson('register', source, '--name', 'far', '--uri', uri, ...signs);
    const before = (await runJson('list')).functions.at(-1);
    assert.deepEqual(
      [before.id, before.name, before.places, before.uris, before.sourceBytes],
      [registered.functionId, 'far', ['uri'], [uri], 0],
    );
    const { codeHash } = await runJson('add', source);
    assert.equal(codeHash, before.codeHash);
    assert.deepEqual((await runJson('list')).functions.at(-1).places, ['uri', 'store']);
    const { out } = await run('list');
    assert.match(out, /far +N\w+ +uri, store/);
    assert.ok(longestLine(out) <= 100);
  });

  it('refuse what the gateway would not take, before anything is paid', async () => {
    const large = write('large.js', `//${'x'.repeat(31_000)}`);
    const cases: [string[], RegExp][] = [
      [['register', large, '--name', 'x'], /31002 bytes, the gateway stores 30720/],
      [['register', large, '--name', 'x', '--uri', 'http://a.org'], /no https URL/],
      [['update', '99', write('h.js', '1')], /no function has this id/],
      [['register', write('i.js', '1'), '--name', 'x'.repeat(65)], /longer than 64 bytes/],
    ];
    for (const [words, why] of cases) {
      const { exitCode, err } = await run(...words, ...signs);
      assert.equal(exitCode, 1);
      assert.match(err, why);
    }
  });

  it('run by the rules of a node, with what a real source says, and record it', async () => {
    fixture.source.on('/p', json({ prices: [9, 7, 8] }));
    const source = write('m.js', MIDDLE);
    const args = JSON.stringify({ url: `${fixture.source.httpUrl}/p` });
    const recorded = join(fixture.folder, 'rec.json');
    const live = await runJson('run', source, '--args', args, '--record', recorded);
    assert.equal(JSON.parse(live.result).price, 8);
    const words = ['run', source, '--args', args, '--fixture', recorded];
    const replayed = await runJson(...words);
    assert.equal(JSON.parse(replayed.result).price, 8);
  });
});
