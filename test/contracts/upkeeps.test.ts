import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { hash160 } from '../../src/base/hash.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { setMode } from './hostile.js';
import { refuses } from './refusals.js';
import { askedBy, requestIn } from './requests.js';
import {
  performed,
  performedIn,
  registeredBy,
  registeredByContract,
  runOf,
  UPKEEP_FEE,
  type UpkeepAsked,
  unfunded,
  upkeepArgs,
  upkeepIds,
  upkeepOf,
} from './upkeeps.js';

const NOBODY = hash160(`0x${'99'.repeat(20)}`);

describe('an upkeep', () => {
  let world: GatewayWorld<'user' | 'poor', 'target' | 'owner'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user', 'poor'], contracts: ['target', 'owner'] });
    const { target, owner } = world.contracts;
    await world.run(world.owner, Buffer.concat([setMode(target, ''), setMode(owner, '')]));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const register = (asked: UpkeepAsked = {}) =>
    world.call('registerUpkeep', ...upkeepArgs(world.contracts.target, asked));
  const registered = async (asked: UpkeepAsked = {}) => {
    const { user } = world.accounts;
    const [id = 0n] = await upkeepIds(world, [
      registeredBy(world, user, world.contracts.target, asked),
    ]);
    return id;
  };
  const refusesTo = (script: Buffer, refusal: string, by = world.accounts.user) =>
    refuses(world.network, by, script, refusal);
  const unfund = (id: bigint) => unfunded(world, world.accounts.user, id);
  const deposit = (amount = parseGas('50'), to = world.accounts.user.hash) =>
    world.run(world.owner, world.calls.deposit(world.owner.hash, amount, to));

  it('is registered with an id of the counter that requests have, and has a lock', async () => {
    const { user } = world.accounts;
    const { target } = world.contracts;
    const before = await balanceOf(world, user.hash);
    const first = requestIn(world, await world.run(...askedBy(world, user)));
    const trigger = 'cron:*/5 * * * *;catchup=3';
    const applied = await world.run(
      ...registeredBy(world, user, target, { trigger, args: [[utf8('x'), 1]] }),
    );
    const id = first.id + 1n;
    assert.deepEqual(eventsOf(world, applied), [
      {
        name: 'UpkeepRegistered',
        id,
        owner: user.hash,
        target,
        method: 'tick',
        trigger,
        maxFee: UPKEEP_FEE,
      },
    ]);
    const { time } = await world.network.rpc.call<{ time: number }>('getblockheader', [
      applied.blockIndex,
      1,
    ]);
    const found = await upkeepOf(world, id);
    assert.deepEqual(found, {
      owner: user.hash,
      target,
      method: 'tick',
      args: [
        {
          type: 'Array',
          items: [
            { type: 'ByteString', value: utf8('x') },
            { type: 'Integer', value: 1n },
          ],
        },
      ],
      trigger,
      maxFee: UPKEEP_FEE,
      premium: 0n,
      networkFeeCeiling: parseGas('1.1'),
      registered: applied.blockIndex,
      lastDue: time,
      lastRun: applied.blockIndex,
      isFunded: true,
    });
    const after = await balanceOf(world, user.hash);
    assert.equal(after.reserved, before.reserved + first.maxFee + UPKEEP_FEE);
    assert.equal(after.credit, before.credit - first.maxFee - UPKEEP_FEE);
    const next = requestIn(world, await world.run(...askedBy(world, user)));
    assert.equal(next.id, id + 1n);
    assert.equal(await upkeepOf(world, next.id), null);
    assert.equal(await upkeepOf(world, 1n << 40n), null);
  });

  it('is registered by contracts too, which own it', async () => {
    const { owner } = world.contracts;
    const [id = 0n] = await upkeepIds(world, [registeredByContract(world, owner)]);
    const found = await upkeepOf(world, id);
    assert.deepEqual([found?.owner, found?.registered], [owner, found?.lastDue]);
    await world.run(world.owner, world.callBy(owner, 'cancelUpkeep', id));
  });

  it('calls no native contract, nor gateway or executor', async () => {
    const refusal = 'target of registerUpkeep is a native contract, the gateway or the executor';
    const amount: ScriptArg = parseGas('1');
    const theft = [world.gateway, world.accounts.user.hash, amount, null];
    for (const [target, method, args] of [
      [GAS_TOKEN, 'transfer', theft],
      [world.gateway, 'pendingCount', []],
      [world.executor, 'gateway', []],
    ] as const) {
      await refusesTo(register({ target, method, args }), refusal);
    }
  });

  it('calls a method that is there, with as many parameters as there are args', async () => {
    const refusal =
      'target of registerUpkeep has no such method with as many parameters as there are args';
    for (const asked of [
      { target: NOBODY },
      { target: world.accounts.user.hash },
      { method: 'tock' },
      { args: [] },
      { args: [1, 2] },
    ]) {
      await refusesTo(register(asked), refusal);
    }
    const condition =
      'the condition that when: names is no method of the target without parameters';
    await refusesTo(register({ trigger: 'when:tick' }), condition);
    await refusesTo(register({ trigger: 'when:isdue' }), condition);
    const unnamed = 'method of registerUpkeep is empty or starts with an underscore';
    for (const method of ['', '_deploy', null]) await refusesTo(register({ method }), unnamed);
    await refusesTo(
      register({ method: 'm'.repeat(65) }),
      'method of registerUpkeep is longer than 64 bytes',
    );
    await refusesTo(
      register({ method: Buffer.from([0x74, 0xff]) }),
      'method of registerUpkeep is not UTF-8',
    );
  });

  it('takes up to 16 args of 512 bytes in all', async () => {
    const method = 'sixteen';
    // Of an array with 16 items: 2 bytes, and each byte string 2 or, from 253 bytes on, 4 more.
    const items = (bytes: number): ScriptArg[] => [
      Buffer.alloc(bytes - 2 - 4 - 15),
      ...Array<ScriptArg>(15).fill(null),
    ];
    const id = await registered({ method, args: items(512) });
    const [run] = performedIn(world, await world.run(...performed(world, [await dueOf(id)])));
    assert.equal(run?.delivered, true);
    await refusesTo(
      register({ method, args: items(513) }),
      'args of registerUpkeep is longer than 512 bytes when serialised',
    );
    await refusesTo(
      register({ method, args: Array<ScriptArg>(17).fill(null) }),
      'args of registerUpkeep is more than 16 items',
    );
    for (const args of [utf8('x'), 1, true, new Map()] as const) {
      await refusesTo(register({ args }), 'args of registerUpkeep is not an array');
    }
    // Null is none, as `count` of the target has it.
    const [none = 0n] = await upkeepIds(world, [
      registeredBy(world, world.accounts.user, world.contracts.target, {
        method: 'count',
        args: null,
      }),
    ]);
    assert.deepEqual((await upkeepOf(world, none))?.args, []);
  });
  const dueOf = async (id: bigint) => runOf(id, ((await upkeepOf(world, id))?.lastDue ?? 0) + 1);

  it('needs the minimum of the policy, and credit of the owner for one run', async () => {
    const minimums = [1n, 1n, 1n, 1n, 1n, UPKEEP_FEE];
    await world.run(world.owner, setPolicy(world, { minimums }));
    await refusesTo(
      register({ maxFee: UPKEEP_FEE - 1n }),
      "maxFee of registerUpkeep is below the policy's minimum for upkeeps",
    );
    await world.run(world.owner, setPolicy(world));
    const { user, poor } = world.accounts;
    const { credit } = await balanceOf(world, poor.hash);
    const refusal = "the owner's credit is below maxFee of registerUpkeep";
    await refusesTo(register({ maxFee: credit + 1n }), refusal, poor);
    // No sponsor pays for upkeeps.
    await world.runAll([
      [user, world.calls.sponsor(poor.hash, credit, credit)],
      [poor, world.calls.acceptSponsor(user.hash)],
    ]);
    await refusesTo(register({ maxFee: credit + 1n }), refusal, poor);
    const all = await world.run(poor, register({ maxFee: credit }));
    assert.equal((await balanceOf(world, poor.hash)).credit, 0n);
    const [event] = eventsOf(world, all);
    assert.ok(event?.name === 'UpkeepRegistered');
  });

  it('that is left without a lock is funded again by anyone, when its owner has credit', async () => {
    const { user, poor } = world.accounts;
    const id = await registered();
    const fund = world.call('fundUpkeep', id);
    await refusesTo(fund, 'the upkeep is funded already');
    await unfund(id);
    assert.equal((await upkeepOf(world, id))?.isFunded, false);
    await refusesTo(fund, "the credit of the upkeep's owner is below its maxFee", poor);
    const skipped = await world.run(...performed(world, [await dueOf(id)]));
    assert.deepEqual(performedIn(world, skipped), []);
    await deposit();
    const before = await balanceOf(world, user.hash);
    const applied = await world.run(poor, fund);
    assert.deepEqual(eventsOf(world, applied), [{ name: 'UpkeepFunded', id, amount: UPKEEP_FEE }]);
    const after = await balanceOf(world, user.hash);
    assert.equal(after.reserved, before.reserved + UPKEEP_FEE);
    assert.equal(after.credit, before.credit - UPKEEP_FEE);
    const [run] = performedIn(world, await world.run(...performed(world, [await dueOf(id)])));
    assert.deepEqual([run?.delivered, run?.locked], [true, UPKEEP_FEE]);
    await refusesTo(world.call('fundUpkeep', 1n << 40n), 'no upkeep has the id of fundUpkeep');
  });

  it('is not registered while the gateway is paused; all the rest goes on', async () => {
    const { user, poor } = world.accounts;
    const id = await registered();
    await world.run(world.owner, world.calls.pause(true));
    await refusesTo(register(), 'the gateway is paused: it takes no new upkeeps');
    await unfund(id);
    await deposit();
    await world.run(poor, world.calls.fundUpkeep(id));
    const [run] = performedIn(world, await world.run(...performed(world, [await dueOf(id)])));
    assert.equal(run?.delivered, true);
    await world.run(user, world.calls.cancelUpkeep(id));
    await world.run(world.owner, world.calls.pause(false));
  });
});
