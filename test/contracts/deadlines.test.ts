import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { holdsUntil, inNextBlock } from './in-next-block.js';
import { refuses } from './refusals.js';
import {
  answer,
  answered,
  askedBy,
  askedByContract,
  idsOf,
  MAX_FEE,
  requestIn,
  responsesIn,
} from './requests.js';

const LIFETIME = 4;

describe('deadlines of requests', () => {
  let world: GatewayWorld<'user', 'asker' | 'sponsor'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'], contracts: ['asker', 'sponsor'] });
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const isPending = async (id: bigint) =>
    (await readContract(world.network.rpc, world.reads.requestOf(id))) !== null;

  it('are inclusive: the last block that answers is the deadline, and expiry begins after it', async () => {
    const { calls, node } = world;
    await world.run(world.owner, setPolicy(world, { requestLifetime: LIFETIME }));
    const asks = async () => {
      const applied = await world.run(...askedBy(world, world.accounts.user));
      const { id, deadline } = requestIn(world, applied);
      assert.equal(deadline, applied.blockIndex + LIFETIME);
      return { id, last: deadline };
    };
    await holdsUntil('an answer counts', async () => {
      const { id, last } = await asks();
      const look = async () => {
        const { index, events } = await inNextBlock(world, node, calls.respond([answer(id)]));
        return { index, holds: events.includes('Response') };
      };
      return { last, look };
    });
    await holdsUntil('nothing expires', async () => {
      const { id, last } = await asks();
      const look = async () => {
        const { index, events } = await inNextBlock(world, node, calls.expire([id]));
        return { index, holds: !events.includes('Expired') };
      };
      return { last, look };
    });
    await world.run(world.owner, setPolicy(world));
  });

  it('when they are over, an answer is skipped and costs the payer nothing', async () => {
    const { user } = world.accounts;
    await world.run(world.owner, setPolicy(world, { requestLifetime: 1 }));
    const request = requestIn(world, await world.run(...askedBy(world, user)));
    await world.network.waitForBlock(request.deadline);
    const before = await balanceOf(world, user.hash);
    const applied = await world.run(...answered(world, [answer(request.id)]));
    assert.deepEqual(eventsOf(world, applied), [
      { name: 'Earned', account: world.node.hash, amount: 0n },
    ]);
    assert.deepEqual(await balanceOf(world, user.hash), before);
    assert.ok(await isPending(request.id));
    await world.run(world.owner, setPolicy(world));
  });

  it('when they are over, anyone gives the payer back all that was set aside', async () => {
    const { user } = world.accounts;
    const { asker } = world.contracts;
    await world.run(world.owner, setPolicy(world, { requestLifetime: 1 }));
    const [byUser = 0n, byContract = 0n] = await idsOf(world, [
      askedBy(world, user),
      askedByContract(world, asker),
    ]);
    const tip = await world.network.height();
    await world.network.waitForBlock(tip + 1);
    const before = await balanceOf(world, user.hash);
    const count = await readContract(world.network.rpc, world.reads.pendingCount());
    const expire = world.calls.expire([byUser, byContract, byUser, 1n << 40n]);
    const applied = await world.run(world.owner, expire);
    assert.deepEqual(eventsOf(world, applied), [
      { name: 'Expired', id: byUser, payer: user.hash, refund: MAX_FEE },
      { name: 'Expired', id: byContract, payer: asker, refund: MAX_FEE },
    ]);
    const after = await balanceOf(world, user.hash);
    assert.equal(after.credit, before.credit + MAX_FEE);
    assert.equal(after.reserved, before.reserved - MAX_FEE);
    assert.equal(await readContract(world.network.rpc, world.reads.pendingCount()), count - 2);
    const again = await world.run(world.owner, expire);
    assert.deepEqual(eventsOf(world, again), []);
    await world.run(world.owner, setPolicy(world));
  });

  it('keep a request from expiring before them, or after its answer', async () => {
    const { user } = world.accounts;
    const [early = 0n, done = 0n] = await idsOf(world, [
      askedBy(world, user),
      askedBy(world, user),
    ]);
    await world.run(...answered(world, [answer(done)]));
    const before = await balanceOf(world, user.hash);
    const applied = await world.run(user, world.calls.expire([early, done]));
    assert.deepEqual(eventsOf(world, applied), []);
    assert.deepEqual(await balanceOf(world, user.hash), before);
    assert.ok(await isPending(early));
  });

  it('are those of the policy at the request', async () => {
    const { user } = world.accounts;
    const [id = 0n] = await idsOf(world, [askedBy(world, user)]);
    const before = await readContract(world.network.rpc, world.reads.requestOf(id));
    await world.run(world.owner, setPolicy(world, { requestLifetime: 1 }));
    assert.deepEqual(await readContract(world.network.rpc, world.reads.requestOf(id)), before);
    const applied = await world.run(...answered(world, [answer(id)]));
    assert.equal(responsesIn(world, applied).length, 1);
    await world.run(world.owner, setPolicy(world));
  });

  it('free what a sponsor set aside, and give it back to its allowance', async () => {
    const { asker, sponsor } = world.contracts;
    const sponsored = parseGas('60');
    await world.runAll([
      [world.owner, world.callBy(sponsor, 'sponsor', asker, sponsored, sponsored)],
      [world.owner, world.callBy(asker, 'acceptSponsor', sponsor)],
      [world.owner, setPolicy(world, { requestLifetime: 1 })],
    ]);
    const allowance = () =>
      readContract(world.network.rpc, world.reads.sponsorshipOf(sponsor, asker));
    const credit = async (account: Hash160) => (await balanceOf(world, account)).credit;
    const maxFee = (await credit(asker)) - parseGas('0.1');
    const rest = parseGas('0.5');
    const [own = 0n] = await idsOf(world, [askedByContract(world, asker, { maxFee })]);
    const [id = 0n] = await idsOf(world, [askedByContract(world, asker, { maxFee: rest })]);
    assert.equal((await allowance()).allowance, sponsored - rest);
    const tip = await world.network.height();
    await world.network.waitForBlock(tip + 1);
    const before = await credit(sponsor);
    const applied = await world.run(world.owner, world.calls.expire([id, own]));
    assert.deepEqual(eventsOf(world, applied)[0], {
      name: 'Expired',
      id,
      payer: sponsor,
      refund: rest,
    });
    assert.equal(await credit(sponsor), before + rest);
    assert.equal((await allowance()).allowance, sponsored);
    await world.run(world.owner, setPolicy(world));
  });

  it('are looked at for 64 ids at once, and no more', async () => {
    const ids = Array<bigint>(64).fill(1n << 40n);
    await world.run(world.accounts.user, world.calls.expire(ids));
    const more = world.calls.expire([...ids, 1n]);
    await refuses(world.network, world.accounts.user, more, 'more than 64 ids in one expire');
  });

  it('end a request for its callback too: an expired one is never delivered', async () => {
    const { asker } = world.contracts;
    await world.run(world.owner, setPolicy(world, { requestLifetime: 1 }));
    const [id = 0n] = await idsOf(world, [askedByContract(world, asker)]);
    await world.network.waitForBlock((await world.network.height()) + 1);
    await world.run(world.owner, world.calls.expire([id]));
    const redeliver = world.calls.redeliver(id);
    const refusal = 'no result of this id is kept to redeliver';
    await refuses(world.network, world.owner, redeliver, refusal);
    const take = callScript(asker, 'call', [world.gateway, utf8('takeResult'), [id]]);
    await refuses(world.network, world.owner, take, 'no result of this id is kept');
    await world.run(world.owner, setPolicy(world));
  });
});
