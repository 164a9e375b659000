import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hash160ToAddress } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import {
  MAX_HOSTS_PER_GRANT,
  MAX_SECRET_BYTES,
  MIN_SECRET_BYTES,
} from '../../src/vault/secret-limits.js';
import {
  ALICE,
  BOB,
  CODE,
  CONTRACT,
  HOST,
  OTHER_CONTRACT,
  vaultFixture,
  WEB,
} from './vault-fixture.js';

const VALUE = 'sk-live-0123456789';

describe('the vault', () => {
  let vault: ReturnType<typeof vaultFixture>;
  beforeEach(() => {
    vault = vaultFixture();
  });
  afterEach(() => vault.remove());

  const refusal = async (work: () => unknown): Promise<NodeError> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof NodeError) return error;
      throw error;
    }
    throw new Error('it was not refused');
  };

  it('gives a value to whom it was granted, with the hosts that it may be sent to', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    vault.grant(ALICE, 'KEY', CONTRACT, WEB, ['api.example.org', 'https://api.example.org:8443']);
    const revealed = await vault.reveal('KEY');
    assert.deepEqual(revealed, {
      kind: 'granted',
      value: Buffer.from(VALUE),
      hosts: ['https://api.example.org', 'https://api.example.org:8443'],
      optOut: false,
    });
  });

  it('gives nothing to another requester, use, code or name', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    await vault.set(ALICE, 'NOT_GRANTED', VALUE);
    vault.grant(ALICE, 'KEY', CONTRACT, CODE);
    assert.equal(await vault.valueOf('KEY', CONTRACT, CODE), VALUE);
    const otherCode = { kind: 'function', codeHash: '00'.repeat(32) } as const;
    for (const [name, requester, use] of [
      ['KEY', OTHER_CONTRACT, CODE],
      ['KEY', ALICE, CODE],
      ['KEY', CONTRACT, WEB],
      ['KEY', CONTRACT, otherCode],
      ['key', CONTRACT, CODE],
      ['NOT_GRANTED', CONTRACT, CODE],
      ['', CONTRACT, CODE],
      ["KEY' OR 1=1 --", CONTRACT, CODE],
      ['KEY\0', CONTRACT, CODE],
    ] as const) {
      const revealed = await vault.reveal(name, requester, use);
      assert.equal(revealed.kind, 'forbidden', `${name} ${requester} ${use.kind}`);
    }
  });

  it('does not tell whether a secret exists that is not granted', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    const there = await vault.reveal('KEY');
    const absent = await vault.reveal('YEK');
    assert.ok(there.kind === 'forbidden' && absent.kind === 'forbidden');
    assert.equal(there.reason.replace('KEY', ''), absent.reason.replace('YEK', ''));
  });

  it('keeps owners apart who use one name, and no owner takes the place of another', async () => {
    await vault.set(ALICE, 'KEY', 'of-alice');
    await vault.set(BOB, 'KEY', 'of-bob-x');
    vault.grant(ALICE, 'KEY', CONTRACT);
    vault.grant(BOB, 'KEY', OTHER_CONTRACT);
    assert.equal(await vault.valueOf('KEY', CONTRACT), 'of-alice');
    assert.equal(await vault.valueOf('KEY', OTHER_CONTRACT), 'of-bob-x');
    const error = await refusal(() => vault.grant(BOB, 'KEY', CONTRACT));
    assert.match(error.message, /another owner's KEY already/);
    assert.doesNotMatch(error.message, new RegExp(hash160ToAddress(ALICE)));
    assert.equal(await vault.valueOf('KEY', CONTRACT), 'of-alice');
  });

  it('takes a new value under the same grants, and gives it at once', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    vault.grant(ALICE, 'KEY');
    assert.equal(await vault.set(ALICE, 'KEY', 'the next one'), 2);
    assert.equal(await vault.valueOf('KEY'), 'the next one');
  });

  it('gives nothing after a revocation or deletion, nor by an old grant to a new one', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    vault.grant(ALICE, 'KEY');
    vault.grant(ALICE, 'KEY', CONTRACT, CODE, []);
    vault.revoke(ALICE, 'KEY');
    assert.equal(await vault.valueOf('KEY'), null);
    assert.equal(await vault.valueOf('KEY', CONTRACT, CODE), VALUE);
    const error = await refusal(() => vault.revoke(ALICE, 'KEY'));
    assert.equal(error.code, 'NO_SUCH_SECRET');
    vault.vault.desk.delete({ owner: ALICE, name: 'KEY', actor: 'operator:x' });
    assert.equal(await vault.valueOf('KEY', CONTRACT, CODE), null);
    assert.deepEqual(vault.list(), []);
    await vault.set(ALICE, 'KEY', VALUE);
    assert.equal(await vault.valueOf('KEY', CONTRACT, CODE), null);
  });

  it('lists what is there and to whom it is granted, without values', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    await vault.set(BOB, 'TOKEN', 'short', true);
    vault.grant(ALICE, 'KEY');
    const [key, token] = vault.list();
    assert.deepEqual([key?.name, key?.version, key?.mayBeResult], ['KEY', 1, false]);
    assert.deepEqual(
      key?.grants.map(({ requester, hosts }) => [requester, hosts]),
      [[CONTRACT, [HOST]]],
    );
    assert.deepEqual([token?.owner, token?.mayBeResult], [BOB, true]);
    assert.deepEqual(
      vault.list(BOB).map(({ name }) => name),
      ['TOKEN'],
    );
    assert.doesNotMatch(JSON.stringify(vault.list()), /sk-live|short/);
  });

  it('refuses names, values and hosts that are not allowed, and says what is', async () => {
    const big = 'x'.repeat(MAX_SECRET_BYTES);
    await vault.set(ALICE, 'BIG', big);
    for (const [name, value, why] of [
      ['1KEY', VALUE, /not a name/],
      ['a b', VALUE, /not a name/],
      ['x'.repeat(65), VALUE, /not a name/],
      ['KEY', '', /empty/],
      ['KEY', 'x'.repeat(MIN_SECRET_BYTES - 1), /at least 8 are needed/],
      ['KEY', `${big}x`, /at most 4096 are allowed/],
    ] as const) {
      const error = await refusal(() => vault.set(ALICE, name, value));
      assert.equal(error.code, 'SECRET_REFUSED');
      assert.match(error.message, why);
      assert.ok(error.hint);
      assert.doesNotMatch(JSON.stringify(error) + error.message, /sk-live|xxxxxxx{60}/);
    }
    for (const host of ['', '*', '*.example.org', 'a b', 'ftp://x', 'https://x/path', 'u:p@x']) {
      const error = await refusal(() => vault.grant(ALICE, 'BIG', CONTRACT, WEB, [host]));
      assert.match(error.message, /not a host/, host);
    }
    const none = await refusal(() => vault.grant(ALICE, 'BIG', CONTRACT, WEB, []));
    assert.match(none.message, /names no host/);
    const many = Array.from({ length: MAX_HOSTS_PER_GRANT + 1 }, (_, at) => `h${at}.example`);
    assert.match(
      (await refusal(() => vault.grant(ALICE, 'BIG', CONTRACT, WEB, many))).message,
      /17/,
    );
    assert.equal((await refusal(() => vault.grant(BOB, 'BIG'))).code, 'NO_SUCH_SECRET');
  });

  it('writes each change and use into the audit log, with the request, never a value', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    vault.grant(ALICE, 'KEY');
    await vault.reveal('KEY');
    await vault.reveal('KEY', OTHER_CONTRACT);
    vault.revoke(ALICE, 'KEY');
    vault.vault.desk.delete({ owner: ALICE, name: 'KEY', actor: 'operator:x' });
    const told = vault.entries().map(({ actor, action, outcome, requestId }) => {
      return [actor, action, outcome, requestId];
    });
    assert.deepEqual(told, [
      ['operator:test', 'secret.set', 'done', null],
      ['operator:test', 'secret.grant', 'done', null],
      [`contract:${CONTRACT}`, 'secret.reveal', 'done', 7n],
      [`contract:${OTHER_CONTRACT}`, 'secret.reveal', 'refused', 7n],
      ['operator:test', 'secret.revoke', 'done', null],
      ['operator:x', 'secret.delete', 'done', null],
    ]);
    assert.deepEqual(vault.auditFindings(), []);
  });

  it('gives nothing out when the use cannot be written down', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    vault.grant(ALICE, 'KEY');
    vault.db.exec(`CREATE TRIGGER full BEFORE INSERT ON audit_entry
      BEGIN SELECT RAISE(ABORT, 'no room'); END`);
    await assert.rejects(vault.reveal('KEY'), /no room/);
  });

  it('has no value, data key or key-encryption key in any file as it is', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    vault.grant(ALICE, 'KEY');
    await vault.reveal('KEY');
    const ring = await vault.keys.openOrCreate();
    const secrets = [Buffer.from(VALUE), ...ring.ids().map((id) => ring.key(id) ?? assert.fail())];
    for (const name of readdirSync(vault.dir)) {
      const bytes = readFileSync(join(vault.dir, name));
      for (const secret of secrets) {
        assert.equal(bytes.includes(secret), false, name);
        assert.equal(bytes.includes(secret.toString('base64').slice(0, -2)), false, name);
      }
    }
  });

  it('opens a stored value in its own place only', async () => {
    await vault.set(ALICE, 'KEY', 'of-alice');
    await vault.set(BOB, 'KEY', 'of-bob-x');
    vault.grant(ALICE, 'KEY');
    const moved = async (sql: string): Promise<void> => {
      vault.db.exec('SAVEPOINT before');
      vault.db.exec(sql);
      vault.db.exec('RELEASE before');
      const error = await refusal(() => vault.reveal('KEY'));
      assert.equal(error.code, 'VAULT_DAMAGED', sql);
      assert.doesNotMatch(error.message, /of-bob|of-alice/);
    };
    const before = vault.store.secret({ owner: ALICE, name: 'KEY' });
    const restore = () =>
      vault.db
        .prepare(`UPDATE vault_secret SET version = ?, wrapped_key = ?, sealed_value = ?,
          may_be_result = 0 WHERE owner = ?`)
        .run(before?.version, before?.wrappedKey, before?.sealedValue, ALICE);
    const bobs = (column: string) =>
      `${column} = (SELECT b.${column} FROM vault_secret AS b WHERE b.owner = '${BOB}')`;
    for (const change of [
      'version = 2',
      'may_be_result = 1',
      bobs('sealed_value'),
      bobs('wrapped_key'),
      `${bobs('sealed_value')}, ${bobs('wrapped_key')}`,
      "sealed_value = x'00'",
      'sealed_value = substr(sealed_value, 1, length(sealed_value) - 1)',
    ]) {
      await moved(`UPDATE vault_secret SET ${change} WHERE owner = '${ALICE}'`);
      restore();
    }
    assert.equal(await vault.valueOf('KEY'), 'of-alice');
    const failed = vault.entries().filter(({ outcome }) => outcome === 'failed');
    assert.equal(failed.length, 7);
  });

  it('begins anew in a database made anew, with the key file that is there', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    vault.close();
    for (const name of readdirSync(vault.dir)) {
      if (name.startsWith('node.sqlite')) rmSync(join(vault.dir, name));
    }
    const anew = vaultFixture({ dir: vault.dir });
    await anew.set(ALICE, 'KEY', VALUE);
    anew.grant(ALICE, 'KEY');
    assert.equal(await anew.valueOf('KEY'), VALUE);
    const [found] = anew.auditFindings();
    assert.match(found?.problem ?? '', /the anchor knows entry 1|entry 1 is not the one/);
    anew.close();
  });

  it('needs no key file as long as nothing is granted', async () => {
    assert.equal(await vault.valueOf('KEY'), null);
    assert.equal(await vault.keys.open(), null);
  });
});
