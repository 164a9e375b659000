import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import { ResponseCode as C } from '../../src/base/outcome.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { storedCodeFile } from '../../src/node/open-functions.js';
import { openVault } from '../../src/node/open-vault.js';
import { DATABASE_FILE } from '../../src/node.js';
import { sha256Hex } from '../../src/resolvers/function-code.js';
import { openDatabase } from '../../src/storage/database.js';
import { keptAnswer, responsesTo as responsesOf, storedAnswer } from './answers.js';
import { ask, MAX_FEE } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { deployHostiles, type Hostile, modeScript } from './hostile.js';
import { json } from './local-source.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

const VALUE = 'sk-live-0123456789-abcdef';

describe('a node runs functions for requests on a real chain', function () {
  this.timeout(90_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    running = await startNode(fixture.config);
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  const hashOf = (source: string): string => sha256Hex(Buffer.from(source));
  const send = async (script: Buffer) => {
    const { network, owner } = fixture;
    return mustHalt(network.send(owner, script).then(network.applied));
  };
  /** Registers a function by its source, or by a uri that leads to it. */
  const register = async (source: string, uri = ''): Promise<bigint> => {
    const code = { codeHash: hashOf(source), source: uri === '' ? source : '', uri };
    const applied = await send(gatewayCalls(fixture.gateway).registerFunction('f', code));
    return asInteger(applied.stack[0] as NonNullable<(typeof applied.stack)[0]>, 'functionId');
  };
  const consumerAsks = (functionId: bigint, args: unknown): Buffer => {
    const text = utf8(JSON.stringify(args));
    return callScript(fixture.consumer, 'askFunction', [functionId, text, MAX_FEE]);
  };
  const answerTo = async (functionId: bigint, args: unknown) => {
    const { ids } = await ask(fixture, [consumerAsks(functionId, args)]);
    const [response] = await responsesOf(fixture, running, ids);
    const [id = 0n] = ids;
    const { result } = await storedAnswer(fixture, 'functionAnswerOf', id);
    return { id, code: response?.code, result, reason: running.explain(id).reason };
  };

  it('with a secret, two fetches and a callback', async () => {
    const { source, owner, consumer } = fixture;
    source.on('/price', ({ headers }, response) => {
      json({ price: headers.authorization === `Bearer ${VALUE}` ? 480 : 0 })(
        undefined as never,
        response,
      );
    });
    source.on('/rate', json({ rate: 2 }));
    const code = `
      export default async ({ base }, ctx) => {
        const key = await ctx.secrets.get('API_KEY');
        const headers = { authorization: 'Bearer ' + key };
        const get = async (path) => (await ctx.fetch(base + path, { headers })).json();
        const [{ price }, { rate }] = await Promise.all([get('/price'), get('/rate')]);
        ctx.log('price', price);
        ctx.log(key);
        return { value: price * rate, at: ctx.block.index > 0, by: ctx.requester };
      };`;
    const db = openDatabase(join(fixture.config.storage.dir, DATABASE_FILE));
    const { vault } = openVault(fixture.config, db, systemClock);
    const secret = { owner: owner.hash, name: 'API_KEY', actor: 'operator:test' };
    await vault.desk.set({ ...secret, value: Buffer.from(VALUE), mayBeResult: false });
    const use = { kind: 'function', codeHash: hashOf(code) } as const;
    vault.desk.grant({ ...secret, requester: consumer, use, hosts: [source.httpUrl] });
    db.close();
    const answer = await answerTo(await register(code), { base: source.httpUrl });
    assert.equal(answer.code, C.Success, answer.reason);
    assert.deepEqual(JSON.parse(answer.result), { value: 960, at: true, by: consumer });
    const explained = running.explain(answer.id);
    assert.equal(JSON.stringify(explained, bigintsAsText).includes(VALUE), false);
    assert.equal(explained.logs[0], 'price 480');
    assert.match(explained.logs[1] ?? '', /^~secret\.API_KEY\./);
  });

  it('whose code lies at a uri or in its own store, and no other than the registered', async () => {
    const { source, config } = fixture;
    const code = 'export default (args) => args.map((n) => n * 2)';
    source.on('/f.js', (_, response) => response.end(code));
    const there = await answerTo(await register(code, `${source.httpUrl}/f.js`), [1, 2]);
    assert.deepEqual([there.code, there.result], [C.Success, '[2,4]']);
    const other = await answerTo(await register(`${code} `, `${source.httpUrl}/f.js`), [1]);
    assert.equal(other.code, C.NotFound);
    assert.match(other.reason, /other code, of sha256/);
    const own = `${code}  `;
    const file = storedCodeFile(config, hashOf(own));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, own);
    const stored = await answerTo(await register(own, 'https://127.0.0.1:1/f.js'), [3]);
    assert.deepEqual([stored.code, stored.result], [C.Success, '[6]']);
  });

  it('in the version of the block of their request', async () => {
    const first = 'export default () => "first"';
    const second = 'export default () => "second"';
    const functionId = await register(first);
    const release = fixture.source.hold();
    const { ids } = await ask(fixture, [consumerAsks(functionId, null)]);
    const code = { codeHash: hashOf(second), source: second, uri: '' };
    await send(gatewayCalls(fixture.gateway).updateFunction(functionId, code));
    release();
    await responsesOf(fixture, running, ids);
    const before = await storedAnswer(fixture, 'functionAnswerOf', ids[0] ?? 0n);
    assert.equal(before.result, 'first');
    assert.equal((await answerTo(functionId, null)).result, 'second');
  });

  it('that fail, with the code of how they did and a reason for their author', async () => {
    const thrown = await answerTo(
      await register('export default () => {\n  throw new Error("no luck")\n}'),
      null,
    );
    assert.deepEqual([thrown.code, thrown.result], [C.Error, '']);
    assert.match(thrown.reason, /no luck.*:2/);
    const secret = "export default (_, ctx) => ctx.secrets.get('NONE')";
    assert.equal((await answerTo(await register(secret), null)).code, C.Forbidden);
    const large = 'export default () => "x".repeat(61441)';
    assert.equal((await answerTo(await register(large), null)).code, C.ResponseTooLarge);
  });

  it('200 times for five contracts at once, one of them hostile', async () => {
    const good = await register('export default (n) => n + 1');
    const bad = await register('export default () => { for (;;) {} }');
    const contracts = await deployHostiles(fixture, 5);
    const [hostile, ...honest] = contracts as [Hostile, ...Hostile[]];
    const modes = [modeScript(hostile, 'abort'), ...honest.map((each) => modeScript(each, ''))];
    await send(Buffer.concat(modes));
    const { gateway, network, owner } = fixture;
    await Promise.all(
      contracts.map(({ hash }) => depositCredit(network, owner, gateway, hash, parseGas('60'))),
    );
    const asks = ({ hash }: Hostile, functionId: bigint, n: number): Buffer => {
      const args = [functionId, utf8(String(n)), utf8('onAnswer'), null, parseGas('2')];
      return callScript(hash, 'call', [gateway, utf8('requestFunction'), args]);
    };
    const questions = Array.from({ length: 40 }, (_, n) => [
      ...(n < 4 ? [asks(hostile, bad, n)] : [asks(hostile, good, n)]),
      ...honest.map((contract) => asks(contract, good, n)),
    ]).flat();
    const asked = await ask(fixture, questions);
    assert.equal(asked.ids.length, 200);
    const responses = await responsesOf(fixture, running, asked.ids);
    const hostileIds = new Set(asked.ids.filter((_, at) => at % 5 === 0));
    for (const { id, code, delivered } of responses) {
      if (!hostileIds.has(id)) {
        assert.deepEqual(
          [code, delivered],
          [C.Success, true],
          JSON.stringify(running.explain(id), bigintsAsText),
        );
      }
    }
    const theirs = responses.filter(({ id }) => hostileIds.has(id));
    assert.equal(theirs.filter(({ code }) => code === C.Timeout).length, 4);
    assert.ok(theirs.every(({ delivered }) => !delivered));
    const kept = await keptAnswer(fixture, theirs.at(-1)?.id ?? 0n);
    assert.equal(kept?.result.toString(), '40');
    await assertBooksMatchChain(network, gateway, running.db);
  });
});

const bigintsAsText = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;
