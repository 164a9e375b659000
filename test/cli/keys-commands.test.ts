import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccount, walletFileText } from '../../scripts/devnet/account.js';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { fromHex } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import { publicKeyId } from '../../src/base/sealed-box.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { openRandomKeys } from '../../src/node/open-random.js';
import { possessionMessage } from '../../src/vrf/possession.js';
import { createProofCheck } from '../../src/vrf/proof.js';
import { ask } from '../node/asking.js';
import { assertBooksMatchChain } from '../node/books.js';
import { DRAW_FEE, senderDraws } from '../node/draws.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { type RunningNode, startNode } from '../node/running-node.js';
import { commandLine, longestLine } from './command-line.js';

describe('the commands about keys', function () {
  this.timeout(60_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), { nodeGas: parseGas('100') });
    running = await startNode(fixture.config);
  });
  after(async () => {
    cli.remove();
    await running?.stop();
    await fixture?.stop();
  });

  const kind = ['--kind', 'random'];
  const keys = async (...words: string[]) =>
    cli.run('keys', ...words, '--config', fixture.config.file);
  const json = async (...words: string[]) => {
    const { exitCode, out, err } = await keys(...words, ...kind, '--json');
    assert.equal(exitCode, 0, out + err);
    return JSON.parse(out);
  };
  const current = () =>
    readContract(fixture.network.rpc, gatewayReads(fixture.gateway).randomKey());
  const fileOf = () => join(fixture.config.storage.dir, 'random.key');

  it('make a key whose possession anybody can check, and show no secret', async () => {
    const made = await json('create');
    assert.equal(made.file, fileOf());
    assert.equal(statSync(fileOf()).mode & 0o777, 0o600);
    const [publicKey, proof] = [fromHex(made.publicKey), fromHex(made.possessionProof)];
    const message = possessionMessage(fixture.gateway, publicKey);
    assert.equal(createProofCheck()(publicKey, message, proof), null);
    const key = await openRandomKeys(fixture.config).find(publicKey);
    const secret = key?.secret.toString('hex') ?? '';
    assert.equal(secret.length, 64);
    for (const text of [JSON.stringify(made), readFileSync(fileOf(), 'utf8'), running.logText()]) {
      assert.equal(text.includes(secret), false);
    }
    const audit = await cli.run('audit', 'list', '--config', fixture.config.file);
    assert.match(audit.out, new RegExp(`random-key\\.create .*random-key:${made.id.slice(0, 8)}`));
  });

  it('propose it through the books, and the running node draws under it', async () => {
    assert.equal((await current()).keyId, 0n);
    const tried = await json('propose', '--dry-run');
    assert.equal(tried.sent, null);
    assert.equal((await current()).keyId, 0n);
    const { exitCode, out, err } = await keys('propose', ...kind);
    assert.equal(exitCode, 0, out + err);
    assert.match(out, /makes \w{16} the random key of new requests/);
    assert.match(out, /it is the gateway's random key 1; requests that wait keep the one before/);
    assert.equal(longestLine(out) <= 100, true, out);
    await running.until('the node knows of it', () => running.node.status().random?.keyId === 1n);
    assert.equal(running.node.status().random?.isHeld, true);
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
    const forecast = await cli.run(
      'gasbank',
      'forecast',
      '--config',
      fixture.config.file,
      '--json',
    );
    const { ownCosts } = JSON.parse(forecast.out).profitAndLoss;
    assert.ok(
      ownCosts.some(({ cause }: { cause: string }) => /key/.test(cause)),
      forecast.out,
    );
    const status = await cli.run('status', '--config', fixture.config.file);
    assert.match(status.out, /^random {5}key 1 \(\w{16}\) held, with 1 key in all$/m);
    assert.match(await running.metricsText(), /^dodona_random_key_held 1$/m);
  });

  it('make another beside it, and propose either by its id', async () => {
    const first = (await current()).publicKey;
    const { id } = await json('create');
    const proposed = await json('propose', '--key', id);
    assert.match(JSON.stringify(proposed.order), /proposeRandomKey/);
    const { keyId, publicKey } = await current();
    assert.equal(keyId, 2n);
    assert.equal(openRandomKeys(fixture.config).publicKeys().length, 2);
    assert.notDeepEqual(publicKey, first);
  });

  it('show what each key is to the gateway', async () => {
    const { network, gateway, owner, node } = fixture;
    const { exitCode, out } = await keys('list');
    assert.equal(exitCode, 0);
    assert.match(out, new RegExp(`^ {2}${node.address} {2}current$`, 'm'));
    assert.deepEqual([...out.matchAll(/^ {2}\w{16} {2}(\w+)$/gm)].map(([, is]) => is).slice(0, 2), [
      'kept',
      'current',
    ]);
    const next = createAccount();
    await network.invoke(owner, gateway, 'proposeNodeAccount', [next.hash]);
    const { chain, node: shown } = JSON.parse((await keys('list', '--json')).out);
    assert.deepEqual(chain.proposed, { account: next.hash, byOwner: true });
    assert.deepEqual([chain.owner, chain.overlap], [owner.hash, null]);
    assert.deepEqual(
      shown.keys.map(({ standing }: { standing: string }) => standing),
      ['current'],
    );
  });

  it('rotate the key of random numbers, and keep former ones while requests need them', async () => {
    const words = ['rotate', ...kind];
    const before = await current();
    // The key before this one is in the file: as after a rotation that was cut off.
    const unfinished = await keys(...words, '--dry-run');
    assert.match(unfinished.out, /^note +a rotation is under way: .*\nretire /);
    const finished = await json('rotate');
    assert.deepEqual([finished.created, finished.proposed], [null, null]);
    assert.equal(finished.retired.length, 1);
    assert.equal((await current()).keyId, before.keyId);
    const dry = await keys(...words, '--dry-run');
    assert.match(dry.out, /^create .*\npropose .*\nretire /);
    const first = await json('rotate');
    assert.equal((await current()).keyId, before.keyId + 1n);
    assert.equal(first.retired.length, 1);
    assert.ok(existsSync(fileOf().replace(/key$/, `retired-${first.retired[0]}.key`)));
    assert.equal(openRandomKeys(fixture.config).publicKeys().length, 1);
    assert.deepEqual(await json('rotate', '--continue'), {
      ok: true,
      created: null,
      proposed: null,
      retired: [],
    });
  });

  it('keep a former key of random numbers until no request waits under it', async () => {
    const { network, gateway, owner, node, folder } = fixture;
    const wallet = join(folder, 'owner.json');
    const password = join(folder, 'owner.password');
    writeFileSync(wallet, await walletFileText([owner], 'of the owner'), { mode: 0o600 });
    writeFileSync(password, 'of the owner', { mode: 0o600 });
    const asOwner = ['--wallet', wallet, '--password-file', password];
    await depositCredit(network, owner, gateway, owner.hash, DRAW_FEE);
    // Without a node account nothing is answered, and everything waits.
    await network.invoke(owner, gateway, 'revokeNodeAccount');
    const { ids } = await ask(fixture, [senderDraws(fixture)]);
    const [former] = openRandomKeys(fixture.config).publicKeys();
    const refused = await keys('rotate', ...kind, ...asOwner);
    assert.equal(refused.exitCode, 75, refused.out + refused.err);
    assert.match(refused.err, /requests wait under former keys: 1 under \w{16}/);
    const status = await keys('status');
    assert.match(status.out, /1 of its requests wait under key \d+ \(\w{16}\)$/m);
    await network.invoke(owner, gateway, 'proposeNodeAccount', [node.hash]);
    await network.invoke(node, gateway, 'acceptNodeAccount', [0]);
    await running.untilEnded(ids);
    assert.equal(running.explain(ids[0] ?? 0n).state, 'answered');
    const { retired } = await json('rotate', '--continue');
    assert.deepEqual(retired, [publicKeyId(former ?? Buffer.alloc(0))]);
  });

  it('refuse what makes no sense, and say why', async () => {
    const cases: [string[], RegExp][] = [
      [['create'], /required option '--kind <kind>' not specified/],
      [['create', '--kind', 'wallet'], /Allowed choices are node, random/],
      [['propose', ...kind], /\w{16} is the gateway's random key already/],
      [['propose', ...kind, '--key', 'abc'], /random\.key holds no random key abc/],
    ];
    for (const [words, pattern] of cases) {
      const { exitCode, out, err } = await keys(...words);
      assert.deepEqual([exitCode, out], [1, ''], words.join(' '));
      assert.match(err, pattern);
    }
    chmodSync(fileOf(), 0o644);
    const { err } = await keys('create', ...kind);
    assert.match(err, /random\.key has mode 0644: others may read it\nto do: run: chmod 600/);
    const { random } = running.node.status();
    assert.match(random?.problem ?? '', /others may read it/);
    chmodSync(fileOf(), 0o600);
  });
});
