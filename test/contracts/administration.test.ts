import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import type { ScriptArg } from '../../src/chain/script.js';
import { assertBooks, balanceOf } from './books.js';
import { serialisedSize } from './event-size.js';
import {
  eventsOf,
  type GatewayWorld,
  gatewayWorld,
  type PolicyChange,
  setPolicy,
  setPolicyArgs,
  TEST_POLICY,
} from './gateway-world.js';
import { holdsUntil, inNextBlock } from './in-next-block.js';
import { refused, refuses } from './refusals.js';
import { answer, answered, askedBy, idsOf, MAX_FEE, responsesIn } from './requests.js';

const NO_OWNER = "the owner's witness is missing";
const MAX_INT = (1n << 63n) - 1n;
const MAX_BLOCKS = 1 << 24;

describe('administration of the gateway', () => {
  let world: GatewayWorld<'user' | 'heir'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user', 'heir'] });
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const policy = () => readContract(world.network.rpc, world.reads.policy());
  const owner = () => readContract(world.network.rpc, world.reads.owner());

  const forOwnerOnly: readonly (readonly [string, ...ScriptArg[]])[] = [
    ['setPolicy', ...setPolicyArgs()],
    ['pause', true],
    ['transferOwnership', `0x${'11'.repeat(20)}`],
    ['revokeNodeAccount'],
    ['proposeUpdate', Buffer.alloc(32), Buffer.alloc(32)],
    ['cancelUpdate'],
    ['update', Buffer.alloc(1), Buffer.alloc(1), null],
  ];
  for (const [method, ...args] of forOwnerOnly) {
    it(`leaves ${method} to the owner`, async () => {
      const { network, node, accounts } = world;
      const script = world.call(method, ...args);
      for (const sender of [node, accounts.user]) {
        await refuses(network, sender, script, NO_OWNER);
      }
      await refuses(network, world.owner, script, NO_OWNER, { scope: 'None' });
      const systemFee = parseGas('0.5');
      refused(await world.attempt(accounts.user, script, { systemFee }), NO_OWNER);
    });
  }

  describe('policy', () => {
    const refusesPolicy = (change: PolicyChange, refusal: string) =>
      refuses(world.network, world.owner, setPolicy(world, change), refusal);

    it('is what a new gateway has, until it is set', async () => {
      const fresh = await gatewayWorld();
      const { updateDelay, resultLifetime, networkFeeCeiling } = await policy();
      assert.deepEqual(await policy(), {
        ...TEST_POLICY,
        premiums: [...TEST_POLICY.premiums],
        minimums: [...TEST_POLICY.minimums],
        lowerUpdateDelay: 0,
        lowerFrom: 0,
      });
      const set = { updateDelay, resultLifetime, networkFeeCeiling };
      const first = await readContract(fresh.network.rpc, fresh.reads.policy());
      assert.deepEqual({ ...first, ...set }, first);
      fresh.network.disconnect();
    });

    it('is set as a whole, told in an event, and read', async () => {
      const change = {
        premiums: [1n, 2n, 3n, 4n, 5n, 6n],
        minimums: [11n, 12n, 13n, 14n, 15n, 16n],
        requestLifetime: 7,
        resultLifetime: 8,
        networkFeeCeiling: 9n,
        updateDelay: 41,
      };
      const applied = await world.run(world.owner, setPolicy(world, change));
      const now = { ...change, lowerUpdateDelay: 0, lowerFrom: 0 };
      assert.deepEqual(eventsOf(world, applied), [{ name: 'PolicyChanged', ...now }]);
      assert.deepEqual(await policy(), now);
      await world.run(world.owner, setPolicy(world, { updateDelay: 41 }));
    });

    it('is taken at every maximum, in an event below 1,024 bytes', async () => {
      const most = Array<bigint>(6).fill(MAX_INT);
      const change = {
        premiums: most,
        minimums: most,
        requestLifetime: MAX_BLOCKS,
        resultLifetime: MAX_BLOCKS,
        networkFeeCeiling: MAX_INT,
        updateDelay: MAX_BLOCKS,
      };
      const ran = await world.network.trial(world.owner, setPolicy(world, change));
      assert.equal(ran.state, 'HALT', ran.exception ?? '');
      const [event] = ran.notifications;
      assert.ok(event && serialisedSize(event.state) < 1024);
    });

    it('has lifetimes from 1 to 16777216 blocks, and a delay up to that', async () => {
      for (const requestLifetime of [0, MAX_BLOCKS + 1]) {
        const refusal = 'requestLifetime is not from 1 to 16777216 blocks';
        await refusesPolicy({ requestLifetime }, refusal);
      }
      for (const resultLifetime of [0, MAX_BLOCKS + 1]) {
        const refusal = 'resultLifetime is not from 1 to 16777216 blocks';
        await refusesPolicy({ resultLifetime }, refusal);
      }
      const refusal = 'updateDelay is more than 16777216 blocks';
      await refusesPolicy({ updateDelay: MAX_BLOCKS + 1 }, refusal);
    });

    it('reaches no request that was made before', async () => {
      const { user } = world.accounts;
      const [id = 0n] = await idsOf(world, [askedBy(world, user)]);
      const before = await readContract(world.network.rpc, world.reads.requestOf(id));
      const change = {
        premiums: Array<bigint>(6).fill(MAX_INT),
        minimums: Array<bigint>(6).fill(MAX_INT),
        requestLifetime: 1,
        resultLifetime: 1,
        networkFeeCeiling: 0n,
        updateDelay: 41,
      };
      await world.run(world.owner, setPolicy(world, change));
      assert.deepEqual(await readContract(world.network.rpc, world.reads.requestOf(id)), before);
      const applied = await world.run(...answered(world, [answer(id)]));
      const [response] = responsesIn(world, applied);
      assert.equal(response?.premium, 0n);
      assert.equal(response?.fee, applied.systemFee + applied.networkFee);
      const result = await readContract(world.network.rpc, world.reads.resultOf(id));
      assert.equal(result?.keptUntil, applied.blockIndex + TEST_POLICY.resultLifetime);
      await world.run(world.owner, setPolicy(world, { updateDelay: 41 }));
    });
  });

  describe('the delay of updates', () => {
    const set = async (updateDelay: number) =>
      world.run(world.owner, setPolicy(world, { updateDelay }));
    const delays = async () => {
      const { updateDelay, lowerUpdateDelay, lowerFrom } = await policy();
      return [updateDelay, lowerUpdateDelay, lowerFrom];
    };

    it('is longer at once, and shorter only after the one in force', async () => {
      const { accounts } = world;
      await set(50);
      assert.deepEqual(await delays(), [50, 0, 0]);
      const { blockIndex } = await set(10);
      assert.deepEqual(await delays(), [50, 10, blockIndex + 50]);
      // Another change meanwhile does not start it again; another delay does.
      await set(10);
      assert.deepEqual(await delays(), [50, 10, blockIndex + 50]);
      const lower = await set(9);
      assert.deepEqual(await delays(), [50, 9, lower.blockIndex + 50]);
      await set(50);
      assert.deepEqual(await delays(), [50, 0, 0]);
      await set(60);
      assert.deepEqual(await delays(), [60, 0, 0]);
      await refuses(world.network, accounts.user, setPolicy(world, { updateDelay: 1 }), NO_OWNER);
    });

    it('is the longer one up to the block before the shorter holds', async () => {
      const other = await gatewayWorld();
      const hashes: ScriptArg[] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
      const propose = other.call('proposeUpdate', ...hashes);
      const read = () => readContract(other.network.rpc, other.reads.policy());
      await holdsUntil('the longer delay is in force', async () => {
        const { updateDelay: longer } = await read();
        const shorter = longer > 10 ? 10 : longer - 1;
        const lowering = setPolicy(other, { updateDelay: shorter });
        const { blockIndex } = await other.run(other.owner, lowering);
        const { lowerUpdateDelay, lowerFrom, updateDelay } = await read();
        const waiting = [longer, shorter, blockIndex + longer];
        assert.deepEqual([updateDelay, lowerUpdateDelay, lowerFrom], waiting);
        await other.network.waitForBlock(lowerFrom - 5);
        const look = async () => {
          const { index, execution } = await inNextBlock(other, other.owner, propose);
          const from = execution.notifications[0]?.state[2];
          assert.ok(from?.type === 'Integer');
          const delay = Number(from.value) - index;
          assert.ok(delay === longer || delay === shorter);
          return { index, holds: delay === longer };
        };
        return { last: lowerFrom - 1, look };
      });
      const { updateDelay, lowerUpdateDelay, lowerFrom } = await read();
      assert.ok(updateDelay <= 10);
      assert.deepEqual([lowerUpdateDelay, lowerFrom], [0, 0]);
      other.network.disconnect();
    });
  });

  describe('pausing', () => {
    it('stops new requests and sponsorships, and nothing else', async () => {
      const { user } = world.accounts;
      const { calls, network, node } = world;
      await world.run(world.owner, setPolicy(world, { requestLifetime: 1 }));
      const [dies = 0n] = await idsOf(world, [askedBy(world, user)]);
      await world.run(world.owner, setPolicy(world));
      const [id = 0n] = await idsOf(world, [askedBy(world, user)]);
      const applied = await world.run(world.owner, calls.pause(true));
      assert.deepEqual(eventsOf(world, applied), [{ name: 'Paused', on: true }]);
      assert.equal(await readContract(network.rpc, world.reads.isPaused()), true);
      const refusal = 'the gateway is paused: it takes no new requests';
      await refuses(network, user, askedBy(world, user)[1], refusal);
      const [response] = responsesIn(world, await world.run(...answered(world, [answer(id)])));
      assert.equal(response?.id, id);
      await world.run(user, calls.takeResult(id));
      const { credit } = await balanceOf(world, user.hash);
      await world.run(user, calls.deposit(user.hash, 5n));
      await world.run(user, calls.withdraw(user.hash, user.hash, credit));
      assert.equal((await balanceOf(world, user.hash)).credit, 5n);
      const { earned } = await balanceOf(world, node.hash);
      await world.run(node, calls.collect(node.hash, node.hash, earned));
      const pending = await readContract(network.rpc, world.reads.requestOf(dies));
      await network.waitForBlock(pending?.deadline ?? 0);
      const expired = await world.run(user, calls.expire([dies]));
      assert.deepEqual(eventsOf(world, expired), [
        { name: 'Expired', id: dies, payer: user.hash, refund: MAX_FEE },
      ]);
      const resumed = await world.run(world.owner, calls.pause(false));
      assert.deepEqual(eventsOf(world, resumed), [{ name: 'Paused', on: false }]);
      await world.run(world.owner, calls.deposit(world.owner.hash, credit, user.hash));
      await world.run(...askedBy(world, user));
    });

    it('is on or off, whatever stands for that, but not null', async () => {
      const isPaused = async (on: ScriptArg) => {
        const script = Buffer.concat([world.call('pause', on), world.call('isPaused')]);
        const { stack, notifications } = await world.network.trial(world.owner, script);
        assert.deepEqual(notifications[0]?.state[0], stack[1]);
        return stack[1];
      };
      for (const on of [true, 1, Buffer.from([1])]) {
        assert.deepEqual(await isPaused(on), { type: 'Boolean', value: true });
      }
      for (const off of [false, 0, Buffer.alloc(0)]) {
        assert.deepEqual(await isPaused(off), { type: 'Boolean', value: false });
      }
      await refuses(world.network, world.owner, world.call('pause', null), 'on of pause is null');
    });
  });

  describe('ownership', () => {
    const transfer = (to: DevnetAccount) => world.call('transferOwnership', to.hash);
    const accept = () => world.call('acceptOwnership');

    it('passes on in two steps, to who accepts it', async () => {
      const { heir, user } = world.accounts;
      const { network } = world;
      await refuses(network, heir, accept(), 'no owner is proposed');
      const proposed = await world.run(world.owner, transfer(heir));
      assert.deepEqual(eventsOf(world, proposed), [
        { name: 'OwnershipProposed', account: heir.hash },
      ]);
      assert.equal(await owner(), world.owner.hash);
      const refusal = 'only the proposed owner may accept';
      for (const sender of [user, world.owner, world.node]) {
        await refuses(network, sender, accept(), refusal);
      }
      await refuses(network, heir, accept(), refusal, { scope: 'None' });
      await refuses(network, heir, world.calls.pause(true), NO_OWNER);
      const accepted = await world.run(heir, accept());
      assert.deepEqual(eventsOf(world, accepted), [
        { name: 'OwnershipTransferred', before: world.owner.hash, account: heir.hash },
      ]);
      assert.equal(await owner(), heir.hash);
      await refuses(network, world.owner, world.calls.pause(true), NO_OWNER);
      await refuses(network, heir, accept(), 'no owner is proposed');
      await world.run(heir, transfer(world.owner));
      await world.run(world.owner, accept());
    });

    it('is offered to the one proposed last', async () => {
      const { heir, user } = world.accounts;
      await world.run(world.owner, transfer(user));
      await world.run(world.owner, transfer(heir));
      const refusal = 'only the proposed owner may accept';
      await refuses(world.network, user, accept(), refusal);
      await world.run(world.owner, transfer(world.owner));
      await world.run(world.owner, accept());
      assert.equal(await owner(), world.owner.hash);
    });
  });
});
