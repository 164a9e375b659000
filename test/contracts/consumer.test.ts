import assert from 'node:assert/strict';
import { deployConsumer } from '../../scripts/devnet/contracts.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { assertScript, callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { isNull } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { refused, refuses } from './refusals.js';
import { answer, answered, anyRequestIn, MAX_FEE, requestIn, responsesIn } from './requests.js';
import { nextRun, perform, registeredBy, upkeepIds } from './upkeeps.js';

describe('the example consumer', () => {
  let world: GatewayWorld<'user', 'puppet'>;
  let consumer: Hash160;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'], contracts: ['puppet'] });
    consumer = await deployConsumer(world.network, world.owner, world.gateway);
  });
  after(async () => {
    await assertBooks(world, [consumer]);
    world.network.disconnect();
  });

  const call = (method: string, ...args: ScriptArg[]) => callScript(consumer, method, args);
  const pay = (token: Hash160, from: Hash160, amount: bigint) =>
    assertScript(callScript(token, 'transfer', [from, consumer, amount, null]));
  const read = (method: string, ...args: ScriptArg[]) => world.network.read(consumer, method, args);
  const asksByUrl = () => call('ask', utf8('https://x.org'), utf8('$.a'), MAX_FEE);
  const asksByHttp = () => call('askHttp', utf8('{"url":"https://x.org"}'), utf8(''), MAX_FEE);
  let functionId = 1n;
  const asksByFunction = () => call('askFunction', functionId, utf8('[1]'), MAX_FEE);
  const answerItem = (number: bigint, code: number, result: Buffer) => ({
    type: 'Struct',
    items: [
      { type: 'Integer', value: number },
      { type: 'Integer', value: BigInt(code) },
      { type: 'ByteString', value: result },
    ],
  });

  it('turns GAS that is sent to it into its credit, and gives it back to its owner', async () => {
    const { user } = world.accounts;
    await world.run(user, pay(GAS_TOKEN, user.hash, parseGas('20')));
    assert.equal((await balanceOf(world, consumer)).credit, parseGas('20'));
    await world.run(world.owner, call('withdrawCredit', parseGas('1')));
    assert.equal((await balanceOf(world, consumer)).credit, parseGas('19'));
  });

  it('takes nothing else', async () => {
    const { network, owner } = world;
    const payment = call('onNEP17Payment', owner.hash, 1, null);
    await refuses(network, owner, payment, 'only GAS is taken');
  });

  it('asks as it would ask the native oracle, and gets its answer by the number of the question', async () => {
    const asked = await world.run(world.owner, asksByUrl());
    const [question] = asked.stack;
    assert.ok(question?.type === 'Integer');
    assert.ok(isNull(await read('answerOf', question.value)));
    const { id } = requestIn(world, asked);
    // Far longer than an event could hold.
    const result = Buffer.alloc(5_000, '1');
    const given = [answer(id, { result })];
    const applied = await world.run(...answered(world, given));
    const unused = applied.notifications.filter(({ contract }) => contract === consumer);
    assert.deepEqual(
      unused.map(({ name }) => name),
      ['Answered'],
    );
    assert.equal(responsesIn(world, applied)[0]?.delivered, true);
    assert.deepEqual(await read('answerOf', question.value), answerItem(question.value, 0, result));
    assert.deepEqual(await read('isPending', question.value), { type: 'Boolean', value: false });
  });

  it('asks by requestHttp, and gets its answer by the id', async () => {
    const asked = await world.run(world.owner, asksByHttp());
    const { id } = requestIn(world, asked);
    assert.deepEqual(asked.stack, [{ type: 'Integer', value: id }]);
    assert.deepEqual(await read('isHttpPending', id), { type: 'Boolean', value: true });
    await world.run(...answered(world, [answer(id, { code: 0x14 })]));
    assert.deepEqual(await read('httpAnswerOf', id), answerItem(id, 0x14, Buffer.alloc(0)));
    assert.deepEqual(await read('lastAnswer'), await read('httpAnswerOf', id));
  });

  it('asks for the result of a function, and gets its answer by the id', async () => {
    const code = { codeHash: '11'.repeat(32), source: '', uri: 'https://x.org/f.js' };
    const [registered] = eventsOf(
      world,
      await world.run(world.accounts.user, world.calls.registerFunction('f', code)),
    );
    assert.ok(registered?.name === 'FunctionRegistered');
    functionId = registered.functionId;
    const asked = await world.run(world.owner, asksByFunction());
    const request = anyRequestIn(world, asked);
    assert.ok(request.name === 'FunctionRequest');
    const { id } = request;
    assert.deepEqual([request.functionId, request.args], [functionId, '[1]']);
    assert.deepEqual(asked.stack, [{ type: 'Integer', value: id }]);
    assert.deepEqual(await read('isFunctionPending', id), { type: 'Boolean', value: true });
    assert.ok(isNull(await read('functionAnswerOf', id)));
    const result = Buffer.from('"42"');
    const applied = await world.run(...answered(world, [answer(id, { result })]));
    const told = applied.notifications.filter(({ contract }) => contract === consumer);
    assert.deepEqual(
      told.map(({ name }) => name),
      ['FunctionAnswered'],
    );
    assert.deepEqual(await read('isFunctionPending', id), { type: 'Boolean', value: false });
    assert.deepEqual(await read('functionAnswerOf', id), answerItem(id, 0, result));
    assert.deepEqual(await read('lastAnswer'), await read('functionAnswerOf', id));
  });

  it('is told an answer that was not delivered by anyone who redelivers it', async () => {
    const asked = await world.run(world.owner, asksByUrl());
    const [question] = asked.stack;
    assert.ok(question?.type === 'Integer');
    const { id } = requestIn(world, asked);
    await world.run(...answered(world, [answer(id, { deliver: false, result: utf8('7') })]));
    await world.run(world.accounts.user, world.calls.redeliver(id));
    const expected = answerItem(question.value, 0, Buffer.from('7'));
    assert.deepEqual(await read('answerOf', question.value), expected);
  });

  it('asks and pays out for its owner only', async () => {
    const { network, accounts } = world;
    const refusal = 'only the owner may do this';
    const asks = [asksByUrl(), asksByHttp(), asksByFunction()];
    for (const script of [...asks, call('withdrawCredit', 1)]) {
      await refuses(network, accounts.user, script, refusal);
    }
    const systemFee = parseGas('1');
    refused(await world.attempt(accounts.user, asksByUrl(), { systemFee }), refusal);
  });

  it('believes an answer of the gateway only', async () => {
    const { network, owner, contracts } = world;
    const refusal = 'only the gateway may call this';
    const forged: ScriptArg[] = [1, 1, 0, utf8('forged')];
    for (const method of ['onAnswer', 'onHttpAnswer', 'onFunctionAnswer']) {
      await refuses(network, owner, call(method, ...forged), refusal);
      const args = [consumer, utf8(method), forged];
      const through = callScript(contracts.puppet, 'call', args);
      await refuses(network, owner, through, refusal);
    }
  });

  it('takes no answer that somebody registers as an upkeep of its callback', async () => {
    const { owner, accounts } = world;
    const asked = await world.run(owner, asksByHttp());
    const { id } = requestIn(world, asked);
    const [question] = asked.stack;
    assert.ok(question?.type === 'Integer');
    const args: ScriptArg[] = [id, null, 0, utf8('forged')];
    const [upkeep = 0n] = await upkeepIds(world, [
      registeredBy(world, accounts.user, consumer, { method: 'onHttpAnswer', args }),
    ]);
    const { runs } = await perform(world, [await nextRun(world, upkeep)]);
    assert.deepEqual(
      runs.map(({ delivered }) => delivered),
      [false],
    );
    assert.ok(isNull(await read('answerOf', question.value)));
    const [response] = responsesIn(world, await world.run(...answered(world, [answer(id)])));
    assert.equal(response?.delivered, true);
  });
});
