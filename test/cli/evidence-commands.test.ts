import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { createEvidenceStore } from '../../src/evidence/evidence-store.js';
import { createVaultKeys, type VaultKeyRing } from '../../src/keystore/vault-keys.js';
import { createRequestStore } from '../../src/requests/request-store.js';
import { inTransaction, openDatabase } from '../../src/storage/database.js';
import { watchWork } from '../evidence/watched-work.js';
import { createBench } from '../net/sources.js';
import { commandLine } from './command-line.js';

const PASSWORD = 'a password';
const VALUE = 'sk-live-0123456789';

describe('the commands about evidence', () => {
  const cli = commandLine();
  const bench = createBench();
  let ring: VaultKeyRing;
  let hash: string;
  const exported = join(cli.dir, 'request-7.json');

  /** A database with the evidence of a request that sent a secret, and the vault's keys. */
  before(async () => {
    writeFileSync(join(cli.dir, 'wallet.password'), PASSWORD, { mode: 0o600 });
    const keys = createVaultKeys({
      file: join(cli.storageDir, 'vault.key'),
      readPassword: () => PASSWORD,
      random: randomBytes,
      cost: { n: 1_024, r: 8, p: 1 },
    });
    ring = await keys.openOrCreate();
    const { port } = await bench.http((_, response) => response.end('{"price":1}'));
    const url = `http://127.0.0.1:${port}`;
    const spec = { url, headers: { authorization: '{{secret:API_KEY}}' } };
    const { loaded, bundle } = await watchWork(
      { kind: 'http', subject: JSON.stringify(spec) },
      {
        fetch: bench.fetcher(),
        filters: { evaluate: () => assert.fail('there is no filter') },
        ring,
        reveal: async () => {
          return { kind: 'granted', value: Buffer.from(VALUE), hosts: [url], optOut: false };
        },
      },
    );
    await bench.close();
    const { bundleHash } = await import('../../src/evidence/bundle.js');
    hash = bundleHash(loaded.text).toString('hex');
    const { request } = bundle;
    const db = openDatabase(cli.databaseFile);
    inTransaction(db, () => {
      const asked = { ...request, id: 7n, kind: 'http', maxFee: 1n } as const;
      const requester = `0x${'11'.repeat(20)}` as const;
      const more = { requester, payer: requester, tx: `0x${'33'.repeat(32)}` } as const;
      createRequestStore(db).add({ ...asked, ...more }, 'new', { atMs: 1, what: 'requested' });
      createEvidenceStore(db).add(7n, { ...loaded, hash: Buffer.from(hash, 'hex') }, 1_000);
    });
    db.close();
  });
  after(() => cli.remove());

  const here = ['--config', cli.configFile];

  it('write a bundle to a new file that nobody else may read, and say its hash', async () => {
    const first = await cli.run('evidence', 'export', '7', '--out', exported, ...here);
    assert.equal(first.out, `${exported}: the evidence of request 7, sha256 ${hash}\n`);
    assert.equal(statSync(exported).mode & 0o777, 0o600);
    assert.equal(readFileSync(exported, 'utf8').includes(VALUE), false);
    const second = await cli.run('evidence', 'export', '7', '--out', exported, ...here);
    assert.equal(second.exitCode, 1);
    assert.match(second.err, /cannot write .*exists/);
    const printed = await cli.run('evidence', 'export', '7', ...here);
    assert.equal(printed.out, readFileSync(exported, 'utf8'));
  });

  it('verify it from the file, and hold it against a hash that is known', async () => {
    const good = await cli.run('verify', '--bundle', exported, '--hash', hash.toUpperCase());
    assert.equal(good.exitCode, 0, good.out + good.err);
    assert.match(
      good.out,
      /^Request 7: verified\ngateway {4}0x[0-9a-f]{40} on network \d+\nbundle {5}sha256 /,
    );
    const bad = await cli.run('verify', '--bundle', exported, '--hash', '00'.repeat(32));
    assert.equal(bad.exitCode, 1);
    assert.match(bad.out, /^Request 7: DIFFERS.*\n[\s\S]*fails {6}the hash is that of --hash\n/);
  });

  it('open a commitment with the key of the vault, and only for the value itself', async () => {
    const words = ['evidence', 'secret', '7', 'API_KEY', ...here];
    const right = await cli.runWith(`${VALUE}\n`, ...words);
    assert.equal(right.out, 'API_KEY had this value in request 7.\n', right.err);
    assert.equal(right.exitCode, 0);
    const wrong = await cli.runWith('sk-live-0123456788', ...words);
    assert.equal(wrong.out, 'API_KEY had ANOTHER value in request 7.\n');
    assert.equal(wrong.exitCode, 1);
    const other = await cli.runWith('x', 'evidence', 'secret', '7', 'OTHER', ...here);
    assert.match(other.err, /the evidence of request 7 commits to no secret OTHER/);
    const before = ring.ids();
    ring.add();
    ring.remove(before);
    const retired = await cli.runWith(VALUE, ...words);
    assert.match(retired.err, /does not have the key [\s\S]*retired by a rotation/);
  });

  it('refuse what they cannot use, and say why', async () => {
    const cases: [string[], RegExp][] = [
      [['verify'], /neither an id nor --bundle was given/],
      [['verify', '--bundle', exported, '--hash', '12'], /--hash is no SHA-256/],
      [['verify', '--bundle', exported, '--rpc', 'ftp://x'], /--rpc is no URL of a Neo node/],
      [['verify', '--bundle', join(cli.dir, 'none')], /cannot read .*none/],
      [['verify', '--bundle', cli.configFile], /not a bundle of evidence: it is no JSON/],
      [['verify', '8', ...here], /no bundle of request 8 here: none was ever kept/],
      [['verify', '8', '--bundle', exported, ...here], /has no record of evidence for request 8/],
    ];
    for (const [words, told] of cases) {
      const { exitCode, err } = await cli.run(...words);
      assert.equal(exitCode, 1, words.join(' '));
      assert.match(err, told);
    }
  });
});
