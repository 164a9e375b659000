import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { createAuditStore } from '../../src/audit/audit-store.js';
import { verifyAudit } from '../../src/audit/verify-audit.js';
import { systemClock } from '../../src/base/clock.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { auditAnchorFile } from '../../src/config/vault-files.js';
import { openVault } from '../../src/node/open-vault.js';
import { DATABASE_FILE } from '../../src/node.js';
import { type Database, openDatabase } from '../../src/storage/database.js';
import type { Vault } from '../../src/vault/vault.js';
import { responsesTo, storedAnswer } from './answers.js';
import { ask, consumerAsks } from './asking.js';
import { json } from './local-source.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

const VALUE = 'sk-live-0123456789-abcdef';
const NEXT_VALUE = 'sk-next-9876543210-fedcba';
const ACTOR = 'operator:test';

describe('a node uses secrets for requests on a real chain', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  let db: Database;
  let vault: Vault;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    running = await startNode(fixture.config);
    // As the command line does while the node runs: by another connection.
    db = openDatabase(join(fixture.config.storage.dir, DATABASE_FILE));
    ({ vault } = openVault(fixture.config, db, systemClock));
    await set(VALUE);
  });
  after(async () => {
    db?.close();
    await running?.stop();
    await fixture?.stop();
  });

  const id = () => ({ owner: fixture.owner.hash, name: 'API_KEY', actor: ACTOR });
  const set = (value: string) =>
    vault.desk.set({ ...id(), value: Buffer.from(value), mayBeResult: false });
  const use = () => ({ ...id(), requester: fixture.consumer, use: { kind: 'web' } as const });
  const askFor = async (path: string, spec: object = {}): Promise<bigint> => {
    const url = `${fixture.source.httpUrl}${path}`;
    const headers = { authorization: 'Bearer {{secret:API_KEY}}' };
    const text = JSON.stringify({ url, headers, ...spec });
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: text })]);
    return ids[0] ?? assert.fail('no request');
  };
  const codeOf = async (request: bigint): Promise<number | undefined> => {
    const [response] = await responsesTo(fixture, running, [request]);
    return response?.code;
  };
  const seenAt = (path: string) => fixture.source.seen.filter((seen) => seen.path === path);

  it('answers Forbidden as long as nothing is granted, and asks nobody', async () => {
    const request = await askFor('/before');
    assert.equal(await codeOf(request), ResponseCode.Forbidden);
    assert.match(running.explain(request).reason, /API_KEY is not granted to 0x/);
    assert.equal(seenAt('/before').length, 0);
  });

  it('sends a granted secret in a header and in the body, and answers the contract', async () => {
    vault.desk.grant({ ...use(), hosts: [fixture.source.httpUrl] });
    const body = { key: '{{secret:API_KEY}}' };
    const [get, post] = [await askFor('/get'), await askFor('/post', { method: 'POST', body })];
    assert.equal(await codeOf(get), ResponseCode.Success);
    assert.equal(await codeOf(post), ResponseCode.Success);
    assert.equal(seenAt('/get')[0]?.headers.authorization, `Bearer ${VALUE}`);
    assert.deepEqual(JSON.parse(seenAt('/post')[0]?.body ?? ''), { key: VALUE });
    const { code, result } = await storedAnswer(fixture, 'httpAnswerOf', get);
    assert.deepEqual([code, JSON.parse(result).path], [0n, '/get']);
  });

  it('takes a new value and new keys while it runs', async () => {
    await set(NEXT_VALUE);
    assert.equal(await codeOf(await askFor('/next')), ResponseCode.Success);
    await vault.rotation.rotateKeyEncryptionKey(ACTOR);
    await vault.rotation.rotateDataKeys(ACTOR);
    assert.equal(await codeOf(await askFor('/rotated')), ResponseCode.Success);
    for (const path of ['/next', '/rotated']) {
      assert.equal(seenAt(path)[0]?.headers.authorization, `Bearer ${NEXT_VALUE}`);
    }
  });

  it('answers Forbidden where a source sends the secret back, or on to another host', async () => {
    const { source } = fixture;
    source.on('/echo', ({ headers }, response) => json(headers)(undefined as never, response));
    source.on('/away', (_, response) => {
      response.writeHead(307, { location: `${source.httpsUrl}/caught` }).end();
    });
    const [echo, away] = [await askFor('/echo'), await askFor('/away')];
    assert.equal(await codeOf(echo), ResponseCode.Forbidden);
    assert.equal(await codeOf(away), ResponseCode.Forbidden);
    assert.match(running.explain(echo).reason, /the result holds the secret API_KEY/);
    assert.match(running.explain(away).reason, /the secret may not be sent to https/);
    assert.equal(seenAt('/caught').length, 0);
    assert.equal((await storedAnswer(fixture, 'httpAnswerOf', echo)).result, '');
  });

  it('answers Forbidden again once the grant is revoked', async () => {
    vault.desk.revoke(use());
    const request = await askFor('/revoked');
    assert.equal(await codeOf(request), ResponseCode.Forbidden);
    assert.equal(seenAt('/revoked').length, 0);
  });

  it('has each use in its audit log, with the request', async () => {
    const store = createAuditStore(db);
    const { findings, head } = verifyAudit(store, auditAnchorFile(fixture.config));
    assert.deepEqual(findings, []);
    assert.ok(head.seq >= 12);
    const uses = store.list({ limit: 100, action: 'secret.reveal' });
    assert.ok(uses.every(({ actor }) => actor === `contract:${fixture.consumer}`));
    assert.equal(uses.filter(({ outcome }) => outcome === 'refused').length, 2);
    for (const { requestId } of uses) assert.ok(running.find(requestId ?? -1n) !== null);
  });

  it('keeps the values out of its files, its log and what it tells of requests', async () => {
    const { dir } = fixture.config.storage;
    const texts = readdirSync(dir).map((name) => readFileSync(join(dir, name)));
    const ids = createAuditStore(db).list({ limit: 100, action: 'secret.reveal' });
    const told = ids.map(({ requestId }) => running.explain(requestId ?? -1n));
    const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);
    texts.push(Buffer.from(running.logText()), Buffer.from(JSON.stringify(told, plain)));
    texts.push(Buffer.from(JSON.stringify(running.node.status(), plain)));
    for (const value of [VALUE, NEXT_VALUE].map((text) => Buffer.from(text))) {
      for (const form of [value, value.toString('hex'), value.toString('base64').slice(0, 28)]) {
        assert.ok(texts.every((text) => !text.includes(form)));
      }
    }
  });
});
