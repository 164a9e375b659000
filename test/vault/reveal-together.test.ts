import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NodeError } from '../../src/base/node-error.js';
import { ALICE, OTHER_CONTRACT, vaultFixture } from './vault-fixture.js';

describe('secrets asked for at the same time', () => {
  let vault: ReturnType<typeof vaultFixture>;
  beforeEach(async () => {
    vault = vaultFixture();
    for (const name of ['A', 'B']) {
      await vault.set(ALICE, name, `value of ${name}`);
      vault.grant(ALICE, name);
    }
  });
  afterEach(() => vault.remove());

  it('are each answered by itself and written down, in few transactions', async () => {
    const before = vault.entries().length;
    let commits = 0;
    const { record } = vault.audit;
    const counting = Object.assign(vault.audit, {
      record: <T>(step: Parameters<typeof record<T>>[0]): T => {
        commits += 1;
        return record(step);
      },
    });
    assert.equal(counting, vault.audit);
    const names = Array.from({ length: 60 }, (_, at) => ['A', 'B', 'NONE'][at % 3] ?? '');
    const values = await Promise.all(names.map((name) => vault.valueOf(name)));
    const right = names.map((name) => (name === 'NONE' ? null : `value of ${name}`));
    assert.deepEqual(values, right);
    assert.equal(vault.entries().length, before + names.length);
    await nextTurn();
    assert.ok(commits <= 3, `${commits} transactions`);
    assert.deepEqual(vault.auditFindings(), []);
  });

  it('do not share a failure: one damaged value fails alone', async () => {
    vault.db.exec("UPDATE vault_secret SET version = 9 WHERE name = 'A'");
    const [a, b, none] = await Promise.allSettled([
      vault.valueOf('A'),
      vault.valueOf('B'),
      vault.valueOf('B', OTHER_CONTRACT),
    ]);
    assert.ok(a.status === 'rejected' && a.reason instanceof NodeError);
    assert.equal(a.reason.code, 'VAULT_DAMAGED');
    assert.deepEqual(b, { status: 'fulfilled', value: 'value of B' });
    assert.deepEqual(none, { status: 'fulfilled', value: null });
    const outcomes = vault.entries().slice(-3);
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['failed', 'done', 'refused'],
    );
  });

  it('with a key file out of order fail for those who have a grant only', async () => {
    rmSync(vault.keyFile);
    writeFileSync(vault.keyFile, '{', { mode: 0o600 });
    const [granted, refused] = await Promise.allSettled([
      vault.valueOf('A'),
      vault.valueOf('A', OTHER_CONTRACT),
    ]);
    assert.ok(granted.status === 'rejected' && granted.reason.code === 'VAULT_KEYS');
    assert.deepEqual(refused, { status: 'fulfilled', value: null });
    assert.deepEqual(
      vault
        .entries()
        .slice(-2)
        .map(({ outcome }) => outcome),
      ['failed', 'refused'],
    );
  });
});
