import assert from 'node:assert/strict';
import { hash160 } from '../../src/base/hash.js';
import { createDueRuns, type FoundRun } from '../../src/pipeline/due-runs.js';
import type { ReadyRun } from '../../src/pipeline/plan-runs.js';
import type { ConditionAnswer, UpkeepPort } from '../../src/pipeline/upkeep-port.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, hashOf, type Stages } from './stage-fixture.js';
import {
  addUpkeep,
  MINUTE_MS,
  noteUpkeep,
  REGISTERED,
  TARGET,
  upkeepOf,
} from './upkeep-fixture.js';

const MAX_GAS = 5n;
const NOBODY: ReadonlySet<bigint> = new Set();

describe('finding what is to be run', () => {
  let stages: Stages;
  /** The numbers of the conditions that were asked, each time. */
  let asked: string[][];
  let answer: (method: string) => ConditionAnswer;
  beforeEach(() => {
    stages = createStages();
    asked = [];
    answer = () => ({ kind: 'said', isMet: true });
  });
  afterEach(() => stages.close());

  function dueRuns(perBlock = 100) {
    const conditions: UpkeepPort['conditions'] = async (list, maxGas) => {
      assert.equal(maxGas, MAX_GAS);
      asked.push(list.map(({ method }) => method));
      return list.map(({ method }) => answer(method));
    };
    const upkeepChain = { conditions } as UpkeepPort;
    return createDueRuns({
      ...stages,
      upkeepChain,
      conditionLimits: { maxGas: MAX_GAS, perBlock },
    });
  }
  const at = (block: number) => ({ block, timeMs: block * MINUTE_MS });
  const told = (found: readonly FoundRun[]) =>
    found.map(({ run: { upkeepId, due } }) => [upkeepId, due]);
  const find = async (block: number, limit = 99, busy = NOBODY) =>
    told(await dueRuns().find(at(block), limit, busy));
  const addConditions = (count: number): void => {
    for (let id = 1; id <= count; id++) addUpkeep(stages, BigInt(id), `when:m${id}`);
  };

  it('asks conditions in turn, where they are more than may be asked with one block', async () => {
    addConditions(5);
    answer = () => ({ kind: 'said', isMet: false });
    const runs = dueRuns(2);
    for (let block = 11; block <= 15; block++) {
      assert.deepEqual(await runs.find(at(block), 99, NOBODY), []);
    }
    assert.deepEqual(asked, [
      ['m1', 'm2'],
      ['m3', 'm4'],
      ['m5', 'm1'],
      ['m2', 'm3'],
      ['m4', 'm5'],
    ]);
  });

  it('asks no more of them with one block, however often it looks', async () => {
    addConditions(3);
    answer = () => ({ kind: 'said', isMet: false });
    const runs = dueRuns(4);
    for (const block of [11, 11, 11, 12]) await runs.find(at(block), 99, NOBODY);
    assert.deepEqual(asked, [['m1', 'm2', 'm3'], ['m1'], ['m2', 'm3', 'm1']]);
  });

  it('asks each once, where all may be asked', async () => {
    addConditions(3);
    const runs = dueRuns(3);
    for (let block = 11; block <= 12; block++) await runs.find(at(block), 99, NOBODY);
    assert.deepEqual(
      asked.map((methods) => methods.sort()),
      [
        ['m1', 'm2', 'm3'],
        ['m1', 'm2', 'm3'],
      ],
    );
  });

  it('asks nothing of those at work, put off or paused', async () => {
    addConditions(4);
    noteUpkeep(stages, 2n, { retryMs: stages.clock.nowMs() + 1 });
    inTransaction(stages.db, () => stages.upkeeps.move(3n, 'gaveUp', { reason: 'too often' }));
    await find(11, 99, new Set([1n]));
    assert.deepEqual(asked, [['m4']]);
    stages.advance(1);
    await find(11);
    assert.deepEqual(asked[1], ['m1', 'm2', 'm4']);
  });

  it('runs a condition that holds, once with a block', async () => {
    addConditions(3);
    answer = (method) => ({ kind: 'said', isMet: method !== 'm2' });
    noteUpkeep(stages, 3n, { lastDue: 12 });
    assert.deepEqual(await find(REGISTERED.block), [], 'not with the block that it came with');
    assert.deepEqual(await find(12), [[1n, 12]], 'the third ran with this block');
    assert.deepEqual(await find(13), [
      [1n, 13],
      [3n, 13],
    ]);
  });

  it('takes a condition that fails for false, and says so', async () => {
    addConditions(2);
    answer = (method) =>
      method === 'm1' ? { kind: 'failed', reason: 'out of gas' } : { kind: 'said', isMet: true };
    assert.deepEqual(await find(11), [[2n, 11]]);
    assert.equal(
      upkeepOf(stages, 1n).reason,
      'its condition fails, and so counts as false: out of gas',
    );
    assert.equal(upkeepOf(stages, 1n).failures, 0);
  });

  it('finds blocks, times and events by the chain alone, skipped to the latest', async () => {
    const contract = hash160(`0x${'0c'.repeat(20)}`);
    addUpkeep(stages, 1n, 'every:5');
    addUpkeep(stages, 2n, 'cron:*/3 * * * *');
    addUpkeep(stages, 3n, `on:${contract}:Beat`);
    addUpkeep(stages, 4n, 'every:5;catchup=1');
    const beats = [13, 14].map((block) => ({ contract, event: 'Beat', block }));
    inTransaction(stages.db, () => stages.watches.note(beats, 14));
    assert.deepEqual(await find(11), []);
    assert.deepEqual(await find(14), [
      [2n, 12 * MINUTE_MS],
      [3n, 14],
    ]);
    assert.deepEqual(await find(27), [
      [2n, 27 * MINUTE_MS],
      [3n, 14],
      [1n, 25],
      [4n, 20],
    ]);
    assert.deepEqual(asked, [], 'no condition is asked where none is registered');
  });

  it('finds no more than the limit, who waits longest first, and nobody at work', async () => {
    for (const [id, every] of [7, 3, 5, 4].entries()) {
      addUpkeep(stages, BigInt(id + 1), `every:${every}`);
    }
    assert.deepEqual(await find(17, 2), [
      [2n, 16],
      [4n, 14],
    ]);
    assert.deepEqual(await find(17, 2, new Set([2n, 4n])), [
      [3n, 15],
      [1n, 17],
    ]);
  });

  it('has conditions and occurrences take turns, where there are more than can be run', async () => {
    for (let id = 1n; id <= 6n; id++) addUpkeep(stages, id, id <= 3n ? 'when:m' : 'every:1');
    assert.deepEqual(
      (await find(14, 4)).map(([id]) => id),
      [4n, 1n, 5n, 2n],
    );
    assert.deepEqual(
      (await find(14, 6, new Set([5n, 6n]))).map(([id]) => id),
      [4n, 1n, 2n, 3n],
    );
  });

  it('claims what was lost first, without a call, and runs nothing else of that one', async () => {
    addUpkeep(stages, 1n, 'every:1');
    addUpkeep(stages, 2n, 'every:1');
    const lostTx = hashOf(8);
    noteUpkeep(stages, 2n, { lostTx, lostDue: 11, alone: 'always' });
    const found = await dueRuns().find(at(14), 9, NOBODY);
    const runs = found.map(({ run: { upkeepId, due, deliver, lostTx: claimed } }) => {
      return { upkeepId, due, deliver, lostTx: claimed } satisfies Partial<ReadyRun>;
    });
    assert.deepEqual(runs, [
      { upkeepId: 2n, due: 11, deliver: false, lostTx },
      { upkeepId: 1n, due: 14, deliver: true, lostTx: null },
    ]);
    assert.equal(found[0]?.row.target, TARGET);
  });
});
