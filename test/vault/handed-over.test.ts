import assert from 'node:assert/strict';
import {
  createCipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { NodeError } from '../../src/base/node-error.js';
import { publicKeyId } from '../../src/base/sealed-box.js';
import { encryptForNode, openHandedOver, type ReceivingKey } from '../../src/vault/handed-over.js';
import { ALICE, BOB, vaultFixture } from './vault-fixture.js';

const value = Buffer.from('sk-live-0123456789');

describe('a secret that its author encrypted', () => {
  let vault: ReturnType<typeof vaultFixture>;
  let keys: readonly ReceivingKey[];
  before(async () => {
    vault = vaultFixture();
    keys = (await vault.keys.openOrCreate()).sharing();
  });
  after(() => vault.remove());
  const publicKey = (): Buffer => keys[0]?.publicKey ?? assert.fail('no key');
  const refused = async (text: string, why: RegExp): Promise<void> => {
    await assert.rejects(openHandedOver(text, keys), (error) => {
      assert.ok(error instanceof NodeError && error.code === 'SECRET_SEALED');
      assert.match(error.message, why);
      return true;
    });
  };

  it('opens at the node with owner, name and value', async () => {
    const text = await encryptForNode(publicKey(), { owner: ALICE, name: 'KEY', value });
    assert.doesNotMatch(text, /sk-live/);
    assert.deepEqual(await openHandedOver(text, keys), { owner: ALICE, name: 'KEY', value });
  });

  it('opens for the owner and name that it was encrypted for only', async () => {
    const text = await encryptForNode(publicKey(), { owner: ALICE, name: 'KEY', value });
    const changed = (change: object) => JSON.stringify({ ...JSON.parse(text), ...change });
    await refused(changed({ owner: BOB }), /another owner or name/);
    await refused(changed({ name: 'KEY2' }), /another owner or name/);
    await refused(changed({ ciphertext: randomBytes(40).toString('base64') }), /was changed/);
    await refused(changed({ enc: randomBytes(32).toString('base64') }), /was changed/);
    await refused(changed({ enc: '' }), /was changed/);
    await refused(changed({ key: '0'.repeat(16) }), /does not have/);
    await refused(changed({ more: 1 }), /does not have the form/);
    await refused('{', /does not have the form/);
  });

  it('opens with the key before the latest, too', async () => {
    const text = await encryptForNode(publicKey(), { owner: ALICE, name: 'KEY', value });
    const ring = await vault.keys.openOrCreate();
    ring.renewSharing();
    assert.deepEqual((await openHandedOver(text, ring.sharing())).value, value);
  });

  it('is HPKE as RFC 9180 has it: one made here step by step opens as well', async () => {
    const enc = generateKeyPairSync('x25519');
    const raw = enc.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const recipient = createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), publicKey()]),
      format: 'der',
      type: 'spki',
    });
    const privateKey = createPrivateKey(enc.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const dh = diffieHellman({ privateKey, publicKey: recipient });
    // RFC 9180, 4.1: KEM 0x0020; 5.1: KDF 0x0001, AEAD 0x0002, base mode.
    const kem = Buffer.from('4b454d0020', 'hex');
    const suite = Buffer.from('48504b45002000010002', 'hex');
    const none = Buffer.alloc(0);
    const secret = expand(
      kem,
      extract(kem, none, 'eae_prk', dh),
      'shared_secret',
      Buffer.concat([raw, publicKey()]),
      32,
    );
    const context = Buffer.concat([
      Buffer.from([0]),
      extract(suite, none, 'psk_id_hash', none),
      extract(suite, none, 'info_hash', Buffer.from('dodona secret 1')),
    ]);
    const prk = extract(suite, secret, 'secret', none);
    const key = expand(suite, prk, 'key', context, 32);
    const nonce = expand(suite, prk, 'base_nonce', context, 12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(`${ALICE}\nKEY`));
    const sealed = [cipher.update(value), cipher.final(), cipher.getAuthTag()];
    const text = JSON.stringify({
      dodonaSecret: 1,
      key: publicKeyId(publicKey()),
      owner: ALICE,
      name: 'KEY',
      enc: raw.toString('base64'),
      ciphertext: Buffer.concat(sealed).toString('base64'),
    });
    assert.deepEqual((await openHandedOver(text, keys)).value, value);
  });
});

const hmac = (key: Buffer, data: Buffer): Buffer =>
  createHmac('sha256', key.length === 0 ? Buffer.alloc(32) : key)
    .update(data)
    .digest();

/** LabeledExtract of RFC 9180, 4. */
const extract = (suite: Buffer, salt: Buffer, label: string, ikm: Buffer): Buffer =>
  hmac(salt, Buffer.concat([Buffer.from('HPKE-v1'), suite, Buffer.from(label), ikm]));

/** LabeledExpand of RFC 9180, 4, for one block of output. */
function expand(suite: Buffer, prk: Buffer, label: string, info: Buffer, size: number): Buffer {
  const head = Buffer.from([0, size]);
  const labeled = [head, Buffer.from('HPKE-v1'), suite, Buffer.from(label), info, Buffer.from([1])];
  return hmac(prk, Buffer.concat(labeled)).subarray(0, size);
}
