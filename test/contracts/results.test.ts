import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { calling, setMode } from './hostile.js';
import { holdsUntil, inNextBlock } from './in-next-block.js';
import { refused, refuses } from './refusals.js';
import { answer, answered, askedBy, askedByContract, idsOf, type Question } from './requests.js';

describe('results that are kept', () => {
  let world: GatewayWorld<'user' | 'other', 'asker' | 'relay'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user', 'other'], contracts: ['asker', 'relay'] });
    const { asker, relay } = world.contracts;
    await world.run(world.owner, Buffer.concat([setMode(asker, ''), setMode(relay, '')]));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const resultOf = (id: bigint) => readContract(world.network.rpc, world.reads.resultOf(id));
  const timesCalled = async () =>
    asInteger(await world.network.read(world.contracts.asker, 'count'), 'count');
  /** Requests whose results are kept. */
  const kept = async (by: 'user' | 'asker', count = 1, question: Question = {}) => {
    const step =
      by === 'user'
        ? askedBy(world, world.accounts.user, question)
        : askedByContract(world, world.contracts.asker, question);
    const ids = await idsOf(world, Array(count).fill(step));
    const answers = ids.map((id) => answer(id, { deliver: false, result: utf8(`r${id}`) }));
    await world.run(...answered(world, answers));
    return ids;
  };
  /** The trial of a block behind that of the answer. */
  const refusesLater = async (script: Buffer, refusal: string, sender = world.accounts.other) =>
    refuses(world.network, sender, script, refusal);

  describe('are taken', () => {
    it('by the account that asked, once, with code and result', async () => {
      const [id = 0n] = await kept('user');
      const { user } = world.accounts;
      const before = await balanceOf(world, user.hash);
      const applied = await world.run(user, world.calls.takeResult(id));
      assert.deepEqual(applied.stack, [
        {
          type: 'Array',
          items: [
            { type: 'Integer', value: 0n },
            { type: 'ByteString', value: Buffer.from(`r${id}`) },
          ],
        },
      ]);
      assert.deepEqual(eventsOf(world, applied), [{ name: 'ResultTaken', id }]);
      assert.equal(await resultOf(id), null);
      assert.deepEqual(await balanceOf(world, user.hash), before);
      await refusesLater(world.calls.takeResult(id), 'no result of this id is kept', user);
    });

    it('by the contract that asked', async () => {
      const [id = 0n] = await kept('asker');
      const take = world.callBy(world.contracts.asker, 'takeResult', id);
      const applied = await world.run(world.accounts.other, take);
      assert.deepEqual(eventsOf(world, applied), [{ name: 'ResultTaken', id }]);
      const refusal = 'no result of this id is kept to redeliver';
      await refusesLater(world.calls.redeliver(id), refusal);
    });

    it('by nobody else', async () => {
      const [mine = 0n] = await kept('user');
      const [its = 0n] = await kept('asker');
      const refusal = 'only the requester may take a result';
      const { user, other } = world.accounts;
      await refusesLater(world.calls.takeResult(mine), refusal, other);
      await refusesLater(world.calls.takeResult(its), refusal, user);
      await refusesLater(world.calls.takeResult(mine), refusal, world.owner);
      await refusesLater(world.callBy(world.contracts.relay, 'takeResult', its), refusal);
      const systemFee = parseGas('0.5');
      refused(await world.attempt(other, world.calls.takeResult(mine), { systemFee }), refusal);
      assert.ok(await resultOf(mine));
    });
  });

  describe('are redelivered', () => {
    it('by anyone, at his own cost, to the callback as it would have been', async () => {
      const question = { userData: [1, utf8('x')] };
      const [id = 0n] = await kept('asker', 1, question);
      const { asker } = world.contracts;
      const [before, called] = [await balanceOf(world, asker), await timesCalled()];
      const applied = await world.run(world.accounts.other, world.calls.redeliver(id));
      assert.deepEqual(eventsOf(world, applied), [{ name: 'Redelivered', id }]);
      assert.equal(await timesCalled(), called + 1n);
      const last = await world.network.read(asker, 'last');
      assert.ok(last.type === 'Array');
      assert.deepEqual(last.items, [
        { type: 'Integer', value: id },
        {
          type: 'Array',
          items: [
            { type: 'Integer', value: 1n },
            { type: 'ByteString', value: Buffer.from('x') },
          ],
        },
        { type: 'Integer', value: 0n },
        { type: 'ByteString', value: Buffer.from(`r${id}`) },
      ]);
      assert.deepEqual(await balanceOf(world, asker), before);
      assert.equal(await resultOf(id), null);
      const refusal = 'no result of this id is kept to redeliver';
      await refusesLater(world.calls.redeliver(id), refusal);
    });

    it('with the url instead of the id for a migrated contract, which never sees an id', async () => {
      const { asker } = world.contracts;
      const url = 'https://x.org';
      const [id = 0n] = await idsOf(world, [
        askedByContract(world, asker, { spec: url }, 'request'),
      ]);
      await world.run(...answered(world, [answer(id, { deliver: false, code: 0x14 })]));
      await world.run(world.accounts.other, world.calls.redeliver(id));
      const last = await world.network.read(asker, 'last');
      assert.ok(last.type === 'Array');
      assert.deepEqual(last.items[0], { type: 'ByteString', value: Buffer.from(url) });
      assert.deepEqual(last.items[2], { type: 'Integer', value: 0x14n });
    });

    it('until the callback returns: while it throws, they stay', async () => {
      const { asker } = world.contracts;
      const [id = 0n] = await kept('asker');
      await world.run(world.owner, setMode(asker, 'throw'));
      const before = [await resultOf(id), await timesCalled()];
      const redeliver = world.calls.redeliver(id);
      const systemFee = parseGas('1');
      const applied = await world.attempt(world.accounts.other, redeliver, { systemFee });
      assert.match(applied.exception ?? '', /the callback threw/);
      assert.deepEqual([await resultOf(id), await timesCalled()], before);
      await world.run(world.owner, setMode(asker, ''));
      await world.run(world.accounts.other, redeliver);
      assert.equal(await resultOf(id), null);
    });

    it('also where a contract catches what the callback throws: nothing is lost then', async () => {
      const { asker, relay } = world.contracts;
      const [id = 0n] = await kept('asker');
      await world.run(world.owner, setMode(asker, 'throw'));
      const before = [await resultOf(id), await timesCalled()];
      const args: ScriptArg[] = [world.gateway, utf8('redeliver'), [id]];
      const applied = await world.run(world.accounts.other, callScript(relay, 'tryCall', args), {
        systemFee: parseGas('2'),
      });
      assert.deepEqual(applied.stack, [{ type: 'Boolean', value: false }]);
      assert.deepEqual(eventsOf(world, applied), []);
      assert.deepEqual([await resultOf(id), await timesCalled()], before);
      await world.run(world.owner, setMode(asker, ''));
      const again = await world.run(world.accounts.other, callScript(relay, 'tryCall', args));
      assert.deepEqual(again.stack, [{ type: 'Boolean', value: true }]);
      assert.equal(await resultOf(id), null);
    });

    it('once, even when the callback asks for it again while it runs', async () => {
      const { asker } = world.contracts;
      const [id = 0n] = await kept('asker');
      for (const method of ['redeliver', 'takeResult']) {
        const again = calling(asker, 'call', world.gateway, method, [id]);
        await world.run(world.owner, again);
        const refusal =
          method === 'redeliver'
            ? 'no result of this id is kept to redeliver'
            : 'no result of this id is kept';
        await refusesLater(world.calls.redeliver(id), refusal);
      }
      await world.run(world.owner, setMode(asker, ''));
      const twice = Buffer.concat([world.calls.redeliver(id), world.calls.redeliver(id)]);
      await refusesLater(twice, 'no result of this id is kept to redeliver');
      const taken = world.callBy(asker, 'takeResult', id);
      const both = Buffer.concat([world.calls.redeliver(id), taken]);
      await refusesLater(both, 'no result of this id is kept');
      await world.run(world.accounts.other, world.calls.redeliver(id));
    });

    it('not when the request named no callback', async () => {
      const [id = 0n] = await kept('user');
      const refusal = 'the request named no callback to redeliver to';
      await refusesLater(world.calls.redeliver(id), refusal);
    });

    it('not while the requester has no such callback', async () => {
      const [id = 0n] = await kept('asker', 1, { callback: 'notYet' });
      const refusal = 'the requester has no such callback with 4 parameters';
      await refusesLater(world.calls.redeliver(id), refusal);
      assert.ok(await resultOf(id));
    });

    it("not in the answer's own block, where the node would pay", async () => {
      const [id = 0n] = await idsOf(world, [askedByContract(world, world.contracts.asker)]);
      const respond = world.calls.respond([answer(id, { deliver: false })]);
      const redeliver = world.calls.redeliver(id);
      const refusal = "redeliver is not possible in the answer's own block";
      await refuses(world.network, world.node, Buffer.concat([respond, redeliver]), refusal);
      await world.run(world.node, respond);
    });
  });

  describe('are dropped', () => {
    it('by anyone once their lifetime is over, and not before', async () => {
      const { other } = world.accounts;
      await holdsUntil('a result is kept', async () => {
        await world.run(world.owner, setPolicy(world, { resultLifetime: 3 }));
        const [id = 0n] = await kept('user');
        const result = (await resultOf(id)) ?? assert.fail();
        assert.equal(result.keptUntil, result.answered + 3);
        const look = async () => {
          const drop = world.calls.dropResults([id]);
          const { index, events } = await inNextBlock(world, other, drop);
          return { index, holds: !events.includes('ResultDropped') };
        };
        return { last: result.keptUntil, look };
      });
    });

    it('for good, and others stay', async () => {
      const [mine = 0n, its = 0n] = [...(await kept('user')), ...(await kept('asker'))];
      await world.run(world.owner, setPolicy(world));
      const [later = 0n] = await kept('user');
      await world.network.waitForBlock((await resultOf(its))?.keptUntil ?? 0);
      const drop = world.calls.dropResults([mine, its, its, later, 1n << 40n]);
      const applied = await world.run(world.accounts.other, drop);
      assert.deepEqual(eventsOf(world, applied), [
        { name: 'ResultDropped', id: mine },
        { name: 'ResultDropped', id: its },
      ]);
      assert.deepEqual([await resultOf(mine), await resultOf(its)], [null, null]);
      assert.ok(await resultOf(later));
      const refusal = 'no result of this id is kept to redeliver';
      await refusesLater(world.calls.redeliver(its), refusal);
      assert.deepEqual(eventsOf(world, await world.run(world.accounts.other, drop)), []);
    });

    it('64 at once, and no more', async () => {
      const ids = Array<bigint>(64).fill(1n << 40n);
      await world.run(world.accounts.other, world.calls.dropResults(ids));
      const more = world.calls.dropResults([...ids, 1n]);
      await refusesLater(more, 'more than 64 ids in one dropResults');
    });
  });
});
