import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NodeError } from '../../src/base/node-error.js';
import { inTransaction } from '../../src/storage/database.js';
import { VAULT_CRASH_POINTS } from '../../src/vault/rotate-keys.js';
import { createRotationStore } from '../../src/vault/rotation-store.js';
import { ACTOR, ALICE, BOB, CONTRACT, vaultFixture } from './vault-fixture.js';

const ENTRY = fileURLToPath(new URL('./rotating-process.ts', import.meta.url));
const NAMES = ['A', 'B', 'C', 'D'];

describe('rotation of the keys', () => {
  let vault: ReturnType<typeof vaultFixture>;
  beforeEach(async () => {
    vault = vaultFixture();
    for (const name of NAMES) {
      await vault.set(ALICE, name, `value of ${name}`);
      vault.grant(ALICE, name);
    }
  });
  afterEach(() => vault.remove());

  const assertReadable = async (): Promise<void> => {
    for (const name of NAMES) assert.equal(await vault.valueOf(name), `value of ${name}`);
  };
  const keyIds = (): string[] => {
    const { keys } = JSON.parse(readFileSync(vault.keyFile, 'utf8')) as { keys: { id: string }[] };
    return keys.map(({ id }) => id);
  };
  const stored = () => NAMES.map((name) => vault.store.secret({ owner: ALICE, name }));
  const column = <K extends 'keyId' | 'version' | 'wrappedKey' | 'sealedValue'>(key: K) =>
    stored().map((secret) => secret?.[key]);

  const rotateInProcess = async (what: string, point: string, nth = 1): Promise<void> => {
    const args = ['--import', 'tsx', ENTRY, vault.dir, what, point, String(nth)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL', `it was not killed at ${point}`);
  };

  it('of the key-encryption key moves every data key and takes the old key away', async () => {
    const [before] = keyIds();
    const values = column('sealedValue');
    const result = await vault.vault.rotation.rotateKeyEncryptionKey(ACTOR);
    assert.deepEqual(result, { secrets: 4, resumed: false });
    const [after, ...more] = keyIds();
    assert.deepEqual(more, []);
    assert.notEqual(after, before);
    assert.deepEqual(new Set(column('keyId')), new Set([after]));
    assert.deepEqual(column('sealedValue'), values, 'the values themselves are left alone');
    assert.deepEqual(column('version'), [1, 1, 1, 1]);
    await assertReadable();
  });

  it('of the data keys seals every value anew under one version more', async () => {
    const [keys, values] = [column('wrappedKey'), column('sealedValue')];
    const result = await vault.vault.rotation.rotateDataKeys(ACTOR);
    assert.deepEqual(result, { secrets: 4, resumed: false });
    assert.deepEqual(column('version'), [2, 2, 2, 2]);
    for (const [at, key] of column('wrappedKey').entries()) {
      assert.notDeepEqual(key, keys[at]);
      assert.notDeepEqual(column('sealedValue')[at], values[at]);
    }
    await assertReadable();
    assert.equal(vault.entries().filter(({ action }) => action === 'data-key.rotate').length, 5);
  });

  it('lets the vault be used and changed meanwhile', async () => {
    const seen: (string | null)[] = [];
    const work: Promise<unknown>[] = [];
    const busy = vaultFixture({
      dir: vault.dir,
      crashPoint(at) {
        if (at !== 'row moved' && at !== 'row sealed anew') return;
        work.push(vault.valueOf('A').then((value) => seen.push(value)));
        work.push(vault.set(BOB, `NEW${work.length}`, 'set meanwhile'));
      },
    });
    await busy.vault.rotation.rotateKeyEncryptionKey(ACTOR);
    await busy.vault.rotation.rotateDataKeys(ACTOR);
    await Promise.all(work);
    busy.close();
    assert.ok(seen.length >= 8 && seen.every((value) => value === 'value of A'));
    await assertReadable();
    const bobs = vault.list(BOB);
    for (const { name } of bobs) {
      vault.grant(BOB, name);
      assert.equal(await vault.valueOf(name), 'set meanwhile');
    }
  });

  const keyPoints = VAULT_CRASH_POINTS.filter((at) => !/epoch|anew/.test(at));
  const kills = [
    ...keyPoints.map((at) => ['keys', at, 1] as const),
    ['keys', 'row moved', 3] as const,
    ['keys', 'row moved', 4] as const,
    ['data', 'epoch begun', 1] as const,
    ['data', 'row sealed anew', 1] as const,
    ['data', 'row sealed anew', 3] as const,
  ];
  for (const [what, at, nth] of kills) {
    it(`killed at "${at}" (${nth}) loses nothing; the next run finishes it`, async function () {
      this.timeout(60_000);
      const [before] = keyIds();
      await rotateInProcess(what, at, nth);
      await assertReadable();
      await vault.set(ALICE, 'A', 'value of A');
      const { rotation } = vault.vault;
      const run = () =>
        what === 'keys' ? rotation.rotateKeyEncryptionKey(ACTOR) : rotation.rotateDataKeys(ACTOR);
      const { resumed } = await run();
      assert.equal(resumed, at !== 'key added' && at !== 'old removed');
      await assertReadable();
      assert.equal(keyIds().length, 1);
      assert.deepEqual(new Set(column('keyId')), new Set(keyIds()));
      if (what === 'keys') assert.notEqual(keyIds()[0], before);
      else assert.ok(column('version').every((version) => (version ?? 0) >= 2));
      assert.deepEqual(vault.auditFindings(), []);
      assert.equal((await run()).resumed, false);
      await assertReadable();
    });
  }

  it('retires no key that something is under', () => {
    const rotations = createRotationStore(vault.db);
    inTransaction(vault.db, () => {
      rotations.makeCurrent('f'.repeat(16), 1);
      rotations.retireOld();
    });
    assert.deepEqual(rotations.keysIn('old'), keyIds());
  });

  it('tells of a database that is older than its key file', async () => {
    await vault.vault.rotation.rotateKeyEncryptionKey(ACTOR);
    vault.db.exec(`UPDATE vault_secret SET key_id = (SELECT id FROM vault_key
      WHERE state = 'retired') WHERE name = 'A'`);
    await assert.rejects(vault.reveal('A', CONTRACT), (error) => {
      return error instanceof NodeError && error.code === 'VAULT_KEY_MISSING';
    });
    assert.equal(await vault.valueOf('B'), 'value of B');
  });
});
