import assert from 'node:assert/strict';
import type { RegisteredUpkeep } from '../../src/chain/gateway-reads.js';
import { NOT_CALLED, type ReadyRun } from '../../src/pipeline/plan-runs.js';
import { createRunFailures } from '../../src/pipeline/run-failures.js';
import type { UpkeepPort } from '../../src/pipeline/upkeep-port.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, hashOf, REQUESTER, type Stages } from './stage-fixture.js';
import { addUpkeep, noteUpkeep, TARGET, upkeepOf } from './upkeep-fixture.js';

const RULE = { pauseAfterFailures: 4, backOff: { firstMs: 100, maxMs: 300 } };
const HOLD_MS = 700;

describe('runs that are not made', () => {
  let stages: Stages;
  let registered: Pick<RegisteredUpkeep, 'target' | 'method' | 'args' | 'trigger'> | null;
  let hasMethod: boolean;
  beforeEach(() => {
    stages = createStages();
    registered = { target: TARGET, method: 'tick', args: [], trigger: 'every:5' };
    hasMethod = true;
    for (const id of [1n, 2n, 3n]) addUpkeep(stages, id, 'every:5');
  });
  afterEach(() => stages.close());

  const failures = () => {
    const asked = { upkeepOf: async () => registered, hasMethod: async () => hasMethod };
    const upkeepChain = asked as unknown as UpkeepPort;
    return createRunFailures({ ...stages, upkeepChain, failureRule: RULE, holdMs: HOLD_MS });
  };
  const run = (upkeepId: bigint, more: Partial<ReadyRun> = {}): ReadyRun => ({
    ...{ upkeepId, owner: REQUESTER, maxFee: 100n, due: 15, deliver: true, lostTx: null },
    ...more,
  });
  const fail = (reason: string, of = run(1n)) => failures().fail(of, reason);
  const row = (id = 1n) => upkeepOf(stages, id);
  const waitsMs = (id = 1n) => row(id).retryMs - stages.clock.nowMs();
  const noted = (change: Parameters<typeof noteUpkeep>[2], id = 1n) =>
    noteUpkeep(stages, id, change);

  it('wait twice as long with each failure, up to the longest pause', async () => {
    const seen: unknown[] = [];
    for (let at = 1; at < RULE.pauseAfterFailures; at++) {
      await fail('its target throws');
      seen.push([row().state, row().failures, waitsMs()]);
      stages.advance(waitsMs());
    }
    assert.deepEqual(seen, [
      ['waiting', 1, 100],
      ['waiting', 2, 200],
      ['waiting', 3, 300],
    ]);
    assert.deepEqual([row().reason, row().alone], ['its target throws', 'no']);
    assert.deepEqual(stages.retries, ['perform', 'perform', 'perform']);
    assert.deepEqual([row(2n).failures, row(2n).retryMs], [0, 0], 'the others are not touched');
  });

  it('pause an upkeep that failed too often in a row, with the last reason', async () => {
    noted({ failures: RULE.pauseAfterFailures - 1 });
    await fail('it needs more than maxFee');
    assert.equal(row().state, 'paused');
    assert.equal(row().reason, 'failed 4 times in a row: it needs more than maxFee');
  });

  it('are put beside no others again, where they would bring a transaction down', async () => {
    await fail('preflight FAULTed: ABORT');
    assert.equal(row().alone, 'always');
  });

  it('are tried alone the next time, where they could not pay for their neighbours', async () => {
    await fail('it needs more than maxFee');
    assert.deepEqual([row().alone, row().state], ['always', 'waiting']);
  });

  it('are not failures of what has been run, or is being run, meanwhile', async () => {
    noted({ lastDue: 15 });
    await fail('the gateway would skip this run');
    assert.equal(row().failures, 0);
    inTransaction(stages.db, () =>
      stages.upkeeps.move(2n, 'runSigned', { reason: 'sent', tx: hashOf(7), sentDue: 15 }),
    );
    await fail('the gateway would skip this run', run(2n));
    assert.deepEqual([row(2n).state, row(2n).reason, row(2n).failures], ['sent', 'sent', 0]);
    await fail('nobody knows it', run(99n));
  });

  it('drop a claim that the gateway will not have, and count no failure for it', async () => {
    const lostTx = hashOf(8);
    noted({ lostTx, lostDue: 15, lostCost: 40n, lostRisk: 30n, lostMs: 900, failures: 2 });
    await fail('the gateway would skip this run', run(1n, { deliver: false, lostTx }));
    const { state, failures: count, lostTx: left, lostDue } = row();
    assert.deepEqual([state, count, left, lostDue], ['waiting', 2, null, null]);
    // It is lost for good then.
    const { lost, underWay, lostMs } = stages.owners.standingOf(REQUESTER);
    assert.deepEqual([lost, underWay, stages.owners.atRisk(0)], [40n, 0n, 30n]);
    assert.equal(lostMs, 0, 'he is not blamed for it');
  });

  it('are nothing to what was cancelled meanwhile', async () => {
    inTransaction(stages.db, () => stages.upkeeps.move(1n, 'cancelledOnChain', { reason: 'gone' }));
    const before = row();
    await fail('the gateway would skip this run');
    failures().hold([run(1n)], { reason: 'no room', cause: null, untilMs: null });
    assert.deepEqual(row(), before);
  });

  it('say why the gateway would not get through', async () => {
    const why = async (): Promise<string> => {
      noted({ failures: 0 });
      await fail(NOT_CALLED);
      return row().reason;
    };
    assert.equal(await why(), `its target's "tick" with 0 parameters throws`);
    registered = { target: TARGET, method: 'tick', args: [], trigger: 'when:due' };
    assert.match(await why(), /^its condition does not hold when the gateway asks, or .* throws$/);
    hasMethod = false;
    assert.equal(await why(), 'its target has no method "tick" with 0 parameters any more');
    registered = null;
    assert.equal(await why(), 'the gateway knows it no more');
  });

  it('are held without blame where the wallet or a budget says no', () => {
    inTransaction(stages.db, () =>
      stages.upkeeps.move(3n, 'runSigned', { reason: 'sent', tx: hashOf(7), sentDue: 15 }),
    );
    const why = { reason: 'no room in the budget', cause: 'budget' as const };
    failures().hold([run(1n), run(3n)], { ...why, untilMs: null });
    const { state, failures: count, reason } = row();
    assert.deepEqual([state, count, reason], ['waiting', 0, 'held: no room in the budget']);
    assert.equal(waitsMs(), HOLD_MS);
    assert.deepEqual([row(3n).state, row(3n).reason], ['sent', 'sent']);
    const untilMs = stages.clock.nowMs() + 5_000;
    failures().hold([run(2n)], { ...why, untilMs });
    assert.equal(row(2n).retryMs, untilMs);
    assert.deepEqual(stages.retries, ['perform', 'perform'], 'what is sent is not tried again');
    assert.deepEqual(stages.held.list(stages.clock.nowMs()), [{ ...why, untilMs }]);
  });
});
