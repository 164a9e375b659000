import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf, storedKeys, sumOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { setMode } from './hostile.js';
import { refuses } from './refusals.js';
import {
  chargedBy,
  nextRun,
  performed,
  performedIn,
  registeredBy,
  unfunded,
  upkeepIds,
  upkeepOf,
} from './upkeeps.js';

describe('an upkeep that is cancelled', () => {
  let world: GatewayWorld<'user' | 'poor', 'target'>;
  let recordsBefore: readonly number[];
  before(async () => {
    world = await gatewayWorld({ accounts: ['user', 'poor'], contracts: ['target'] });
    await world.run(world.owner, setMode(world.contracts.target, ''));
    recordsBefore = await records();
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const registered = async () => {
    const { accounts, contracts } = world;
    const [id = 0n] = await upkeepIds(world, [
      registeredBy(world, accounts.user, contracts.target),
    ]);
    return id;
  };
  const refusesTo = (script: Buffer, refusal: string, by = world.accounts.user) =>
    refuses(world.network, by, script, refusal);
  const dueOf = (id: bigint) => nextRun(world, id);
  const records = () => Promise.all(['t', 'g'].map((prefix) => storedKeys(world, prefix)));
  const cancelled = (id: bigint) => world.calls.cancelUpkeep(id);
  const counted = async () =>
    asInteger(await world.network.read(world.contracts.target, 'count'), 'count');
  it('is so by its owner alone, once, and nothing is left of it', async () => {
    const { user, poor } = world.accounts;
    const before = await balanceOf(world, user.hash);
    const id = await registered();
    await refusesTo(cancelled(id), "only the upkeep's owner may cancel it", poor);
    await refusesTo(cancelled(id), "only the upkeep's owner may cancel it", world.owner);
    const applied = await world.run(user, cancelled(id));
    assert.deepEqual(eventsOf(world, applied), [{ name: 'UpkeepCancelled', id }]);
    assert.equal(await upkeepOf(world, id), null);
    assert.deepEqual(await balanceOf(world, user.hash), before, 'the lock is credit again');
    await refusesTo(cancelled(id), 'no upkeep has the id of cancelUpkeep');
    await refusesTo(world.calls.fundUpkeep(id), 'no upkeep has the id of fundUpkeep');
  });

  it('gives nothing back where nothing was locked', async () => {
    const { user } = world.accounts;
    const id = await registered();
    await unfunded(world, user, id);
    const before = await balanceOf(world, user.hash);
    const applied = await world.run(user, cancelled(id));
    assert.deepEqual(eventsOf(world, applied), [{ name: 'UpkeepCancelled', id }]);
    assert.deepEqual(await balanceOf(world, user.hash), before);
    assert.equal(await upkeepOf(world, id), null);
    const more = world.calls.deposit(world.owner.hash, parseGas('50'), user.hash);
    await world.run(world.owner, more);
  });

  it('in front of its run is not called nor charged, and its neighbours pay no more', async () => {
    const { accounts, contracts } = world;
    const { user } = accounts;
    const steps = [0, 1, 2].map(() => registeredBy(world, user, contracts.target));
    const [first = 0n, id = 0n, last = 0n] = await upkeepIds(world, steps);
    const runs = () => Promise.all([first, id, last].map((each) => dueOf(each)));
    const beside = performedIn(world, await world.run(...performed(world, await runs())));
    // As the node sends it: with the fees of a run that is not made any more.
    const given = await runs();
    const script = world.calls.performUpkeeps(given);
    const { gasConsumed } = await world.network.trial(world.node, script);
    const systemFee = gasConsumed + parseGas('5');
    await world.run(user, cancelled(id));
    const before = await counted();
    const applied = await world.run(...performed(world, given, { systemFee }));
    const made = performedIn(world, applied);
    assert.deepEqual(
      made.map((run) => [run.id, run.delivered]),
      [
        [first, true],
        [last, true],
      ],
    );
    assert.equal(await counted(), before + 2n);
    for (const run of made) {
      const { fee = 0n } = beside.find((each) => each.id === run.id) ?? {};
      assert.ok(run.fee > parseGas('0.1') && run.fee <= fee, `${run.fee}, ${fee} beside it`);
    }
    assert.ok(applied.systemFee - sumOf(made.map(chargedBy)) > parseGas('5'), "it is nobody's");
    await world.runAll([
      [user, cancelled(first)],
      [user, cancelled(last)],
    ]);
  });

  it('in one block with a run is charged for it if that comes first, else not', async () => {
    const { accounts, contracts } = world;
    const { user } = accounts;
    for (const isFirst of [true, false]) {
      for (let round = 0, found = false; round < 10 && !found; round++) {
        const before = await balanceOf(world, user.hash);
        const [id = 0n] = await upkeepIds(world, [registeredBy(world, user, contracts.target)]);
        // What pays more is first in its block.
        const [more, less] = [parseGas('0.5'), parseGas('0.1')];
        const fees = { systemFee: parseGas('1'), networkFee: isFirst ? less : more };
        const [ran, ended] = await world.runAll([
          performed(world, [await dueOf(id)], fees),
          [user, cancelled(id), { networkFee: isFirst ? more : less }],
        ]);
        assert.ok(ran && ended);
        found = ran.blockIndex === ended.blockIndex;
        const runs = performedIn(world, ran);
        if (found) assert.equal(runs.length, isFirst ? 0 : 1);
        else if (round === 9) assert.fail('they never came into one block');
        const charged = sumOf(runs.map(chargedBy));
        const { credit, reserved } = await balanceOf(world, user.hash);
        assert.deepEqual([credit, reserved], [before.credit - charged, before.reserved]);
        assert.equal(await upkeepOf(world, id), null);
      }
    }
  });

  it('leaves no record behind', async () => {
    assert.deepEqual(await records(), recordsBefore);
  });
});
