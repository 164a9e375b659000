import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf, gasBalance, sumOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { calling, setCall, setMode } from './hostile.js';
import { refuses } from './refusals.js';
import { httpArgs } from './requests.js';
import {
  chargedBy,
  nextRun,
  perform,
  performed,
  performedIn,
  registeredBy,
  registeredByContract,
  runOf,
  UPKEEP_FEE,
  upkeepArgs,
  upkeepIds,
  upkeepOf,
} from './upkeeps.js';

/** The target owns its upkeep and runs between two honest neighbours. */
describe('the target of an upkeep that attacks', () => {
  let world: GatewayWorld<'user' | 'thief', 'culprit' | 'neighbour'>;
  let before1: bigint;
  let attack: bigint;
  let after1: bigint;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user', 'thief'],
      contracts: ['culprit', 'neighbour'],
      credit: parseGas('500'),
    });
    const { culprit, neighbour } = world.contracts;
    const modes = [culprit, neighbour].map((each) => setMode(each, ''));
    await world.run(world.owner, Buffer.concat(modes));
    const { user } = world.accounts;
    [before1 = 0n, after1 = 0n, attack = 0n] = await upkeepIds(world, [
      registeredBy(world, user, neighbour),
      registeredBy(world, user, neighbour),
      registeredByContract(world, culprit),
    ]);
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const tells = (
    mode: 'call' | 'tryCall' | 'callTwice' | 'callThenThrow',
    target: Hash160,
    method: string,
    ...args: ScriptArg[]
  ) => world.run(world.owner, calling(world.contracts.culprit, mode, target, method, args));
  const runs = (ids: readonly bigint[]) => Promise.all(ids.map((id) => nextRun(world, id)));
  /** Both neighbours are called, and all that was spent is charged to the three. */
  const strike = async () => {
    const ids = [before1, attack, after1];
    const { applied, runs: made } = await perform(world, await runs(ids));
    assert.deepEqual(
      made.map((run) => run.id),
      ids,
    );
    const [first, own, last] = made;
    assert.ok(first?.delivered && own && last?.delivered);
    assert.equal(sumOf(made.map(({ fee }) => fee)), applied.systemFee + applied.networkFee);
    await assertBooks(world);
    return { own, events: eventsOf(world, applied), applied };
  };
  const balance = (account: Hash160) => balanceOf(world, account);

  it("spends none of the gateway's or the executor's GAS", async () => {
    const { gateway, executor, accounts, contracts, network } = world;
    const thief = accounts.thief.hash;
    const gasOf = (account: Hash160) => readContract(network.rpc, gasBalance(account));
    const gas = await gasOf(thief);
    for (const from of [gateway, executor, world.node.hash]) {
      // GAS tells by false that a witness is missing, and the target is content with it.
      await tells('call', GAS_TOKEN, 'transfer', from, thief, 1n, null);
      const { own } = await strike();
      assert.equal(own.delivered, true);
    }
    assert.equal(await gasOf(thief), gas);
    for (const account of [gateway, executor, world.node.hash, accounts.user.hash]) {
      await tells('call', gateway, 'withdraw', account, contracts.culprit, 1n);
      assert.equal((await strike()).own.delivered, false);
    }
    await tells('call', gateway, 'collect', world.node.hash, contracts.culprit, 1n);
    assert.equal((await strike()).own.delivered, false);
    await world.run(world.owner, setMode(contracts.culprit, 'witness'));
    assert.equal((await strike()).own.delivered, true, 'no witness of the sender holds');
  });

  it('takes no part as the executor: it may not call it, and has no rights by it', async () => {
    const { gateway, executor, contracts } = world;
    const inner: ScriptArg[] = [gateway, utf8('creditOf'), [contracts.culprit], 15];
    await tells('call', executor, 'call', ...inner);
    assert.equal((await strike()).own.delivered, false);
    // A contract that the executor calls is itself the caller of what it calls.
    await tells('call', gateway, 'requestHttp', ...httpArgs());
    const { own, events } = await strike();
    assert.ok(own.delivered);
    const asked = events.find((event) => event.name === 'HttpRequest');
    assert.equal(asked?.name === 'HttpRequest' && asked.requester, contracts.culprit);
  });

  it('makes no run within a run, and no answer', async () => {
    const { gateway } = world;
    for (const [method, list] of [
      ['performUpkeeps', [[attack, 1, true, null]]],
      ['respond', []],
    ] as const) {
      for (const mode of ['call', 'tryCall'] as const) {
        await tells(mode, gateway, method, list);
        const { own, events } = await strike();
        assert.equal(own.delivered, mode === 'tryCall', method);
        assert.equal(events.filter(({ name }) => name === 'UpkeepPerformed').length, 3);
      }
    }
  });

  it('may withdraw all its credit: what was locked before pays, and the next lock stays', async () => {
    const { gateway, contracts } = world;
    const { culprit } = contracts;
    const { credit, reserved } = await balance(culprit);
    await tells('call', gateway, 'withdraw', culprit, culprit, credit - UPKEEP_FEE);
    const { own } = await strike();
    assert.ok(own.delivered && own.locked === UPKEEP_FEE);
    const after = await balance(culprit);
    assert.deepEqual([after.credit, after.reserved], [UPKEEP_FEE - own.fee, reserved]);
    // It cannot have the lock too: now there is less than a maxFee to withdraw in the run.
    await tells('call', gateway, 'withdraw', culprit, culprit, UPKEEP_FEE);
    const next = await strike();
    assert.deepEqual([next.own.delivered, next.own.locked], [false, 0n]);
    assert.equal((await upkeepOf(world, attack))?.isFunded, false);
  });

  it('may fund itself within its run: that lock is no part of the run that is charged', async () => {
    const { owner, gateway, contracts, calls } = world;
    const { culprit } = contracts;
    const deposit = (amount: bigint) =>
      world.run(owner, calls.deposit(owner.hash, amount, culprit));
    const { credit } = await balance(culprit);
    await world.run(owner, world.callBy(culprit, 'withdraw', culprit, owner.hash, credit));
    await deposit(UPKEEP_FEE);
    await world.run(owner, calls.fundUpkeep(attack));
    const before = await balance(culprit);
    assert.equal(before.credit, 0n);
    // It has GAS of its own, deposits it in the run, and is funded by that.
    const pay = callScript(GAS_TOKEN, 'transfer', [owner.hash, culprit, UPKEEP_FEE, null]);
    const next = callScript(culprit, 'setNextCall', [gateway, utf8('fundUpkeep'), [attack]]);
    await world.run(owner, Buffer.concat([pay, next]));
    await tells('call', GAS_TOKEN, 'transfer', culprit, gateway, UPKEEP_FEE, null);
    await world.run(owner, setMode(culprit, 'callBoth'));
    const { own, events } = await strike();
    assert.deepEqual([own.delivered, own.locked], [true, 0n]);
    assert.ok(events.some((event) => event.name === 'UpkeepFunded' && event.id === attack));
    assert.equal((await upkeepOf(world, attack))?.isFunded, true);
    const after = await balance(culprit);
    assert.deepEqual(after, { ...before, credit: UPKEEP_FEE - own.fee });
    // With credit the next lock is made before the target runs, so there is nothing to fund in it.
    await deposit(parseGas('100'));
    await tells('call', gateway, 'fundUpkeep', attack);
    const twice = await strike();
    assert.deepEqual([twice.own.delivered, twice.own.locked], [false, UPKEEP_FEE]);
  });

  it('may cancel itself: it stays so, its run is charged, and the next lock is given back', async () => {
    const { owner, gateway, contracts, calls } = world;
    const { culprit } = contracts;
    const before = await balance(culprit);
    const [mortal = 0n] = await upkeepIds(world, [registeredByContract(world, culprit)]);
    await tells('callTwice', gateway, 'cancelUpkeep', mortal);
    const { runs: none } = await perform(world, await runs([mortal]));
    assert.equal(none[0]?.delivered, false, 'the second call is refused, and all rolled back');
    assert.equal((await upkeepOf(world, mortal))?.isFunded, true);
    await tells('call', gateway, 'cancelUpkeep', mortal);
    const applied = await world.run(...performed(world, await runs([mortal, mortal])));
    const [run, ...more] = performedIn(world, applied);
    assert.ok(run?.delivered && run.locked === UPKEEP_FEE && more.length === 0);
    assert.deepEqual(
      eventsOf(world, applied).map(({ name }) => name),
      ['UpkeepCancelled', 'UpkeepPerformed', 'Earned'],
    );
    assert.equal(await upkeepOf(world, mortal), null, 'its run writes nothing of it any more');
    const after = await balance(culprit);
    const charged = chargedBy(none[0] ?? assert.fail()) + chargedBy(run);
    assert.deepEqual(after, { ...before, credit: before.credit - charged });
    const { runs: gone } = await perform(world, [runOf(mortal, await world.network.height())]);
    assert.deepEqual(gone, []);
    await refuses(
      world.network,
      owner,
      calls.fundUpkeep(mortal),
      'no upkeep has the id of fundUpkeep',
    );
    await world.run(owner, setMode(culprit, ''));
  });

  it('may cancel itself without credit for the next run, or with what it funded before', async () => {
    const { owner, gateway, contracts, calls } = world;
    const { culprit, neighbour } = contracts;
    const credited = () => calls.deposit(owner.hash, parseGas('500'), culprit);
    for (const funds of [false, true]) {
      await world.run(owner, credited());
      const { reserved } = await balance(culprit);
      const [mortal = 0n] = await upkeepIds(world, [registeredByContract(world, culprit)]);
      const { credit } = await balance(culprit);
      await world.run(owner, world.callBy(culprit, 'withdraw', culprit, owner.hash, credit));
      await world.run(
        owner,
        Buffer.concat([
          // Another contract deposits for it and funds it, within its run.
          callScript(GAS_TOKEN, 'transfer', [owner.hash, neighbour, UPKEEP_FEE, null]),
          setCall(neighbour, GAS_TOKEN, 'transfer', [neighbour, gateway, UPKEEP_FEE, culprit]),
          callScript(neighbour, 'setNextCall', [gateway, utf8('fundUpkeep'), [mortal]]),
          setMode(neighbour, 'callBoth'),
          setCall(culprit, neighbour, funds ? 'tick' : 'isDue', funds ? [7] : []),
          callScript(culprit, 'setNextCall', [gateway, utf8('cancelUpkeep'), [mortal]]),
          setMode(culprit, 'callBoth'),
        ]),
      );
      const { applied, runs: made } = await perform(world, await runs([mortal]));
      const [run] = made;
      assert.ok(run?.delivered && run.locked === 0n);
      const told = funds
        ? ['Deposit', 'UpkeepFunded', 'UpkeepCancelled', 'UpkeepPerformed', 'Earned']
        : ['UpkeepCancelled', 'UpkeepPerformed', 'Earned'];
      assert.deepEqual(
        eventsOf(world, applied).map(({ name }) => name),
        told,
      );
      assert.equal(await upkeepOf(world, mortal), null);
      const left = (funds ? 2n * UPKEEP_FEE : UPKEEP_FEE) - chargedBy(run);
      const now = await balance(culprit);
      assert.deepEqual([now.credit, now.reserved], [left, reserved]);
    }
    const calm = [culprit, neighbour].map((each) => setMode(each, ''));
    await world.run(owner, Buffer.concat([...calm, credited()]));
  });

  it('may cancel another of its upkeeps that runs later in the transaction', async () => {
    const { gateway, contracts } = world;
    const [victim = 0n] = await upkeepIds(world, [
      registeredByContract(world, contracts.culprit, { method: 'count', args: [] }),
    ]);
    await tells('call', gateway, 'cancelUpkeep', victim);
    const { runs: made } = await perform(world, await runs([attack, victim]));
    assert.deepEqual(
      made.map((run) => [run.id, run.delivered, run.locked]),
      [
        // The victim's run is skipped, and nobody's: it was cancelled before it began.
        [attack, true, UPKEEP_FEE],
      ],
    );
    assert.equal(await upkeepOf(world, victim), null);
  });

  it('may register others, whose ids and locks are as ever; not when it throws', async () => {
    const { gateway, contracts } = world;
    const { culprit } = contracts;
    const args = upkeepArgs(culprit);
    const before = await balance(culprit);
    await tells('call', gateway, 'registerUpkeep', ...args);
    const { events } = await strike();
    const [registered] = events;
    assert.ok(registered?.name === 'UpkeepRegistered' && registered.owner === culprit);
    assert.equal((await balance(culprit)).reserved, before.reserved + UPKEEP_FEE);
    await tells('callThenThrow', gateway, 'registerUpkeep', ...args);
    const thrown = await strike();
    assert.equal(thrown.own.delivered, false);
    assert.ok(thrown.events.every(({ name }) => name === 'UpkeepPerformed' || name === 'Earned'));
    assert.equal((await balance(culprit)).reserved, before.reserved + UPKEEP_FEE);
    assert.equal(await upkeepOf(world, registered.id + 1n), null);
  });

  it('cannot be caught when it aborts; without its call the run is made, and pays the loss', async () => {
    const { contracts, node, network, calls, owner } = world;
    for (const mode of ['abort', 'assert', 'missingMethod', 'stack', 'curve']) {
      await world.run(owner, setMode(contracts.culprit, mode));
      const script = calls.performUpkeeps(await runs([before1, attack, after1]));
      assert.equal((await network.trial(node, script)).state, 'FAULT', mode);
    }
    const [run] = await runs([attack]);
    assert.ok(run);
    const options = { systemFee: parseGas('0.5'), nonce: Number(attack) };
    const lost = await world.attempt(node, calls.performUpkeeps([run]), options);
    assert.equal(lost.state, 'FAULT');
    const again = { ...run, deliver: false, lostTx: lost.txHash };
    const { runs: made } = await perform(world, [again]);
    assert.equal(made[0]?.lost, lost.systemFee + lost.networkFee);
    await world.run(owner, setMode(contracts.culprit, ''));
    assert.equal((await strike()).own.delivered, true);
  });
});
