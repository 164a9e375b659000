import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Hash160, hash160ToAddress } from '../../src/base/hash.js';
import type { Log } from '../../src/telemetry/log.js';
import { encryptForNode } from '../../src/vault/handed-over.js';
import { MAX_SECRET_BYTES } from '../../src/vault/secret-limits.js';
import { CONTRACT } from '../vault/vault-fixture.js';
import { type Answer, API, apiFixture } from './api-fixture.js';
import { hash160Of } from './request-book.js';

const ALICE = hash160Of(0xa1);
const BOB = hash160Of(0xb0);
const TOKENS: Readonly<Record<string, Hash160>> = {
  dodona_owner_alice: ALICE,
  dodona_owner_bob: BOB,
};
const FIRST = 'sk-live-4f1c-first-value-of-alice';
const SECOND = 'sk-live-9d7e-second-value-of-alice';

describe('secrets by the API', () => {
  const fixture = apiFixture();
  const { vault } = fixture;
  const logged: string[] = [];
  const answers: Answer[] = [];
  let ask: Awaited<ReturnType<typeof fixture.serve>>['ask'];

  before(async () => {
    // Signed in without a wallet: how that goes has tests of its own.
    fixture.options.sources.signIn.find = (token) => {
      const account = TOKENS[token];
      return account === undefined ? null : { account, expiresMs: 1 };
    };
    fixture.book.deposit(ALICE);
    const note = (event: string, facts?: object): void => {
      logged.push(`${event} ${JSON.stringify(facts, detailsOf)}`);
    };
    const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
    const served = await fixture.serve({ api: { ...API, readOnly: false }, log });
    ask = async (...given) => {
      const answer = await served.ask(...given);
      answers.push(answer);
      return answer;
    };
  });
  after(() => fixture.close());

  async function sealed(value: string, owner: Hash160 = ALICE, name = 'API_KEY'): Promise<object> {
    const [key] = (await vault.keys.openOrCreate()).sharing();
    assert.ok(key);
    const of = { owner, name, value: Buffer.from(value) };
    return JSON.parse(await encryptForNode(key.publicKey, of));
  }

  const put = (body: object, token = 'dodona_owner_alice', name = 'API_KEY'): Promise<Answer> =>
    ask(`/v1/secrets/${ALICE}/${name}`, {
      ...{ method: 'PUT', token, body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json' },
    });

  it('are stored as their owner handed them over, and get new values', async () => {
    const first = await put({ sealed: await sealed(FIRST) });
    assert.equal(first.status, 200);
    assert.deepEqual(first.body, { version: 1 });
    vault.grant(ALICE, 'API_KEY');
    assert.equal(await vault.valueOf('API_KEY'), FIRST);
    const second = await put({ sealed: await sealed(SECOND), mayBeResult: true });
    assert.deepEqual(second.body, { version: 2 });
    assert.equal(await vault.valueOf('API_KEY', CONTRACT), SECOND);
    const { body } = await ask('/v1/secrets', { token: 'dodona_owner_alice' });
    const [listed, ...others] = body.items;
    assert.deepEqual(others, []);
    assert.equal(listed.mayBeResult, true);
    assert.equal(listed.grants.length, 1);
  });

  it('are refused for who is not their owner, for another name, damaged, or too large', async () => {
    const stays = async (answer: Promise<Answer>, code: string): Promise<void> => {
      assert.equal((await answer).body.code, code);
      assert.equal(await vault.valueOf('API_KEY'), SECOND);
    };
    const mine = await sealed(FIRST);
    await stays(put({ sealed: mine }, 'dodona_owner_bob'), 'NOT_ALLOWED');
    await stays(put({ sealed: mine }, fixture.keyWith('secrets:read')), 'NOT_ALLOWED');
    await stays(put({ sealed: mine }, undefined, 'OTHER'), 'SECRET_SEALED');
    await stays(put({ sealed: await sealed(FIRST, BOB) }), 'SECRET_SEALED');
    const damaged = Buffer.from(FIRST).toString('base64');
    await stays(put({ sealed: { ...mine, ciphertext: damaged } }), 'SECRET_SEALED');
    await stays(put({ sealed: mine, value: FIRST }), 'BAD_BODY');
    await stays(put({ sealed: await sealed('') }), 'SECRET_REFUSED');
    const large = FIRST.padEnd(MAX_SECRET_BYTES + 1, 'x');
    await stays(put({ sealed: await sealed(large) }), 'SECRET_REFUSED');
  });

  it('are in the audit log under who set them', async () => {
    const { body } = await ask('/v1/audit', { token: fixture.keyWith('audit:read') });
    const sets = body.items.filter(({ action }: { action: string }) => action === 'secret.set');
    assert.deepEqual(
      sets.map(({ actor }: { actor: string }) => actor),
      [`owner:${hash160ToAddress(ALICE)}`, `owner:${hash160ToAddress(ALICE)}`],
    );
    assert.ok(sets.every(({ object }: { object: string }) => object.includes('API_KEY')));
    assert.deepEqual(vault.auditFindings(), []);
  });

  it('never come out again: in no answer, header, line of the log, figure or file', async () => {
    await ask('/metrics');
    await ask('/v1/audit');
    await ask('/v1/secrets');
    assert.ok(answers.length >= 14);
    const files = readdirSync(fixture.dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
    assert.ok(
      files.some((content) => content.includes('API_KEY')),
      'the database is looked at',
    );
    const texts = {
      answers: answers.map(({ text, headers }) => text + JSON.stringify(headers)),
      logged,
      errors: [JSON.stringify(fixture.errors, detailsOf)],
      files,
    };
    for (const value of [FIRST, SECOND]) {
      const bytes = Buffer.from(value);
      for (const form of [value, bytes.toString('base64').slice(0, -3), bytes.toString('hex')]) {
        for (const [where, all] of Object.entries(texts)) {
          assert.ok(!all.some((text) => text.includes(form)), `${form} is in ${where}`);
        }
      }
    }
  });
});

/** Errors with all that they carry. */
const detailsOf = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Error
    ? { ...value, message: value.message, stack: value.stack, cause: value.cause }
    : value;
};
