import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heldKeysShape } from '../../src/api/shapes/keys-shape.js';
import { hash160ToAddress } from '../../src/base/hash.js';
import { listPublicKeys } from '../../src/keystore/public-keys.js';
import { withoutPlaces } from '../../src/node/held-keys.js';
import { keyOverview } from '../../src/operations/key-standing.js';
import { hash160Of } from '../api/request-book.js';

const OWN = hash160Of(0x01);
const NEXT = hash160Of(0x02);

describe('the keys that the API tells of', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-held-keys-'));
  const file = join(dir, 'wallet.json');
  after(() => rmSync(dir, { recursive: true, force: true }));

  /** A wallet of two accounts, the other files not there. */
  async function told(nodeAccount: typeof OWN | null) {
    const accounts = [OWN, NEXT].map((account, at) => ({
      ...{ address: hash160ToAddress(account), label: 'a private word', isDefault: at === 0 },
      ...{ key: at === 0 ? '6PY'.padEnd(58, 'x') : null, contract: null },
    }));
    const scrypt = { n: 16_384, r: 8, p: 8 };
    writeFileSync(file, JSON.stringify({ scrypt, accounts }), { mode: 0o600 });
    const config = {
      wallet: { files: { file, passwordFile: '' }, signer: null },
      random: { keyFile: join(dir, 'random.key') },
      vault: { keyFile: join(dir, 'vault.key') },
      storage: { dir },
    } as unknown as Parameters<typeof listPublicKeys>[0];
    const chain =
      nodeAccount === null
        ? null
        : {
            ...{ height: 9, owner: OWN, nodeAccount, overlap: null },
            proposed: { account: NEXT, byOwner: true },
            randomKey: { keyId: 0n, publicKey: null },
          };
    return withoutPlaces(keyOverview(await listPublicKeys(config, null), chain as never));
  }

  it('are told with what each is to the gateway, and without words of the operator', async () => {
    const { node, random, vault } = await told(OWN);
    assert.deepEqual(
      node.keys.map(({ account, canSign, standing }) => [account, canSign, standing]),
      [
        [OWN, true, 'current'],
        [NEXT, false, 'proposed'],
      ],
    );
    for (const part of [random, vault]) assert.deepEqual(part, { isReadable: true, keys: [] });
    const text = JSON.stringify({ node, random, vault });
    for (const word of [dir, 'private', '6PY', 'wallet.json'])
      assert.ok(!text.includes(word), word);
  });

  it('are told without standing where the chain cannot be asked', async () => {
    assert.deepEqual(
      (await told(null)).node.keys.map(({ standing }) => standing),
      [null, null],
    );
  });

  it('are not told where the file is in trouble, and neither is its place', async () => {
    writeFileSync(join(dir, 'random.key'), 'hunter2', { mode: 0o644 });
    const whole = await told(OWN);
    assert.deepEqual(whole.random, { isReadable: false, keys: [] });
    assert.doesNotMatch(JSON.stringify(whole), /hunter2|dodona-held-keys|mode/);
    assert.deepEqual(heldKeysShape.parse(whole), whole);
  });
});
