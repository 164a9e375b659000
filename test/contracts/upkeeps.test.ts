import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { hash160 } from '../../src/base/hash.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf, storedKeys } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { setMode } from './hostile.js';
import { refuses } from './refusals.js';
import { askedBy, requestIn } from './requests.js';
import {
  chargedBy,
  performed,
  performedIn,
  registeredBy,
  registeredByContract,
  runOf,
  UPKEEP_FEE,
  type UpkeepAsked,
  upkeepArgs,
  upkeepIds,
  upkeepOf,
} from './upkeeps.js';

const NOBODY = hash160(`0x${'99'.repeat(20)}`);
const LIFETIME = 6;

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
  /** Its owner withdraws everything, and the upkeep runs: what it is left with is no next lock. */
  const unfund = async (id: bigint, by = world.accounts.user) => {
    const { credit } = await balanceOf(world, by.hash);
    await world.run(by, world.calls.withdraw(by.hash, by.hash, credit));
    const { lastDue = 0 } = (await upkeepOf(world, id)) ?? {};
    const [run] = performedIn(
      world,
      await world.run(...performed(world, [runOf(id, lastDue + 1)])),
    );
    assert.equal(run?.locked, 0n);
    return run;
  };
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
      ending: 0,
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
    await refusesTo(fund, 'the upkeep is funded already, or cancelled');
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

  it('is cancelled by its owner alone, and is gone at once when nothing is locked', async () => {
    const { user, poor } = world.accounts;
    const id = await registered();
    const cancel = world.calls.cancelUpkeep(id);
    await refusesTo(cancel, "only the upkeep's owner may cancel it", poor);
    await refusesTo(cancel, "only the upkeep's owner may cancel it", world.owner);
    await unfund(id);
    const before = await balanceOf(world, user.hash);
    const applied = await world.run(user, cancel);
    assert.deepEqual(eventsOf(world, applied), [{ name: 'UpkeepCancelled', id }]);
    assert.equal(await upkeepOf(world, id), null);
    assert.deepEqual(await balanceOf(world, user.hash), before);
    await refusesTo(cancel, 'no upkeep has the id of cancelUpkeep');
    await refusesTo(world.calls.fundUpkeep(id), 'no upkeep has the id of fundUpkeep');
    await deposit();
  });

  describe('that is cancelled while a lock is there', () => {
    const records = () => Promise.all(['t', 'g', 'j'].map((prefix) => storedKeys(world, prefix)));
    let recordsBefore: readonly number[];
    before(async () => {
      recordsBefore = await records();
      await world.run(world.owner, setPolicy(world, { requestLifetime: LIFETIME }));
    });

    it('calls its target no more, and gives the lock back to be fetched by anyone', async () => {
      const { user, poor } = world.accounts;
      const id = await registered();
      const before = await balanceOf(world, user.hash);
      const applied = await world.run(user, world.calls.cancelUpkeep(id));
      const until = applied.blockIndex + LIFETIME;
      assert.deepEqual(eventsOf(world, applied), [{ name: 'UpkeepEnding', id, until }]);
      assert.deepEqual(await balanceOf(world, user.hash), before);
      assert.equal((await upkeepOf(world, id))?.ending, until);
      await refusesTo(world.calls.fundUpkeep(id), 'the upkeep is funded already, or cancelled');
      await world.network.waitForBlock(until);
      const fetched = await world.run(poor, world.calls.cancelUpkeep(id));
      assert.deepEqual(eventsOf(world, fetched), [{ name: 'UpkeepCancelled', id }]);
      const after = await balanceOf(world, user.hash);
      assert.equal(after.reserved, before.reserved - UPKEEP_FEE);
      assert.equal(after.credit, before.credit + UPKEEP_FEE);
      assert.equal(await upkeepOf(world, id), null);
    });

    it('pays for a run that was under way, once and without premium, and is gone', async () => {
      const { owner, accounts, contracts } = world;
      const premiums = [0n, 0n, 0n, 0n, 0n, parseGas('0.1')];
      await world.run(owner, setPolicy(world, { premiums, requestLifetime: 100_000 }));
      const id = await registered();
      const before = await balanceOf(world, accounts.user.hash);
      await world.run(accounts.user, world.calls.cancelUpkeep(id));
      const refusal =
        'the upkeep is cancelled already, and what is locked cannot be given back yet';
      await refusesTo(world.calls.cancelUpkeep(id), refusal);
      const countBefore = await world.network.read(contracts.target, 'count');
      const run = await dueOf(id);
      // What the node meant to spend is burnt, though there is nothing to call any more.
      const systemFee = parseGas('1');
      const applied = await world.run(...performed(world, [run, run], { systemFee }));
      const [event, cancelled, ...more] = eventsOf(world, applied);
      assert.ok(event?.name === 'UpkeepPerformed');
      assert.deepEqual([event.delivered, event.premium, event.locked], [false, 0n, 0n]);
      assert.ok(event.fee > parseGas('0.5') && event.fee < systemFee + applied.networkFee);
      assert.deepEqual(cancelled, { name: 'UpkeepCancelled', id });
      assert.deepEqual(
        more.map(({ name }) => name),
        ['Earned'],
      );
      assert.deepEqual(await world.network.read(contracts.target, 'count'), countBefore);
      const after = await balanceOf(world, accounts.user.hash);
      assert.equal(after.reserved, before.reserved - UPKEEP_FEE);
      assert.equal(after.credit, before.credit + UPKEEP_FEE - chargedBy(event));
      assert.equal(await upkeepOf(world, id), null);
      await world.run(owner, setPolicy(world));
    });

    it('leaves no record behind', async () => {
      assert.deepEqual(await records(), recordsBefore);
    });
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
