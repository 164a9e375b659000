import assert from 'node:assert/strict';
import { wallet } from '@cityofzion/neon-js';
import { encodeBase58Check } from '../../src/base/base58.js';
import { hash160ToAddress, hashToLittleEndian, scriptHash } from '../../src/base/hash.js';
import { createLocalSigner } from '../../src/chain/signer.js';
import { decryptNep2, encryptNep2, isNep2, NEP2_COST } from '../../src/keystore/nep2.js';

/** Cheap: what is tested does not hang on it. */
const CHEAP = { n: 2, r: 1, p: 1 };
/** Addresses of the first Neo, for which the official vectors were made. */
const LEGACY_VERSION = 0x17;

/** "Test vectors" of NEP-2 (https://github.com/neo-project/proposals, nep-2.mediawiki). */
const VECTORS = [
  {
    passphrase: 'TestingOneTwoThree',
    encrypted: '6PYVPVe1fQznphjbUxXP9KZJqPMVnVwCx5s5pr5axRJ8uHkMtZg97eT5kL',
    privateKey: 'cbf4b9f70470856bb4f40f80b87edb90865997ffee6df315ab166d713af433a5',
  },
  {
    passphrase: 'Satoshi',
    encrypted: '6PYN6mjwYfjPUuYT3Exajvx25UddFVLpCw4bMsmtLdnKwZ9t1Mi3CfKe8S',
    privateKey: '09c2686880095b1a4c249ee3ac4eea8a014f11e6f986d0b5025ac1f39afbd9ae',
  },
];

/** The first Neo had other verification scripts, too: PUSHBYTES33, the key, CHECKSIG. */
function legacyAddress(publicKey: Buffer): string {
  const script = Buffer.concat([Buffer.from([33]), publicKey, Buffer.from([0xac])]);
  const hash = hashToLittleEndian(scriptHash(script));
  return encodeBase58Check(Buffer.concat([Buffer.from([LEGACY_VERSION]), hash]));
}

describe('keys encrypted by NEP-2', () => {
  it('are those of the official vectors, both ways', async () => {
    for (const { passphrase, encrypted, privateKey } of VECTORS) {
      const key = Buffer.from(privateKey, 'hex');
      const address = legacyAddress(createLocalSigner(key).publicKey);
      assert.equal(await encryptNep2(key, address, passphrase), encrypted);
      const opened = await decryptNep2(encrypted, passphrase, NEP2_COST);
      assert.equal(opened?.privateKey.toString('hex'), privateKey);
      assert.equal(opened?.isOf(address), true);
    }
  });

  it('are those of another implementation, for Neo N3 and any passphrase', async () => {
    for (const passphrase of ['x', 'ключ 🔑', 'e\u0301', 'a'.repeat(200)]) {
      const key = Buffer.from(wallet.generatePrivateKey(), 'hex');
      const address = hash160ToAddress(createLocalSigner(key).account);
      const theirs = await wallet.encrypt(key.toString('hex'), passphrase, CHEAP);
      assert.equal(await encryptNep2(key, address, passphrase, CHEAP), theirs);
      const opened = await decryptNep2(theirs, passphrase, CHEAP);
      assert.deepEqual(opened?.privateKey, key);
    }
  });

  it('open with a passphrase however its letters were put together', async () => {
    const key = Buffer.alloc(32, 7);
    const address = hash160ToAddress(createLocalSigner(key).account);
    const made = await encryptNep2(key, address, 'caf\u00e9', CHEAP);
    const opened = await decryptNep2(made, 'cafe\u0301', CHEAP);
    assert.deepEqual(opened?.privateKey, key);
  });

  it('tell a wrong passphrase by the address, and a mistyped text by its checksum', async () => {
    const key = Buffer.alloc(32, 7);
    const address = hash160ToAddress(createLocalSigner(key).account);
    const made = await encryptNep2(key, address, 'right', CHEAP);
    const opened = await decryptNep2(made, 'wrong', CHEAP);
    assert.notDeepEqual(opened?.privateKey, key);
    const other = hash160ToAddress(
      createLocalSigner(opened?.privateKey ?? Buffer.alloc(0)).account,
    );
    assert.equal(opened?.isOf(other), false);
    const mistyped = made.slice(0, -1) + (made.endsWith('1') ? '2' : '1');
    for (const text of [mistyped, made.slice(1), `${made}1`, '', '0OIl']) {
      assert.equal(isNep2(text), false, text);
      assert.equal(await decryptNep2(text, 'right', CHEAP), null, text);
    }
  });

  it('are opened beside the main thread', async () => {
    const [vector] = VECTORS;
    let turns = 0;
    let isOpen = false;
    const opening = decryptNep2(vector?.encrypted ?? '', vector?.passphrase ?? '', NEP2_COST);
    opening.finally(() => {
      isOpen = true;
    });
    // A derivation on the main thread would be over before the first turn of the loop.
    while (!isOpen) {
      turns += 1;
      await new Promise(setImmediate);
    }
    assert.ok(turns > 10, `${turns} turns of the loop meanwhile`);
  });
});
