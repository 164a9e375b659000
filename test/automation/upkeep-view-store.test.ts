import assert from 'node:assert/strict';
import { createUpkeepViews } from '../../src/automation/upkeep-view-store.js';
import { hash160 } from '../../src/base/hash.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, hashOf, REQUESTER, type Stages } from '../pipeline/stage-fixture.js';
import { addUpkeep, MINUTE_MS, noteUpkeep, REGISTERED } from '../pipeline/upkeep-fixture.js';

const BEAT = `on:0x${'7e'.repeat(20)}:Beat`;
const BLOCK_MS = 1_000;

describe('upkeeps as people see them', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
    const triggers = ['cron:* * * * *', 'every:10', BEAT, 'when:due', 'when:isOpen'];
    for (const [at, trigger] of triggers.entries()) addUpkeep(stages, BigInt(at + 1), trigger);
    inTransaction(stages.db, () => stages.upkeeps.move(5n, 'gaveUp', { reason: 'too often' }));
  });
  afterEach(() => stages.close());

  const run = (due: number, delivered: boolean, [fee, lost, premium]: bigint[]) => {
    const at = { block: due, timeMs: due };
    const charged = { fee: fee ?? 0n, lost: lost ?? 0n, premium: premium ?? 0n };
    const tx = hashOf(due);
    inTransaction(stages.db, () =>
      stages.upkeeps.addRun({ id: 2n, due, at, tx, delivered, ...charged }),
    );
  };

  it('are listed newest first, by state, owner and what came before', () => {
    const views = createUpkeepViews(stages.db);
    const idsOf = (...[query]: Parameters<typeof views.list>) =>
      views.list(query).map(({ id }) => Number(id));
    assert.deepEqual(idsOf({}), [5, 4, 3, 2, 1]);
    assert.deepEqual(idsOf({ limit: 2 }), [5, 4]);
    assert.deepEqual(idsOf({ state: 'paused' }), [5]);
    assert.deepEqual(idsOf({ owner: hash160(`0x${'99'.repeat(20)}`) }), []);
    const all = { state: 'waiting', owner: REQUESTER, beforeId: 4n } as const;
    assert.deepEqual(idsOf(all), [3, 2, 1]);
  });

  it('are shown with what their runs were charged, and the last of these', () => {
    run(20, true, [50n, 0n, 7n]);
    run(30, false, [40n, 30n, 2n]);
    const views = createUpkeepViews(stages.db);
    const shown = views.show(2n) ?? assert.fail();
    const costs = { runs: 2, delivered: 1, charged: 129n, mostCharged: 72n };
    assert.deepEqual(shown.costs, costs);
    const last = { at: { block: 30, timeMs: 30 }, tx: hashOf(30), delivered: false };
    const charged = { fee: 40n, lost: 30n, premium: 2n };
    assert.deepEqual(shown.lastRuns[0], { id: 2n, due: 30, ...last, ...charged });
    assert.equal(shown.lastRuns[1]?.delivered, true);
    assert.equal(shown.isFunded, true);
    for (let due = 31; due < 41; due++) run(due, true, [1n]);
    const dues = views.show(2n)?.lastRuns.map(({ due }) => due) ?? [];
    assert.deepEqual([dues.length, dues[0]], [10, 40]);
    assert.equal(views.show(1n)?.costs.charged, 0n);
    assert.equal(views.show(9n), null);
  });

  it('are counted by state, and those due by what their triggers go by', () => {
    const views = createUpkeepViews(stages.db);
    assert.deepEqual(views.countByState(), { waiting: 4, paused: 1 });
    assert.equal(views.conditionCount(), 1);
    const first = REGISTERED.timeMs + MINUTE_MS;
    const block = REGISTERED.block + 10;
    const before = { block: block - 1, timeMs: first - 1 };
    assert.deepEqual([views.dueCount(before), views.longestDueMs(before, BLOCK_MS)], [0, 0]);
    assert.equal(views.dueCount({ block, timeMs: first - 1 }), 1);
    assert.equal(views.dueCount({ block: block - 1, timeMs: first }), 1);
    noteUpkeep(stages, 3n, { nextDue: block - 2 });
    const now = { block, timeMs: first + 500 };
    assert.equal(views.dueCount(now), 3);
    assert.equal(views.longestDueMs(now, BLOCK_MS), 2 * BLOCK_MS);
    assert.equal(views.longestDueMs({ ...now, timeMs: first + 2_500 }, BLOCK_MS), 2_500);
    for (const id of [1n, 2n, 3n]) {
      inTransaction(stages.db, () => stages.upkeeps.move(id, 'gaveUp', { reason: 'too often' }));
    }
    assert.deepEqual([views.dueCount(now), views.longestDueMs(now, BLOCK_MS)], [0, 0]);
  });
});
