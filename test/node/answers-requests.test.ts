import assert from 'node:assert/strict';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { parseFunctionSubject } from '../../src/requests/asked-for.js';
import { keptAnswer, responsesTo as responsesOf, type StoredBy, storedAnswer } from './answers.js';
import { ask, consumerAsks, consumerAsksAsNative, MAX_FEE, senderAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { json } from './local-source.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

describe('a node answers requests on a real chain', function () {
  this.timeout(60_000);
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

  const responsesTo = (ids: readonly bigint[]) => responsesOf(fixture, running, ids);
  const stored = (method: StoredBy, key: bigint) => storedAnswer(fixture, method, key);

  it('of `request`, by the rules of the native oracle', async () => {
    const { httpsUrl } = fixture.source;
    fixture.source.on('/native', json({ price: 12.5, tags: ['a', 'b'] }));
    const { ids } = await ask(fixture, [
      consumerAsksAsNative(fixture, `${httpsUrl}/native`, '$.tags[0]'),
      consumerAsksAsNative(fixture, `${httpsUrl}/native`, ''),
      consumerAsksAsNative(fixture, 'https://127.0.0.1/', ''),
    ]);
    const responses = await responsesTo(ids);
    assert.deepEqual(
      responses.map(({ delivered }) => delivered),
      [true, true, true],
    );
    assert.deepEqual(await stored('answerOf', 1n), { code: 0n, result: '["a"]' });
    assert.deepEqual(await stored('answerOf', 2n), {
      code: 0n,
      result: '{"price":12.5,"tags":["a","b"]}',
    });
    const refused = { code: BigInt(ResponseCode.Forbidden), result: '' };
    assert.deepEqual(await stored('answerOf', 3n), refused);
  });

  it('of `requestHttp`: GET and POST with headers and body, filtered and whole', async () => {
    const { source } = fixture;
    source.on('/echo', ({ method, headers, body }, response) => {
      json({ method, key: headers['x-key'], body: JSON.parse(body) })(undefined as never, response);
    });
    const post = JSON.stringify({
      method: 'POST',
      url: `${source.httpUrl}/echo`,
      headers: { 'X-Key': 'k1', 'Content-Type': 'application/json' },
      body: '{"n":7}',
    });
    const { ids } = await ask(fixture, [
      consumerAsks(fixture, { spec: specOf(fixture, '/a'), filter: '$.values[?@ > 1]' }),
      consumerAsks(fixture, { spec: post }),
      consumerAsks(fixture, { spec: post, filter: '$.body.n' }),
    ]);
    await responsesTo(ids);
    const [get, whole, filtered] = await Promise.all(ids.map((id) => stored('httpAnswerOf', id)));
    assert.deepEqual(get, { code: 0n, result: '[2,3]' });
    assert.deepEqual(whole, { code: 0n, result: '{"method":"POST","key":"k1","body":{"n":7}}' });
    assert.deepEqual(filtered, { code: 0n, result: '[7]' });
  });

  it('without a callback: the result is kept for who asked', async () => {
    const { network, gateway } = fixture;
    const user = await network.newAccount();
    await depositCredit(network, user, gateway, user.hash, parseGas('10'));
    const question = { spec: specOf(fixture, '/kept'), filter: '$.path' };
    const { ids } = await ask(fixture, [senderAsks(fixture, question)], user);
    const [response] = await responsesTo(ids);
    assert.equal(response?.delivered, false);
    const kept = await keptAnswer(fixture, ids[0] ?? 0n);
    assert.equal(kept?.requester, user.hash);
    assert.equal(kept?.result.toString('utf8'), '["/kept"]');
    const told = running.explain(ids[0] ?? 0n);
    assert.match(told.reason, /kept at the gateway/);
    assert.match(told.next, /resultOf/);
  });

  it('and logs each step of each in a line of its own, with the id', async () => {
    fixture.source.on('/logged', json({ is: 'logged' }));
    const asks = [1, 2].map(() => consumerAsks(fixture, { spec: specOf(fixture, '/logged') }));
    const { ids } = await ask(fixture, asks);
    await responsesTo(ids);
    await running.until('its last line', () => {
      const [, last] = ids;
      return running.logText().includes(`"answered","requestId":"${last}"`);
    });
    const lines = running.logText().trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const id of ids) {
      const own = events.filter(({ requestId }) => requestId === String(id));
      const told = own.map(({ event }) => event);
      assert.deepEqual(told, ['requested', 'answer sent', 'answered']);
    }
  });

  it('with a code where there is nothing to give', async () => {
    const { source } = fixture;
    source.on('/gone', json({}, 404));
    source.on('/denied', json({}, 403));
    source.on('/text', (_, response) => response.end('no JSON'));
    const get = (url: string) => ({ spec: JSON.stringify({ url }) });
    const questions = [
      [get('https://'), ResponseCode.Error],
      [get('ftp://127.0.0.1/'), ResponseCode.ProtocolNotSupported],
      [{ spec: 'no spec' }, ResponseCode.Error],
      [get(`${source.httpUrl}/gone`), ResponseCode.NotFound],
      [get(`${source.httpUrl}/denied`), ResponseCode.Forbidden],
      [get('https://10.0.0.1/'), ResponseCode.Forbidden],
      [get('https://169.254.169.254/latest/meta-data'), ResponseCode.Forbidden],
      [{ ...get(`${source.httpUrl}/text`), filter: '$.a' }, ResponseCode.Error],
      [{ ...get(`${source.httpUrl}/a`), filter: '$[' }, ResponseCode.Error],
      [
        { spec: JSON.stringify({ url: `${source.httpUrl}/a`, headers: { a: '{{secret:K}}' } }) },
        ResponseCode.Forbidden,
      ],
      [get('price:GAS/USD'), ResponseCode.NotFound],
    ] as const;
    const { ids } = await ask(
      fixture,
      questions.map(([question]) => consumerAsks(fixture, question)),
    );
    const responses = await responsesTo(ids);
    assert.deepEqual(
      responses.map(({ code }) => code),
      questions.map(([, code]) => code),
    );
    for (const id of ids) assert.equal((await stored('httpAnswerOf', id)).result, '');
  });

  it('for a function whose code is nowhere to be had, with a code that says so', async () => {
    const { network, gateway, consumer, owner } = fixture;
    const code = { codeHash: '11'.repeat(32), source: '', uri: `${fixture.source.httpUrl}/f.js` };
    const registers = gatewayCalls(gateway).registerFunction('f', code);
    const { stack } = await mustHalt(network.send(owner, registers).then(network.applied));
    const [functionId] = stack;
    assert.ok(functionId?.type === 'Integer');
    const args = [functionId.value, utf8('[1]'), MAX_FEE];
    const { ids } = await ask(fixture, [callScript(consumer, 'askFunction', args)]);
    const [response] = await responsesTo(ids);
    assert.deepEqual([response?.code, response?.delivered], [ResponseCode.NotFound, true]);
    const [id = 0n] = ids;
    assert.deepEqual(await stored('functionAnswerOf', id), { code: 0x14n, result: '' });
    const { kind, subject, filter, reason } = running.explain(id);
    assert.deepEqual([kind, filter], ['function', '[1]']);
    assert.deepEqual(parseFunctionSubject(subject), {
      functionId: functionId.value,
      codeHash: code.codeHash,
    });
    assert.match(reason, /^NotFound.*no code of sha256 1111/);
  });

  it('of one block in shared transactions, for no more than they cost', async () => {
    const { network, source } = fixture;
    const release = source.hold();
    const before = source.seen.length;
    const { ids } = await ask(
      fixture,
      Array.from({ length: 40 }, (_, at) => {
        return consumerAsks(fixture, { spec: specOf(fixture, `/many/${at}`) });
      }),
    );
    await running.until('all were fetched', () => source.seen.length === before + ids.length);
    release();
    const responses = await responsesTo(ids);
    assert.ok(responses.every(({ delivered, lost }) => delivered && lost === 0n));
    const results = await Promise.all(ids.map((id) => stored('httpAnswerOf', id)));
    assert.deepEqual(
      results.map(({ result }) => (JSON.parse(result) as { path: string }).path),
      ids.map((_, at) => `/many/${at}`),
    );
    const transactions = [...new Set(responses.map(({ tx }) => tx))];
    assert.ok(transactions.length < ids.length / 3, `${transactions.length} transactions`);
    for (const tx of transactions) {
      const { systemFee, networkFee } = await network.applied(tx);
      const fees = responses.filter((response) => response.tx === tx).map(({ fee }) => fee);
      const charged = fees.reduce((sum, fee) => sum + fee, 0n);
      assert.ok(charged <= systemFee + networkFee, `${charged} of ${systemFee} + ${networkFee}`);
    }
  });

  it('and its ledger is what the chain says', async () => {
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
    assert.deepEqual(running.node.readiness(), { ready: true, reasons: [] });
  });
});
