import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { ScriptArg } from '../../src/chain/script.js';
import { callScript, Opcode, utf8 } from '../../src/chain/script.js';
import { asHash160, asInteger, asItems } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf, sumOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { setMode } from './hostile.js';
import { refuses } from './refusals.js';
import {
  chargedBy,
  nextRun,
  perform,
  performedIn,
  registeredBy,
  runOf,
  UPKEEP_FEE,
  type UpkeepAsked,
  upkeepIds,
  upkeepOf,
} from './upkeeps.js';

describe('a run of an upkeep', () => {
  let world: GatewayWorld<'user' | 'heir', 'target' | 'other' | 'throws' | 'brief'>;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user', 'heir'],
      contracts: ['target', 'other', 'throws', 'brief'],
      credit: parseGas('500'),
    });
    const { target, other, throws, brief } = world.contracts;
    const quiet = [target, other, brief].map((each) => setMode(each, ''));
    await world.run(world.owner, Buffer.concat([...quiet, setMode(throws, 'throw')]));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const registered = async (asked: UpkeepAsked = {}, target = world.contracts.target) => {
    const steps = [registeredBy(world, world.accounts.user, target, asked)];
    const [id = 0n] = await upkeepIds(world, steps);
    return id;
  };
  const next = (id: bigint, given: Parameters<typeof nextRun>[2] = {}) => nextRun(world, id, given);
  const countOf = async (contract: Hash160) =>
    asInteger(await world.network.read(contract, 'count'), 'count');
  const refusesRuns = (runs: ScriptArg, refusal: string) =>
    refuses(world.network, world.node, world.call('performUpkeeps', runs), refusal);

  it('calls the target with its args, by way of the executor', async () => {
    const { target } = world.contracts;
    const id = await registered({ args: [utf8('to the target')] });
    const { runs } = await perform(world, [await next(id)]);
    assert.deepEqual(
      runs.map((run) => run.delivered),
      [true],
    );
    const [by, value] = asItems(await world.network.read(target, 'last'), 'last');
    assert.ok(by && value?.type === 'ByteString');
    assert.equal(asHash160(by, 'caller'), world.executor);
    assert.equal(value.value.toString(), 'to the target');
  });

  it('costs all that its transaction does when it is alone, and the next lock is set aside', async () => {
    const { user } = world.accounts;
    const id = await registered();
    const before = await balanceOf(world, user.hash);
    const { earned } = await balanceOf(world, world.node.hash);
    const { due } = await next(id);
    const { applied } = await perform(world, [runOf(id, due)]);
    const fee = applied.systemFee + applied.networkFee;
    assert.deepEqual(eventsOf(world, applied), [
      {
        name: 'UpkeepPerformed',
        id,
        owner: user.hash,
        due,
        delivered: true,
        fee,
        lost: 0n,
        premium: 0n,
        locked: UPKEEP_FEE,
      },
      { name: 'Earned', account: world.node.hash, amount: fee },
    ]);
    const after = await balanceOf(world, user.hash);
    assert.deepEqual(after, { ...before, credit: before.credit - fee });
    assert.equal((await balanceOf(world, world.node.hash)).earned, earned + fee);
    const upkeep = await upkeepOf(world, id);
    assert.deepEqual([upkeep?.lastDue, upkeep?.lastRun], [due, applied.blockIndex]);
  });

  it('that throws is rolled back, and its neighbours are neither stopped nor charged for it', async () => {
    const { target, throws, other } = world.contracts;
    const ids = [await registered(), await registered({}, throws), await registered({}, other)];
    const counts = await Promise.all([target, throws, other].map(countOf));
    const { applied, runs } = await perform(world, await Promise.all(ids.map((id) => next(id))));
    assert.deepEqual(
      runs.map((run) => [run.id, run.delivered]),
      ids.map((id, at) => [id, at !== 1]),
    );
    const after = await Promise.all([target, throws, other].map(countOf));
    assert.deepEqual(
      after.map((count, at) => count - (counts[at] ?? 0n)),
      [1n, 0n, 1n],
    );
    const fees = sumOf(runs.map(({ fee }) => fee));
    assert.equal(fees, applied.systemFee + applied.networkFee);
  });

  it('is charged what its own target uses, and not what another does', async () => {
    const { target, other } = world.contracts;
    const burnt = parseGas('0.7');
    const ids = [await registered(), await registered({}, other), await registered()];
    const runsNow = async () => Promise.all(ids.map((id) => next(id)));
    await perform(world, await runsNow());
    const modes = Buffer.concat([setMode(target, 'burn', 1n), setMode(other, 'burn', burnt)]);
    await world.run(world.owner, modes);
    const { applied, runs } = await perform(world, await runsNow());
    await world.run(world.owner, Buffer.concat([setMode(target, ''), setMode(other, '')]));
    const [first = 0n, second = 0n, third = 0n] = runs.map(({ fee }) => fee);
    const off = second - first - (burnt - 1n);
    // What is stored is a little longer or shorter, but no datoshi of what was burnt is shared.
    assert.ok(off > -parseGas('0.01') && off < parseGas('0.01'), String(off));
    assert.ok(third - first < parseGas('0.01'));
    assert.equal(first + second + third, applied.systemFee + applied.networkFee);
  });

  it('costs its owner at most maxFee: what is over is the loss of who sent it', async () => {
    const { other } = world.contracts;
    const id = await registered({ maxFee: parseGas('0.5') }, other);
    await perform(world, [await next(id)]);
    await world.run(world.owner, setMode(other, 'burn', parseGas('0.8')));
    const { runs } = await perform(world, [await next(id)]);
    await world.run(world.owner, setMode(other, ''));
    assert.equal(runs[0] && chargedBy(runs[0]), parseGas('0.5'));
  });

  it('has the premium and the ceiling of the policy at the registration', async () => {
    const old = await registered();
    const premiums = [1n, 2n, 3n, 4n, 5n, 66n];
    await world.run(world.owner, setPolicy(world, { premiums, networkFeeCeiling: 1_000_001n }));
    const young = await registered();
    await world.run(world.owner, setPolicy(world));
    assert.deepEqual((await upkeepOf(world, young))?.premium, 66n);
    assert.equal((await upkeepOf(world, young))?.networkFeeCeiling, 1_000_001n);
    for (const [id, premium, counted] of [
      [old, 0n, null],
      [young, 66n, 1_000_001n],
    ] as const) {
      const { applied, runs } = await perform(world, [await next(id)]);
      assert.equal(runs[0]?.premium, premium);
      assert.equal(runs[0]?.fee, applied.systemFee + (counted ?? applied.networkFee));
      assert.deepEqual(eventsOf(world, applied).at(-1), {
        name: 'Earned',
        account: world.node.hash,
        amount: runs[0].fee + premium,
      });
    }
  });

  it('that is not to be delivered, or whose method is gone, is charged all the same', async () => {
    const { target, brief } = world.contracts;
    const [quiet, gone] = [await registered(), await registered({}, brief)];
    const count = await countOf(target);
    const { runs } = await perform(world, [await next(quiet, { deliver: false })]);
    assert.equal(runs[0]?.delivered, false);
    assert.equal(await countOf(target), count);
    const when = await registered({ trigger: 'when:isDue' }, brief);
    await world.run(world.owner, callScript(brief, 'destroy', []));
    const after = await perform(world, [await next(gone), await next(when)]);
    assert.deepEqual(
      after.runs.map((run) => [run.delivered, run.fee > 0n]),
      [
        [false, true],
        [false, true],
      ],
    );
  });

  it('is made by the node account and, until the overlap ends, by the one before it', async () => {
    const { node, owner, accounts, calls } = world;
    const id = await registered();
    const script = async () => calls.performUpkeeps([await next(id)]);
    const NO_NODE = "the node account's witness is missing";
    for (const by of [owner, accounts.user, accounts.heir]) {
      await refuses(world.network, by, await script(), NO_NODE);
    }
    await world.run(owner, calls.proposeNodeAccount(accounts.heir.hash));
    await world.run(accounts.heir, calls.acceptNodeAccount(1000));
    for (const by of [node, accounts.heir]) {
      const { earned } = await balanceOf(world, by.hash);
      const applied = await world.run(by, await script());
      const [run] = performedIn(world, applied);
      assert.ok(run?.delivered);
      assert.equal((await balanceOf(world, by.hash)).earned, earned + run.fee);
    }
    await world.run(owner, calls.proposeNodeAccount(node.hash));
    await world.run(node, calls.acceptNodeAccount(0));
    await refuses(world.network, accounts.heir, await script(), NO_NODE);
  });

  it('is one of at most 32 that are each [id, due, deliver, lostTx]', async () => {
    const skipped = [1n << 40n, 1, false, null];
    await refusesRuns(
      Array<ScriptArg>(33).fill(skipped),
      'more than 32 runs in one performUpkeeps',
    );
    const shape = 'a run is not [id, due, deliver, lostTx]';
    for (const run of [skipped.slice(1), [...skipped, null], []]) await refusesRuns([run], shape);
    const { runs } = await perform(
      world,
      Array.from({ length: 32 }, () => runOf(1n << 40n, 1)),
    );
    assert.deepEqual(runs, []);
  });

  it('of 32 upkeeps is one transaction', async () => {
    const { user } = world.accounts;
    const steps = Array.from({ length: 32 }, () =>
      registeredBy(world, user, world.contracts.target, { maxFee: parseGas('0.5') }),
    );
    const ids = await upkeepIds(world, steps);
    const height = await world.network.height();
    const { applied, runs } = await perform(
      world,
      ids.map((id) => runOf(id, height + 1)),
    );
    assert.deepEqual(
      runs.map((run) => [run.id, run.delivered]),
      ids.map((id) => [id, true]),
    );
    assert.equal(sumOf(runs.map(({ fee }) => fee)), applied.systemFee + applied.networkFee);
  });

  describe('after one that faulted', () => {
    const lose = async (id: bigint, sender = world.node) => {
      const fees = { systemFee: parseGas('0.3'), networkFee: parseGas('0.02') };
      const nonce = Number(BigInt.asUintN(32, id));
      const lost = await world.attempt(sender, Buffer.from([Opcode.ABORT]), { ...fees, nonce });
      assert.equal(lost.state, 'FAULT');
      const spent = lost.systemFee + lost.networkFee;
      return { lostTx: lost.txHash, block: lost.blockIndex, spent };
    };

    it('is charged what was lost, once', async () => {
      const id = await registered();
      const { lostTx, spent } = await lose(id);
      const before = await balanceOf(world, world.accounts.user.hash);
      const { applied, runs } = await perform(world, [await next(id, { lostTx })]);
      assert.deepEqual([runs[0]?.lost, runs[0]?.delivered], [spent, true]);
      const after = await balanceOf(world, world.accounts.user.hash);
      const fee = applied.systemFee + applied.networkFee;
      assert.equal(after.credit, before.credit - fee - spent);
      const refusal = "lostTx is not in a block after the upkeep's last run";
      const again = await next(id);
      await refusesRuns([[id, again.due, true, lostTx]], refusal);
      // Nor twice in one transaction.
      const { lostTx: second } = await lose(id);
      const due = again.due;
      const twice = [due, due + 1].map((each) => [id, each, true, second]);
      await refusesRuns(twice, refusal);
    });

    it('is charged nothing that was lost before the registration, of another, or by others', async () => {
      const id = await registered();
      const other = await registered();
      const foreign = await lose(other);
      const stranger = await lose(id, world.accounts.heir);
      const { due } = await next(id);
      for (const [lostTx, refusal] of [
        [foreign.lostTx, 'lostTx has a nonce that is not the low 32 bits of the id'],
        [stranger.lostTx, 'lostTx was sent by another account than this transaction'],
      ] as const) {
        await refusesRuns([[id, due, true, lostTx]], refusal);
      }
      const { lostTx: early } = await lose(other + 1n);
      const late = await registered();
      assert.equal(late, other + 1n);
      const refusal = "lostTx is not in a block after the upkeep's last run";
      await refusesRuns([[late, (await next(late)).due, true, early]], refusal);
    });

    it('is charged nothing that was lost in the block of the last run', async () => {
      const refusal = "lostTx is not in a block after the upkeep's last run";
      const id = await registered();
      for (let round = 0, found = false; round < 10 && !found; round++) {
        const run = await next(id);
        const [lost, made] = await Promise.all([lose(id), perform(world, [run])]);
        found = lost.block === made.applied.blockIndex;
        assert.equal(made.runs.length, 1);
        const claim = [id, run.due + 1, true, lost.lostTx];
        if (found) await refusesRuns([claim], refusal);
        else if (round === 9) assert.fail('they never came into one block');
      }
    });

    it('of a cancelled upkeep is skipped, and what was lost is charged to nobody', async () => {
      const id = await registered();
      const run = await next(id);
      const { lostTx } = await lose(id);
      await world.run(world.accounts.user, world.calls.cancelUpkeep(id));
      const { applied, runs } = await perform(world, [{ ...run, lostTx }]);
      assert.deepEqual([applied.state, runs], ['HALT', []]);
    });
  });
});
