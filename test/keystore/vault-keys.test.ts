import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NodeError } from '../../src/base/node-error.js';
import { openBox, publicKeyId, sealBox } from '../../src/base/sealed-box.js';
import { writePrivateText } from '../../src/keystore/private-key-file.js';
import { createVaultKeys, type VaultKeys } from '../../src/keystore/vault-keys.js';
import { withFileLimit } from '../base/file-limit.js';

describe('the key file of the vault', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-keys-'));
    file = join(dir, 'sub', 'vault.key');
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const keysWith = (password: string): VaultKeys =>
    createVaultKeys({
      file,
      readPassword: () => password,
      random: randomBytes,
      cost: { n: 2, r: 8, p: 1 },
    });
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    try {
      await work;
    } catch (error) {
      assert.ok(error instanceof NodeError, String(error));
      assert.doesNotMatch(`${error.message}${error.hint}`, /horse|staple/);
      return error.code;
    }
    return 'no error';
  };

  it('is made on first use, for its owner only, and opens with the password', async () => {
    const keys = keysWith('horse');
    assert.equal(await keys.open(), null);
    const ring = await keys.openOrCreate();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const [id = ''] = ring.ids();
    assert.equal(ring.key(id)?.length, 32);
    assert.equal(ring.key('0'.repeat(16)), null);
    const again = await keysWith('horse').openOrCreate();
    assert.deepEqual(again.key(id), ring.key(id));
    const [sharing] = again.sharing();
    assert.equal(sharing?.id, publicKeyId(sharing?.publicKey ?? Buffer.alloc(0)));
  });

  it('is whole or not there when the disk fills as it is written', () => {
    const words = { code: 'KEY_FILE', what: 'the keys', setting: 'vault.keyFile' };
    const write = (text: string) => writePrivateText(file, text, 'replace', words);
    write('the former keys');
    withFileLimit(16, () => {
      assert.throws(() => write('k'.repeat(17)), { code: 'KEY_FILE', message: /EFBIG/ });
    });
    assert.equal(readFileSync(file, 'utf8'), 'the former keys');
    assert.deepEqual(readdirSync(dirname(file)), ['vault.key']);
  });

  it('costs whoever guesses the password what OWASP advises', async () => {
    const readPassword = () => 'horse';
    await createVaultKeys({ file, readPassword, random: randomBytes }).openOrCreate();
    const { scrypt } = JSON.parse(readFileSync(file, 'utf8'));
    // Password Storage Cheat Sheet, scrypt: N=2^15, r=8, p=3.
    assert.deepEqual([scrypt.n, scrypt.r, scrypt.p], [2 ** 15, 8, 3]);
    assert.ok((await createVaultKeys({ file, readPassword, random: randomBytes }).open()) !== null);
  });

  it('is made once when two processes make it at the same time', async () => {
    const rings = await Promise.all(['a', 'b'].map(() => keysWith('horse').openOrCreate()));
    assert.deepEqual(rings[0]?.ids(), rings[1]?.ids());
    assert.equal(rings[0]?.ids().length, 1);
  });

  it('does not open with another password, readable by others, or spoilt', async () => {
    await keysWith('horse').openOrCreate();
    assert.equal(await codeOf(keysWith('staple').open()), 'VAULT_KEYS_PASSWORD');
    const text = readFileSync(file, 'utf8');
    const spoilt = JSON.parse(text);
    for (const change of [
      () => '{',
      () => JSON.stringify({ ...spoilt, keys: [] }),
      () => JSON.stringify({ ...spoilt, more: 1 }),
      () => JSON.stringify({ ...spoilt, scrypt: { ...spoilt.scrypt, n: 3 } }),
      () => JSON.stringify({ ...spoilt, scrypt: { ...spoilt.scrypt, n: 2 ** 40 } }),
    ]) {
      writeFileSync(file, change());
      assert.equal(await codeOf(keysWith('horse').open()), 'VAULT_KEYS', change());
    }
    writeFileSync(file, text);
    chmodSync(file, 0o640);
    assert.equal(await codeOf(keysWith('horse').open()), 'VAULT_KEYS');
  });

  it('shows other processes the keys that one adds or removes', async () => {
    const [one, other] = [
      await keysWith('horse').openOrCreate(),
      await keysWith('horse').openOrCreate(),
    ];
    const [first = ''] = one.ids();
    const second = other.add();
    assert.deepEqual(one.ids(), [first, second]);
    assert.deepEqual(one.key(second), other.key(second));
    one.remove([first]);
    assert.equal(other.key(first), null);
    assert.deepEqual((await keysWith('horse').openOrCreate()).ids(), [second]);
  });

  it('keeps the last key that authors encrypt to beside a new one', async () => {
    const ring = await keysWith('horse').openOrCreate();
    const [first] = ring.sharing();
    const second = ring.renewSharing();
    assert.deepEqual(
      ring.sharing().map(({ id }) => id),
      [first?.id, second.id],
    );
    const third = ring.renewSharing();
    assert.deepEqual(
      ring.sharing().map(({ id }) => id),
      [second.id, third.id],
    );
  });

  it('follows a change of the password, given the former one', async () => {
    const ring = await keysWith('horse').openOrCreate();
    const [id = ''] = ring.ids();
    const key = Buffer.from(ring.key(id) ?? '');
    assert.equal(await codeOf(keysWith('staple').reseal('wrong')), 'VAULT_KEYS_PASSWORD');
    await keysWith('staple').reseal('horse');
    assert.equal(await codeOf(keysWith('horse').open()), 'VAULT_KEYS_PASSWORD');
    assert.deepEqual((await keysWith('staple').openOrCreate()).key(id), key);
  });
});

describe('a sealed box', () => {
  const key = Buffer.alloc(32, 1);

  it('opens with its key and what it is bound to, and with nothing else', () => {
    const box = sealBox(key, Buffer.from('value'), ['owner', 1], randomBytes);
    assert.equal(openBox(key, box, ['owner', 1])?.toString(), 'value');
    assert.equal(openBox(Buffer.alloc(32, 2), box, ['owner', 1]), null);
    for (const bound of [['owner', 2], ['owner'], ['owner', '1'], ['owne', 'r1']]) {
      assert.equal(openBox(key, box, bound), null, JSON.stringify(bound));
    }
    for (let at = 0; at < box.length; at++) {
      const spoilt = Buffer.from(box);
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
      assert.equal(openBox(key, spoilt, ['owner', 1]), null, `byte ${at}`);
    }
    assert.equal(openBox(key, box.subarray(0, 20), ['owner', 1]), null);
  });

  it('is AES-256-GCM as it is published', () => {
    // McGrew and Viega, The Galois/Counter Mode of Operation, test case 14: key, nonce and 16 bytes
    // of zeros; the authenticated data differs, so only the ciphertext is compared.
    const box = sealBox(Buffer.alloc(32), Buffer.alloc(16), [], () => Buffer.alloc(12));
    assert.equal(box.subarray(12, 28).toString('hex'), 'cea7403d4d606b6e074ec5d3baf39d18');
  });
});
