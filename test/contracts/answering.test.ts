import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { asItems } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf, storedKeys } from './books.js';
import { readGatewayAbi } from './gateway-abi.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { setMode } from './hostile.js';
import { refused, refuses } from './refusals.js';
import {
  answer,
  answered,
  askedBy,
  askedByContract,
  httpArgs,
  idsOf,
  requestIn,
  responsesIn,
} from './requests.js';

const CODES = Object.values(readGatewayAbi().codes);
const NO_NODE = "the node account's witness is missing";

describe('answering requests', () => {
  let world: GatewayWorld<'user', 'asker'>;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user'],
      contracts: ['asker'],
      credit: parseGas('300'),
    });
    await world.run(world.owner, setMode(world.contracts.asker, ''));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const isPending = async (id: bigint) =>
    (await readContract(world.network.rpc, world.reads.requestOf(id))) !== null;
  const resultOf = (id: bigint) => readContract(world.network.rpc, world.reads.resultOf(id));
  const asked = async (count: number) =>
    idsOf(world, Array(count).fill(askedBy(world, world.accounts.user)));
  const refusesAnswers = (answers: readonly ScriptArg[], refusal: string) =>
    refuses(world.network, world.node, world.call('respond', answers), refusal);

  it('keeps the result of a request without a callback', async () => {
    const [id = 0n] = await asked(1);
    const before = await readContract(world.network.rpc, world.reads.pendingCount());
    const applied = await world.run(...answered(world, [answer(id, { result: utf8('[42]') })]));
    const [response] = responsesIn(world, applied);
    assert.ok(response);
    const { user } = world.accounts;
    const { fee, ...rest } = response;
    assert.deepEqual(rest, {
      name: 'Response',
      id,
      requester: user.hash,
      payer: user.hash,
      code: 0,
      delivered: false,
      lost: 0n,
      premium: 0n,
    });
    assert.equal(fee, applied.systemFee + applied.networkFee);
    assert.deepEqual(eventsOf(world, applied).at(-1), {
      name: 'Earned',
      account: world.node.hash,
      amount: fee,
    });
    assert.deepEqual(await resultOf(id), {
      requester: user.hash,
      code: 0,
      result: Buffer.from('[42]'),
      answered: applied.blockIndex,
      keptUntil: applied.blockIndex + 172_800,
    });
    assert.equal(await isPending(id), false);
    const pending = await readContract(world.network.rpc, world.reads.pendingCount());
    assert.equal(pending, before - 1);
  });

  it('calls the callback with url or id, userData, code and result, and keeps nothing', async () => {
    const { asker } = world.contracts;
    const userData = [7, utf8('seven')];
    for (const method of ['request', 'requestHttp'] as const) {
      const question = { spec: 'https://x.org', userData };
      const deliveries = await storedKeys(world, 'd');
      const [id = 0n] = await idsOf(world, [askedByContract(world, asker, question, method)]);
      const given = { code: 0, result: utf8('"yes"') };
      const applied = await world.run(...answered(world, [answer(id, given)]));
      assert.equal(responsesIn(world, applied)[0]?.delivered, true);
      const last = asItems(await world.network.read(asker, 'last'), 'last');
      assert.deepEqual(last[0], method === 'request' ? bytes('https://x.org') : integer(id));
      assert.deepEqual(last[1], { type: 'Array', items: [integer(7n), bytes('seven')] });
      assert.deepEqual(last.slice(2), [integer(0n), bytes('"yes"')]);
      assert.equal(await resultOf(id), null);
      assert.equal(await isPending(id), false);
      assert.equal(await storedKeys(world, 'd'), deliveries);
    }
  });

  it('does not call the callback when it is told not to, and keeps the result', async () => {
    const { asker } = world.contracts;
    const [id = 0n] = await idsOf(world, [askedByContract(world, asker)]);
    const count = await world.network.read(asker, 'count');
    const given = { deliver: false, result: utf8('later') };
    const applied = await world.run(...answered(world, [answer(id, given)]));
    assert.equal(responsesIn(world, applied)[0]?.delivered, false);
    assert.deepEqual(await world.network.read(asker, 'count'), count);
    assert.equal((await resultOf(id))?.result.toString(), 'later');
  });

  it('keeps the result when the requester has no such callback with 4 parameters', async () => {
    const { asker } = world.contracts;
    const steps = ['missing', 'threeParameters', 'count', 'onNEP17Payment'].map((callback) =>
      askedByContract(world, asker, { callback }),
    );
    const ids = await idsOf(world, steps);
    const applied = await world.run(
      ...answered(
        world,
        ids.map((id) => answer(id)),
      ),
    );
    assert.deepEqual(
      responsesIn(world, applied).map(({ delivered }) => delivered),
      [false, false, false, false],
    );
    for (const id of ids) assert.ok(await resultOf(id));
  });

  it('takes every code of the native oracle, and no other', async () => {
    const ids = await asked(CODES.length);
    const answers = CODES.map((code, at) => answer(ids[at] ?? 0n, { code }));
    const applied = await world.run(...answered(world, answers));
    assert.deepEqual(
      responsesIn(world, applied).map(({ code }) => code),
      CODES,
    );
    const refusal = "the code of a response is none of the native oracle's";
    for (const code of [-1n, 1, 0x11, 0xfe, 0x100, 1n << 63n, (1n << 255n) - 1n]) {
      await refusesAnswers([[1n, code, Buffer.alloc(0), false, null]], refusal);
    }
  });

  it('takes a result with Success only', () =>
    refusesAnswers(
      [[1n, 0xff, utf8('x'), false, null]],
      'the result of a response is not empty, though its code is not Success',
    ));

  it('takes a result of 60 KiB, which the event does not hold, and none longer', async () => {
    const { user } = world.accounts;
    const question = { maxFee: parseGas('80') };
    const [id = 0n] = await idsOf(world, [askedBy(world, user, question)]);
    const result = Buffer.alloc(61_440, 'x');
    const applied = await world.run(...answered(world, [answer(id, { result })]));
    const kept = await resultOf(id);
    assert.ok(kept?.result.equals(result));
    // A byte of storage costs 0.001 GAS.
    assert.ok((responsesIn(world, applied)[0]?.fee ?? 0n) > parseGas('61.44'));
    await refusesAnswers(
      [[1n, 0, Buffer.alloc(61_441), false, null]],
      'the result of a response is longer than 61440 bytes',
    );
  });

  it('takes 32 responses at once, and no more', async () => {
    const none = Array(32).fill([1n << 40n, 0, Buffer.alloc(0), false, null]);
    const applied = await world.run(world.node, world.call('respond', none));
    assert.deepEqual(eventsOf(world, applied), [
      { name: 'Earned', account: world.node.hash, amount: 0n },
    ]);
    await refusesAnswers([...none, none[0]], 'more than 32 responses in one respond');
  });

  it('refuses a response that is not of five items', async () => {
    const refusal = 'a response is not [id, code, result, deliver, lostTx]';
    await refusesAnswers([[1n, 0, Buffer.alloc(0), false]], refusal);
    await refusesAnswers([[1n, 0, Buffer.alloc(0), false, null, null]], refusal);
    await refusesAnswers([[]], refusal);
  });

  it('settles a request once: twice in one respond, or in a later one, counts for nothing', async () => {
    const [id = 0n] = await asked(1);
    const { user } = world.accounts;
    const before = await balanceOf(world, user.hash);
    const first = answer(id, { result: utf8('first') });
    const second = answer(id, { result: utf8('second') });
    const applied = await world.run(...answered(world, [first, second]));
    const [response, ...others] = responsesIn(world, applied);
    assert.equal(others.length, 0);
    assert.equal((await resultOf(id))?.result.toString(), 'first');
    const again = await world.run(...answered(world, [second]));
    assert.deepEqual(responsesIn(world, again), []);
    const after = await balanceOf(world, user.hash);
    assert.equal(
      after.credit + after.reserved,
      before.credit + before.reserved - (response?.fee ?? 0n),
    );
    assert.equal((await resultOf(id))?.result.toString(), 'first');
  });

  it('skips ids that never were, next to ones that are', async () => {
    const [id = 0n] = await asked(1);
    const applied = await world.run(
      ...answered(world, [answer(0n), answer(id), answer((1n << 63n) - 1n)]),
    );
    assert.deepEqual(
      responsesIn(world, applied).map((each) => each.id),
      [id],
    );
  });

  describe('is for the node account only', () => {
    it('refuses everybody else, the owner too', async () => {
      const respond = world.calls.respond([]);
      const { network, owner, accounts } = world;
      await refuses(network, owner, respond, NO_NODE);
      await refuses(network, accounts.user, respond, NO_NODE);
      const [id = 0n] = await asked(1);
      const real = world.calls.respond([answer(id)]);
      const systemFee = parseGas('0.5');
      refused(await world.attempt(accounts.user, real, { systemFee }), NO_NODE);
      assert.ok(await isPending(id));
    });

    it('refuses a witness of the node account that does not hold for the gateway', async () => {
      const respond = world.calls.respond([]);
      const { network, node } = world;
      await refuses(network, node, respond, NO_NODE, { scope: 'None' });
      const scope = { contracts: [world.contracts.asker] };
      await refuses(network, node, respond, NO_NODE, { scope });
    });

    it('lets another account pay, which then earns', async () => {
      const [id = 0n] = await asked(1);
      const { user } = world.accounts;
      const before = await balanceOf(world, user.hash);
      const applied = await world.run(user, world.calls.respond([answer(id)]), {
        scope: 'None',
        cosigners: [{ account: world.node, scope: 'CalledByEntry' }],
      });
      const [response] = responsesIn(world, applied);
      assert.equal(response?.fee, applied.systemFee + applied.networkFee);
      const after = await balanceOf(world, user.hash);
      assert.equal(after.earned, before.earned + (response?.fee ?? 0n));
      assert.deepEqual(eventsOf(world, applied).at(-1), {
        name: 'Earned',
        account: user.hash,
        amount: response?.fee,
      });
    });
  });

  it('shows the callback no witness of the node', async () => {
    const { asker } = world.contracts;
    await world.run(world.owner, setMode(asker, 'witness'));
    const [id = 0n] = await idsOf(world, [askedByContract(world, asker)]);
    const applied = await world.run(...answered(world, [answer(id)]));
    assert.equal(responsesIn(world, applied)[0]?.delivered, true);
    await world.run(world.owner, setMode(asker, ''));
  });

  it('may answer in the very block that the request is in', async () => {
    const { user } = world.accounts;
    const [, ask] = askedBy(world, user);
    const applied = await world.run(user, ask);
    const { id } = requestIn(world, applied);
    // The next id is known before its request is in a block: the answer may come right behind it.
    const request = world.call('requestHttp', ...httpArgs());
    const respond = world.calls.respond([answer(id + 1n)]);
    const fees = { systemFee: parseGas('1') };
    const [first, second] = await Promise.all([
      world.run(user, request, { ...fees, networkFee: parseGas('0.1') }),
      world.run(world.node, respond, fees),
    ]);
    const [response] = responsesIn(world, second);
    assert.equal(requestIn(world, first).id, id + 1n);
    if (response === undefined) await world.run(...answered(world, [answer(id + 1n)]));
    assert.equal(await isPending(id + 1n), false);
  });
});

const bytes = (text: string) => ({ type: 'ByteString', value: Buffer.from(text) });
const integer = (value: bigint) => ({ type: 'Integer', value });
