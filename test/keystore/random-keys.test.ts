import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeError } from '../../src/base/node-error.js';
import { MAX_RANDOM_KEYS } from '../../src/keystore/random-key-file.js';
import { createRandomKeys, type RandomKeys } from '../../src/keystore/random-keys.js';
import { publicKeyOf } from '../../src/vrf/proof.js';

describe('the file of the random keys', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-keys-'));
    file = join(dir, 'sub', 'random.key');
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const keysWith = (password: string): RandomKeys =>
    createRandomKeys({
      file,
      readPassword: () => password,
      random: randomBytes,
      cost: { n: 2, r: 8, p: 1 },
    });
  const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
    try {
      await work();
    } catch (error) {
      assert.ok(error instanceof NodeError, String(error));
      assert.doesNotMatch(`${error.message}${error.hint}`, /horse|staple/);
      return error.code;
    }
    return 'no error';
  };

  it('is made with the first key, for its owner only, and holds no secret in the open', async () => {
    const keys = keysWith('horse');
    assert.deepEqual(keys.publicKeys(), []);
    assert.equal(await keys.find(Buffer.alloc(96)), null);
    const { publicKey, secret } = await keys.add();
    assert.deepEqual(publicKey, publicKeyOf(secret));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const text = readFileSync(file, 'utf8');
    for (const form of ['hex', 'base64'] as const) {
      assert.equal(text.includes(secret.toString(form)), false);
    }
    assert.deepEqual(await keysWith('horse').find(publicKey), { publicKey, secret });
  });

  it('keeps every key beside those that are added, oldest first', async () => {
    const keys = keysWith('horse');
    const made = [await keys.add(), await keys.add(), await keysWith('horse').add()];
    assert.deepEqual(
      keys.publicKeys(),
      made.map(({ publicKey }) => publicKey),
    );
    for (const key of made) assert.deepEqual(await keys.find(key.publicKey), key);
    assert.equal(await keys.find(Buffer.alloc(96, 1)), null);
  });

  it('costs whoever guesses the password what OWASP advises', async () => {
    const readPassword = () => 'horse';
    await createRandomKeys({ file, readPassword, random: randomBytes }).add();
    const { scrypt } = JSON.parse(readFileSync(file, 'utf8'));
    // Password Storage Cheat Sheet, scrypt: N=2^15, r=8, p=3.
    assert.deepEqual([scrypt.n, scrypt.r, scrypt.p], [2 ** 15, 8, 3]);
  });

  it('opens with its password only, and says which key of the configuration names it', async () => {
    const { publicKey } = await keysWith('horse').add();
    const wrong = keysWith('staple');
    assert.equal(await codeOf(() => wrong.find(publicKey)), 'RANDOM_KEYS_PASSWORD');
    assert.equal(await codeOf(() => wrong.add()), 'RANDOM_KEYS_PASSWORD');
    await assert.rejects(wrong.find(publicKey), { hint: /random\.passwordFile/ });
    assert.equal(keysWith('horse').publicKeys().length, 1);
  });

  it('is refused where others may read it, and where it is something else', async () => {
    const { publicKey } = await keysWith('horse').add();
    const text = readFileSync(file, 'utf8');
    chmodSync(file, 0o640);
    assert.equal(await codeOf(() => keysWith('horse').find(publicKey)), 'RANDOM_KEYS');
    chmodSync(file, 0o600);
    const parsed = JSON.parse(text);
    const [key] = parsed.keys;
    const others = [
      '{',
      JSON.stringify({ ...parsed, dodonaRandomKeys: 2 }),
      JSON.stringify({ ...parsed, keys: [] }),
      JSON.stringify({ ...parsed, keys: [{ ...key, publicKey: 'AAAA' }] }),
      JSON.stringify({ ...parsed, scrypt: { ...parsed.scrypt, n: 2 ** 40 } }),
      JSON.stringify({ ...parsed, keys: Array(MAX_RANDOM_KEYS + 1).fill(key) }),
    ];
    for (const other of others) {
      writeFileSync(file, other);
      assert.equal(await codeOf(() => keysWith('horse').find(publicKey)), 'RANDOM_KEYS');
    }
    // A box is bound to its public key: it cannot be put beside another.
    const swapped = Buffer.from(key.publicKey, 'base64').reverse().toString('base64');
    writeFileSync(file, JSON.stringify({ ...parsed, keys: [{ ...key, publicKey: swapped }] }));
    assert.equal(
      await codeOf(() => keysWith('horse').find(Buffer.from(swapped, 'base64'))),
      'RANDOM_KEYS_PASSWORD',
    );
  });

  it('takes no more keys than its limit, which it names', async () => {
    const keys = keysWith('horse');
    await keys.add();
    const parsed = JSON.parse(readFileSync(file, 'utf8'));
    const full = { ...parsed, keys: Array(MAX_RANDOM_KEYS).fill(parsed.keys[0]) };
    writeFileSync(file, JSON.stringify(full));
    await assert.rejects(keys.add(), { code: 'RANDOM_KEYS', message: /holds 256 keys, the most/ });
  });
});
