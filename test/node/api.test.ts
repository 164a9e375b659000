import assert from 'node:assert/strict';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { ROUTES } from '../../src/api/routes.js';
import { readRuntimeFile } from '../../src/api/runtime-file.js';
import { parseGas } from '../../src/base/datoshi.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { listenTo } from '../api/event-reader.js';
import { eventually } from '../chain/eventually.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { json } from './local-source.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

describe('the API of a node on a real chain', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  let url = '';
  let token = '';
  let id = 0n;

  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), { drawsNumbers: true });
    running = await startNode(fixture.config);
    const info = readRuntimeFile(fixture.config.storage.dir);
    url = info?.url ?? '';
    token = info?.token ?? '';
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into as they come
  async function get(path: string): Promise<any> {
    const response = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${token}` },
    });
    const body = await response.json();
    assert.equal(response.status, 200, `${path}: ${JSON.stringify(body)}`);
    return body;
  }

  it('tells of a request as it moves, and of blocks', async () => {
    const events = await listenTo(url, '/v1/events', { token });
    fixture.source.on('/price', json({ price: 12.5 }));
    const question = { spec: specOf(fixture, '/price'), filter: '$.price' };
    const { ids } = await ask(fixture, [consumerAsks(fixture, question)]);
    id = ids[0] ?? 0n;
    const states: string[] = [];
    let blocks = 0;
    await events.until('the request is answered', ({ data }) => {
      if (data.event === 'block') blocks += 1;
      if (data.event === 'request' && data.id === String(id)) states.push(data.state);
      return states.at(-1) === 'answered';
    });
    assert.deepEqual(states, ['received', 'resolved', 'sent', 'answered']);
    assert.ok(blocks > 0);
    events.close();
  });

  it('explains it, and hands out its evidence', async () => {
    const told = await get(`/v1/requests/${id}`);
    assert.equal(told.state, 'answered');
    assert.equal(told.codeName, 'Success');
    assert.deepEqual(
      told.steps.map(({ what }: { what: string }) => what),
      ['requested', 'resolved', 'answer sent', 'answered'],
    );
    const file = await get(`/v1/requests/${id}/evidence`);
    assert.equal(file.dodonaEvidence, 1);
    assert.equal(file.answeredIn.tx, told.endedTx);
    assert.match(JSON.stringify(file.bodies), /12\.5/);
  });

  it('tells of functions as the chain has them, page by page', async () => {
    const { network, gateway, owner } = fixture;
    const code = (byte: string) => ({ codeHash: byte.repeat(32), source: '', uri: 'https://a/f' });
    for (const byte of ['11', '22', '33']) {
      const registers = gatewayCalls(gateway).registerFunction(`f${byte}`, code(byte));
      await mustHalt(network.send(owner, registers).then(network.applied));
    }
    const first = await get('/v1/functions?limit=2');
    assert.deepEqual(
      first.items.map(({ name }: { name: string }) => name),
      ['f11', 'f22'],
    );
    const second = await get(`/v1/functions?limit=2&cursor=${first.next}`);
    assert.equal(second.items[0].places[0], 'uri');
    assert.equal(second.next, null);
    assert.equal((await get('/v1/functions/3')).codeHash, '33'.repeat(32));
  });

  it('tells of its keys, its money and itself', async () => {
    const keys = await get('/v1/keys');
    assert.equal(keys.node.account, fixture.node.hash);
    assert.equal(keys.gateway.isThisNode, true);
    assert.equal(keys.random.isHeld, true);
    const { held } = keys;
    const current = held.node.keys.find(
      ({ standing }: { standing: string }) => standing === 'current',
    );
    assert.equal(current.account, fixture.node.hash);
    assert.deepEqual(current.publicKeys, [keys.node.publicKey]);
    assert.equal(held.random.keys.at(-1).publicKey, keys.random.publicKey);
    assert.equal(held.random.keys.at(-1).standing, 'current');
    assert.doesNotMatch(JSON.stringify(held), /[/\\]/);
    // While blocks come faster than the machine keeps up it may be behind for a moment.
    await eventually('the node is ready', async () => (await get('/v1/status')).isReady);
    const status = await get('/v1/status');
    assert.equal(status.queue.answered, 1);
    const balance = await get('/v1/gasbank/balance');
    const burnt = balance.accounts.find(({ account }: { account: string }) => account === 'burnt');
    const days = await get('/v1/gasbank/days?days=2');
    assert.equal(days.items.length, 2);
    const sum = days.items.reduce((all: bigint, day: never) => all + burntOf(day), 0n);
    assert.equal(String(sum), burnt.postedDatoshi);
    assert.ok(sum > 0n && sum < parseGas('10'));
    const forecast = await get('/v1/gasbank/forecast');
    assert.equal(forecast.spentDatoshi, burnt.postedDatoshi);
    const history = await get('/v1/gasbank/history?account=burnt');
    assert.equal(history.items[0].credit, 'burnt');
    const isCalm = async () => (await get('/v1/alerts')).items.length === 0;
    await eventually('there is no alert', isCalm);
  });

  it('answers each list by its schema, empty or not', async () => {
    const lists = ROUTES.filter(({ path, method, kind }) => {
      return method === 'GET' && kind === 'json' && !path.includes('{');
    });
    for (const { path } of lists) await get(path);
    assert.ok(lists.length >= 12);
  });
});

const burntOf = ({ burntDatoshi }: { burntDatoshi: string }): bigint => BigInt(burntDatoshi);
