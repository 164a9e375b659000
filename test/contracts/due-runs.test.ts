import assert from 'node:assert/strict';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { assertBooks } from './books.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { setMode } from './hostile.js';
import { inNextBlock } from './in-next-block.js';
import { refuses } from './refusals.js';
import {
  nextRun,
  perform,
  registeredBy,
  runOf,
  type UpkeepAsked,
  upkeepIds,
  upkeepOf,
} from './upkeeps.js';

const MINUTE_MS = 60_000;

describe('an occurrence of an upkeep', () => {
  let world: GatewayWorld<'user', 'target'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'], contracts: ['target'] });
    await world.run(world.owner, setMode(world.contracts.target, ''));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const register = async (asked: UpkeepAsked = {}) => {
    const { accounts, contracts } = world;
    const steps = [registeredBy(world, accounts.user, contracts.target, asked)];
    const [id = 0n] = await upkeepIds(world, steps);
    return id;
  };
  const lastDue = async (id: bigint) => (await upkeepOf(world, id))?.lastDue ?? 0;
  const next = (id: bigint, given: Parameters<typeof nextRun>[2] = {}) => nextRun(world, id, given);
  const count = async () =>
    asInteger(await world.network.read(world.contracts.target, 'count'), 'count');
  const refusesRuns = (runs: ScriptArg, refusal: string) =>
    refuses(world.network, world.node, world.call('performUpkeeps', runs), refusal);

  it('is skipped when its occurrence ran, or an earlier one, or is not yet', async () => {
    const id = await register();
    const first = await lastDue(id);
    await world.network.waitForBlock(first + 2);
    const { runs: once } = await perform(world, [runOf(id, first + 2)]);
    assert.equal(once.length, 1);
    for (const due of [0, first, first + 1, first + 2, 2 ** 48]) {
      const { runs } = await perform(world, [runOf(id, due)]);
      assert.deepEqual(runs, [], String(due - first));
    }
    const height = await world.network.height();
    // Both occurrences were missed: the earlier one is caught up, if it comes first.
    const { runs } = await perform(world, [
      runOf(id, height),
      runOf(id, height - 1),
      runOf(id, height),
    ]);
    assert.deepEqual(
      runs.map(({ due }) => due),
      [height],
    );
    const two = await perform(world, [runOf(id, height + 1), runOf(id, height + 2)]);
    assert.equal(two.runs.length, 2);
    assert.equal((await upkeepOf(world, id))?.isFunded, true);
  });

  it('may be in the block of its occurrence and not before, of on: only behind it', async () => {
    const on = 'on:0x0102030405060708090a0b0c0d0e0f1011121314:E';
    const ids = [await register(), await register({ trigger: on })];
    await world.network.waitForBlock((await world.network.height()) + 2);
    for (const [at, id] of ids.entries()) {
      for (const ahead of [-1, 0, 1]) {
        const looked = async (): Promise<{ ran: boolean }> => {
          const { index } = await inNextBlock(world, world.owner, Buffer.alloc(0));
          const script = world.calls.performUpkeeps([runOf(id, index + ahead)]);
          // The first call into the gateway is the charging one, so the index is read behind it.
          const tried = await inNextBlock(world, world.node, Buffer.alloc(0));
          const { notifications } = await world.network.trial(world.node, script);
          const again = await inNextBlock(world, world.owner, Buffer.alloc(0));
          if (index !== tried.index || index !== again.index) return looked();
          return { ran: notifications.some(({ name }) => name === 'UpkeepPerformed') };
        };
        const { ran } = await looked();
        assert.equal(ran, at === 0 ? ahead <= 0 : ahead < 0, `${ahead} of upkeep ${at}`);
      }
    }
  });

  it('of every: is refused off the blocks that the trigger names', async () => {
    const id = await register({ trigger: 'every:3' });
    const { registered: block = 0 } = (await upkeepOf(world, id)) ?? {};
    await world.network.waitForBlock(block + 6);
    const refusal = "due of a run is not a multiple of the trigger's blocks after the registration";
    for (const off of [1, 2, 4]) await refusesRuns([[id, block + off, true, null]], refusal);
    const { runs } = await perform(world, [runOf(id, block + 3), runOf(id, block + 6)]);
    assert.equal(runs.length, 2);
  });

  it('of cron: has a full minute as its time, up to that of the block', async () => {
    const id = await register({ trigger: 'cron:* * * * *' });
    const since = await lastDue(id);
    const refusal = "due of a run is not a full minute, though the upkeep's trigger is cron";
    const minute = (Math.floor(since / MINUTE_MS) + 1) * MINUTE_MS;
    for (const off of [1, -1, 30_000]) await refusesRuns([[id, minute + off, true, null]], refusal);
    const { applied, runs } = await perform(world, [
      runOf(id, minute - MINUTE_MS),
      runOf(id, minute + 60 * MINUTE_MS),
    ]);
    assert.deepEqual(runs, [], 'the minute before the registration, and one in an hour');
    assert.equal(applied.state, 'HALT');
  });

  it('asks when: again, and calls the target only if that is true', async () => {
    const { target } = world.contracts;
    const id = await register({ trigger: 'when:isDue' });
    const say = (mode: string) =>
      world.run(world.owner, callScript(target, 'setCondition', [utf8(mode)]));
    for (const [mode, delivered] of [
      ['', true],
      ['false', false],
      ['one', false],
      ['byte', false],
      ['array', false],
      ['null', false],
      ['throw', false],
      // True on trial, and not in the block: who lies pays.
      ['falseInBlock', false],
    ] as const) {
      await say(mode);
      const before = await count();
      const { applied, runs } = await perform(world, [await next(id)]);
      assert.deepEqual(
        runs.map((run) => [run.delivered, run.fee]),
        [[delivered, applied.systemFee + applied.networkFee]],
        mode,
      );
      assert.equal(await count(), before + (delivered ? 1n : 0n), mode);
    }
    // What cannot be caught faults, and is then not asked.
    for (const mode of ['abort', 'write', 'notify']) {
      await say(mode);
      const run = await next(id);
      const { state } = await world.network.trial(world.node, world.calls.performUpkeeps([run]));
      assert.equal(state, 'FAULT', mode);
      const { runs } = await perform(world, [await next(id, { deliver: false })]);
      assert.equal(runs[0]?.delivered, false);
    }
    await say('');
  });
});
