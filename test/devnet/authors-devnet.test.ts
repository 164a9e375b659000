import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureNeoGo } from '../../scripts/ensure/neo-go.mjs';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { parseGas } from '../../src/base/datoshi.js';
import { hashFromLittleEndian } from '../../src/base/hash.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { type AuthorsDevnet, startAuthorsDevnet } from '../../src/devnet/authors-devnet.js';
import { GAS_TOKEN } from '../../src/devnet/private-network.js';
import { compiledPython } from '../contracts/kit/compiled-python.js';

const MAX_FEE = parseGas('1');
const SHORT_MS = 300;
const build = (name: string) => ({
  nef: join(projectRoot, 'contracts', 'build', `${name}.nef`),
  manifest: join(projectRoot, 'contracts', 'build', `${name}.manifest.json`),
});

describe('the harness for tests of contracts', function () {
  this.timeout(120_000);
  let devnet: AuthorsDevnet;
  const progress: string[] = [];
  before(async () => {
    devnet = await startAuthorsDevnet({
      neoGo: () => ensureNeoGo(),
      onProgress: (step) => progress.push(step),
    });
  });
  after(() => devnet.stop());

  it('deploys contracts from their files, has them answered, and tells how it ended', async () => {
    const { gateway } = devnet;
    const skeleton = await devnet.deploy(build('skeleton'), {
      data: gateway,
      credit: MAX_FEE * 5n,
    });
    assert.equal(await devnet.read(gateway, 'creditOf', [skeleton]), MAX_FEE * 5n);
    const source = await devnet.serve({
      '/echo': ({ method, query, headers, body }) => ({
        body: { method, a: query.get('a'), b: headers['x-b'], body },
      }),
    });
    const spec = {
      url: `${source.url}/echo?a=1`,
      method: 'POST',
      headers: { 'x-b': '2' },
      body: '3',
    };
    const asked = await devnet.invoke(skeleton, 'ask', [JSON.stringify(spec), '', MAX_FEE]);
    const end = await devnet.answerTo(asked);
    assert.ok(end.ended === 'answered' && end.charged > 0n && end.block > asked.block);
    assert.deepEqual([end.id, end.code, end.delivered], [asked.result, 0, true]);
    const [code, result] = (await devnet.read(skeleton, 'answerOf', [end.id])) as [bigint, Buffer];
    assert.equal(code, 0n);
    const echoed = { method: 'POST', a: '1', b: '2', body: '3' };
    assert.deepEqual(JSON.parse(result.toString('utf8')), echoed);
    assert.match(await devnet.explain(end.id), /answered, Success, \d+ bytes, delivered/);
    const missing = JSON.stringify({ url: `${source.url}/missing` });
    const refused = await devnet.answerTo(
      await devnet.invoke(skeleton, 'ask', [missing, '', MAX_FEE]),
    );
    assert.ok(refused.ended === 'answered' && refused.code === ResponseCode.NotFound);
    assert.deepEqual(
      source.requests.map(({ path }) => path),
      ['/echo', '/missing'],
    );
    assert.ok(progress.includes('starting the Dodona node'));
  });

  it('has a contract in Python answered, compiled by neo3-boa', async () => {
    const contract = await compiledPython();
    const options = { data: devnet.gateway, credit: MAX_FEE };
    const skeleton = await devnet.deploy(contract, options);
    const { url } = await devnet.serve({ '/prices': { GAS: { USD: '4.81' } } });
    const spec = JSON.stringify({ url: `${url}/prices` });
    const asked = await devnet.invoke(skeleton, 'ask', [spec, '$..USD', MAX_FEE]);
    const end = await devnet.answerTo(asked);
    assert.ok(end.ended === 'answered' && end.delivered);
    const answer = await devnet.read(skeleton, 'answerOf', [end.id]);
    assert.deepEqual(answer, [0n, Buffer.from('["4.81"]')]);
  });

  it('says what it waited for in vain, and what the node knows of it', async () => {
    const { gateway } = devnet;
    const skeleton = await devnet.deploy(build('games'), { data: gateway });
    const never = devnet.waitForEvent({
      contract: skeleton,
      names: ['Rolled'],
      withinMs: SHORT_MS,
    });
    await assert.rejects(
      never,
      /^Error: no event Rolled of 0x\w{40} came in 300 ms, in blocks \d+/,
    );
    // Nobody answers in the block of the request itself.
    // The devnet's owner has one of the kind already.
    const by = await devnet.newAccount();
    const options = { by, data: gateway, credit: MAX_FEE };
    const consumer = await devnet.deploy(build('consumer'), options);
    const args = ['https://x.invalid', '', MAX_FEE];
    const asked = await devnet.invoke(consumer, 'ask', args, { by });
    await assert.rejects(
      devnet.answerTo({ ...asked, block: asked.block + 1_000_000 }, SHORT_MS),
      /^Error: request \d+ has no answer: no event Response or Expired [\s\S]*requested/,
    );
    const transfer = [devnet.owner.hash, devnet.owner.hash, 1, null];
    const other = await devnet.invoke(GAS_TOKEN, 'transfer', transfer);
    const none = /expected one request in the transaction 0x\w{64}, got 0/;
    await assert.rejects(devnet.answerTo(other), none);
  });

  it('publishes prices, pays for others and signs as others', async () => {
    const { gateway, owner } = devnet;
    const reader = await devnet.deploy(build('prices'), { data: gateway });
    const stranger = await devnet.newAccount(parseGas('5'));
    assert.equal(await devnet.read(GAS_TOKEN, 'balanceOf', [stranger.hash]), parseGas('5'));
    await assert.rejects(
      devnet.read(reader, 'fresh', ['GAS/USD', 60_000]),
      /no price of this pair was published/,
    );
    await devnet.publishPrice('GAS/USD', 481_000_000n);
    await devnet.publishPrice('GAS/USD', 482_000_000n);
    assert.equal(await devnet.read(reader, 'fresh', ['GAS/USD', 60_000]), 482_000_000n);
    await devnet.credit(stranger.hash, parseGas('2'));
    const args = [stranger.hash, owner.hash, parseGas('1')];
    const refused = devnet.invoke(gateway, 'withdraw', args);
    await assert.rejects(
      refused,
      /^Error: withdraw throws: .*withdraw needs the account's witness/,
    );
    const done = await devnet.invoke(gateway, 'withdraw', args, { by: stranger });
    const [withdrawal] = done.events.filter(({ contract }) => contract === gateway);
    assert.equal(withdrawal?.name, 'Withdrawal');
    const { account, amount } = withdrawal?.values ?? {};
    assert.equal(hashFromLittleEndian(account as Buffer), stranger.hash);
    assert.equal(amount, parseGas('1'));
  });

  it('compiles Go, and tells what keeps it from that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dodona-go-'));
    try {
      await assert.rejects(devnet.compile(folder), /\.yml is missing: neo-go's configuration/);
      const config = join(folder, 'x.yml');
      writeFileSync(config, 'name: X\nsafemethods: []\n');
      writeFileSync(join(folder, 'go.mod'), 'module example.org/x\n\ngo 1.25\n');
      writeFileSync(
        join(folder, 'x.go'),
        'package x\n\nfunc Add(a int) int {\n\treturn a + b\n}\n',
      );
      await assert.rejects(devnet.compile(folder, config), /does not compile: .*undefined: b/s);
      writeFileSync(
        join(folder, 'x.go'),
        'package x\n\nfunc Add(a int) int {\n\treturn a + 1\n}\n',
      );
      const added = await devnet.deploy(await devnet.compile(folder, config));
      assert.equal(await devnet.read(added, 'add', [2]), 3n);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
