import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import {
  createUpkeepStore,
  NOTHING_SENT,
  type UpkeepRow,
} from '../../src/automation/upkeep-store.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { callScript } from '../../src/chain/script.js';
import { commandLine } from '../cli/command-line.js';
import { assertBooksMatchChain } from './books.js';
import { deployHostiles, type Hostile, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';
import { deployMetronomes, performedRuns, register } from './upkeeps.js';

const BACKOFF = { backoffMs: 300, backoffMaxMs: 600, pauseAfterFailures: 3 };

describe('a node runs upkeeps on a real chain', function () {
  this.timeout(120_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  let metronome: Hash160;
  let hostiles: Hostile[];
  const cli = commandLine();
  before(async () => {
    const made = await nodeFixture(await sharedNetwork());
    fixture = {
      ...made,
      config: { ...made.config, automation: { ...made.config.automation, ...BACKOFF } },
    };
    const { network, gateway, owner } = fixture;
    await depositCredit(network, network.faucet, gateway, owner.hash, parseGas('1000'));
    [[metronome = metronome], hostiles] = await Promise.all([
      deployMetronomes(fixture, [5]),
      deployHostiles(fixture, 3),
    ]);
    await send(...hostiles.map((each) => modeScript(each, '')));
    running = await startNode(fixture.config);
  });
  after(async () => {
    cli.remove();
    await running?.stop();
    await fixture?.stop();
  });

  const send = (...scripts: Buffer[]) => {
    const { network, owner } = fixture;
    return mustHalt(network.send(owner, Buffer.concat(scripts)).then(network.applied));
  };
  const rowOf = (id: bigint): UpkeepRow => {
    const row = createUpkeepStore(running.db).get(id);
    assert.ok(row !== null, `no upkeep ${id}`);
    return row;
  };
  /** Null before the node has taken in its registration. */
  const stateOf = (id: bigint) => createUpkeepStore(running.db).get(id)?.state ?? null;
  const untilRuns = (id: bigint, count: number) =>
    running.until(`upkeep ${id} ran ${count} times`, async () => {
      return (await performedRuns(fixture, id)).length >= count;
    });
  const cancel = (ids: readonly bigint[]) =>
    send(...ids.map((id) => callScript(fixture.gateway, 'cancelUpkeep', [id])));
  const ticks = async (number: number): Promise<bigint> => {
    const item = await fixture.network.read(metronome, 'ticks', [number]);
    assert.ok(item.type === 'Integer');
    return item.value;
  };

  it('every so many blocks, together in one transaction', async () => {
    // A machine that is busy for a while must not skip an occurrence.
    const trigger = 'every:16;catchup=10';
    const { ids, applied } = await register(fixture, [
      { target: metronome, trigger, args: [1] },
      { target: metronome, trigger, args: [2] },
    ]);
    for (const id of ids) await untilRuns(id, 3);
    await cancel(ids);
    const [first, second] = await Promise.all(ids.map((id) => performedRuns(fixture, id)));
    assert.deepEqual(
      first?.slice(0, 3).map(({ due }) => due),
      [16, 32, 48].map((blocks) => applied.blockIndex + blocks),
    );
    for (const run of first ?? []) {
      assert.ok(run.block > run.due, `due ${run.due}, run in ${run.block}`);
      assert.equal(run.delivered, true);
    }
    assert.deepEqual(
      first?.slice(0, 3).map(({ tx }) => tx),
      second?.slice(0, 3).map(({ tx }) => tx),
    );
    assert.equal(await ticks(1), BigInt(first?.length ?? 0));
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('when a condition holds, and not again before it holds again', async () => {
    const [id = 0n] = (
      await register(fixture, [{ target: metronome, trigger: 'when:due', args: [3] }])
    ).ids;
    await untilRuns(id, 3);
    await cancel([id]);
    const runs = await performedRuns(fixture, id);
    for (const [at, run] of runs.entries()) {
      assert.equal(run.delivered, true);
      assert.ok(run.block > run.due, `due ${run.due}, run in ${run.block}`);
      const before = runs[at - 1];
      if (before !== undefined) assert.ok(run.block - before.block >= 5);
    }
  });

  it('behind each block that holds an event, once', async () => {
    const [id = 0n] = (
      await register(fixture, [
        { target: metronome, trigger: `on:${metronome}:Beat;catchup=10`, args: [4] },
      ])
    ).ids;
    const beat = callScript(metronome, 'beat', []);
    const blocks = [
      (await send(beat, beat)).blockIndex,
      (await send(beat)).blockIndex,
      (await send(callScript(metronome, 'tick', [9]))).blockIndex && 0,
      (await send(beat)).blockIndex,
    ].filter((block) => block > 0);
    await untilRuns(id, blocks.length);
    await cancel([id]);
    const runs = await performedRuns(fixture, id);
    assert.deepEqual(
      runs.map(({ due }) => due),
      [...new Set(blocks)],
    );
    assert.equal(await ticks(4), BigInt(runs.length));
  });

  it('and not what can only fail: it is paused in the end, until a command or a top-up', async () => {
    const hostile = hostiles[0] as Hostile;
    await send(modeScript(hostile, 'abort'));
    const { ids } = await register(fixture, [
      { target: hostile.hash, trigger: 'every:2' },
      { target: metronome, trigger: 'every:2', args: [5] },
    ]);
    const [bad = 0n, good = 0n] = ids;
    await running.until('it is paused', () => stateOf(bad) === 'paused');
    assert.match(rowOf(bad).reason, /^failed 3 times in a row: preflight FAULTed: .*ABORT/);
    assert.equal(rowOf(bad).alone, 'always');
    assert.equal((await performedRuns(fixture, bad)).length, 0);
    await untilRuns(good, 3);
    const runs = await performedRuns(fixture, good);
    assert.ok(runs.every(({ delivered, lost }) => delivered && lost === 0n));
    await send(modeScript(hostile, ''));
    const resumed = await cli.run('upkeeps', 'resume', `${bad}`, '--config', fixture.config.file);
    assert.equal(resumed.exitCode, 0, resumed.err);
    await untilRuns(bad, 1);
    await send(modeScript(hostile, 'abort'));
    await running.until('it is paused again', () => stateOf(bad) === 'paused');
    await send(modeScript(hostile, ''));
    const { network, gateway, owner } = fixture;
    const before = (await performedRuns(fixture, bad)).length;
    await depositCredit(network, network.faucet, gateway, owner.hash, 1n);
    await untilRuns(bad, before + 1);
    await cancel(ids);
    assert.ok((await performedRuns(fixture, bad)).every(({ delivered }) => delivered));
  });

  it('charges what a target lost by a FAULT in the block to its own upkeep', async () => {
    const hostile = hostiles[1] as Hostile;
    // More than a run's system fee, and less than its trial has.
    await send(modeScript(hostile, 'faultBelowGas', parseGas('1.5')));
    const { ids } = await register(fixture, [
      { target: hostile.hash, trigger: 'every:3', maxFee: parseGas('4') },
    ]);
    const [bad = 0n] = ids;
    await untilRuns(bad, 1);
    const [run] = await performedRuns(fixture, bad);
    assert.ok(run !== undefined);
    assert.equal(run.delivered, false);
    assert.ok(run.lost > 0n, 'what was burnt is claimed');
    await cancel(ids);
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('knows all of them again from the chain when its database is gone', async () => {
    const { ids } = await register(fixture, [
      { target: metronome, trigger: 'every:3', args: [6] },
      { target: metronome, trigger: `on:${metronome}:Beat`, args: [7] },
    ]);
    await untilRuns(ids[0] ?? 0n, 2);
    const known = (id: bigint) => {
      const { retryMs: _retry, reason: _why, lastDue: _last, nextDue: _next, ...row } = rowOf(id);
      const state = row.state === 'sent' ? 'waiting' : row.state;
      return { ...row, ...NOTHING_SENT, state };
    };
    const before = ids.map(known);
    await running.stop();
    rmSync(fixture.config.storage.dir, { recursive: true });
    running = await startNode(fixture.config);
    assert.deepEqual(ids.map(known), before);
    await untilRuns(ids[0] ?? 0n, 4);
    await send(callScript(metronome, 'beat', []));
    await untilRuns(ids[1] ?? 0n, 1);
    const runs = await performedRuns(fixture);
    const keys = runs.map(({ id, due }) => `${id} ${due}`);
    assert.equal(new Set(keys).size, keys.length, 'no occurrence ran twice');
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });
});
