import assert from 'node:assert/strict';
import { CANCEL_HOLD_MS } from '../../src/automation/cancel-risk.js';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { createPerform } from '../../src/pipeline/perform.js';
import type { Submission } from '../../src/pipeline/submit.js';
import { inTransaction } from '../../src/storage/database.js';
import { planning, type Target } from './run-plan-fixture.js';
import { createStages, hashOf, REQUESTER, type Stages } from './stage-fixture.js';
import { addUpkeep, MINUTE_MS, noteUpkeep, upkeepOf } from './upkeep-fixture.js';

const NOW = { block: 20, timeMs: 20 * MINUTE_MS };
const RULE = { pauseAfterFailures: 3, backOff: { firstMs: 100, maxMs: 300 } };

describe('running upkeeps', () => {
  let stages: Stages;
  let stop: AbortController;
  /** The upkeeps of each transaction, in the order in which they were sent. */
  let sent: bigint[][];
  let targets: Record<string, Target>;
  /** Before a preflight answers. */
  let pause: Promise<void> | null;
  /** What may be lost to owners who cancel. */
  let limit: bigint;
  let mayStart: boolean;
  /** What sending fails by. */
  let fails: Error | null;
  let bugs: unknown[];
  beforeEach(() => {
    stages = createStages();
    stop = new AbortController();
    [sent, targets, pause, limit, mayStart] = [[], {}, null, 1_000_000n, true];
    [fails, bugs] = [null, []];
  });
  afterEach(() => {
    stages.close();
    if (fails === null) assert.deepEqual(bugs, []);
  });

  /** Each pair of runs in one transaction, and three transactions at once. */
  function perform() {
    const plans = planning(targets);
    const { preflight } = plans.chain;
    const slowly: typeof preflight = async (...asked) => {
      await pause;
      return preflight(...asked);
    };
    const chain = { ...plans.chain, preflight: slowly };
    return createPerform({
      ...stages,
      upkeepChain: chain,
      conditionLimits: { maxGas: 1n, perBlock: 9 },
      failureRule: RULE,
      cancelLossPerHour: limit,
      holdMs: 700,
      planning: { ...plans, chain },
      submit: async (submission: Submission) => {
        if (fails !== null) throw fails;
        const hash = hashOf(100 + sent.length);
        if (!inTransaction(stages.db, () => submission.move?.(hash) ?? false)) return null;
        sent.push(submission.predictions.map(({ requestId }) => requestId));
        return { hash, raw: Buffer.alloc(0) };
      },
      performLimits: { maxBatch: 2, concurrency: 3, validBlocks: 9 },
      heightNow: () => NOW.block,
      mayStart: () => mayStart,
      randomNonce: () => 4_000_000_000,
      onDuration: () => {},
      onBug: (error) => void bugs.push(error),
      signal: stop.signal,
    });
  }
  /** As the pipeline does: once more whenever there is a place. Returns how often it looked. */
  async function performAll(): Promise<number> {
    const performing = perform();
    let looks = 0;
    let last: Promise<void> = Promise.resolve();
    const look = (): void => {
      looks += 1;
      last = last.then(() => performing.run(NOW));
    };
    performing.onPlace(look);
    look();
    for (let before = 0; before < looks; ) {
      before = looks;
      await last;
      await performing.idle();
    }
    return looks;
  }
  function add(
    ids: readonly bigint[],
    change: Parameters<typeof noteUpkeep>[2],
    target?: Hash160,
  ): void {
    for (const id of ids) {
      addUpkeep(stages, id, 'every:5', target);
      noteUpkeep(stages, id, change);
    }
  }
  const ran = { lastDue: 15, nextDue: 20 };
  const inOrder = () => [...sent].sort(([a = 0n], [b = 0n]) => Number(a - b));

  it('puts together as many as a transaction takes, but who is new beside no other target', async () => {
    add([1n], ran);
    add([4n, 5n, 6n], { nextDue: 15 });
    assert.equal(await performAll(), 1, 'each had a place at once');
    assert.deepEqual(inOrder(), [[1n], [4n, 5n], [6n]]);
    sent = [];
    const hostile = hash160(`0x${'0b'.repeat(20)}`);
    add([11n, 13n], { nextDue: 15 });
    add([12n], { nextDue: 15 }, hostile);
    add([14n], ran, hostile);
    add([15n], ran);
    await performAll();
    assert.deepEqual(inOrder(), [[11n, 13n], [12n], [14n, 15n]]);
    assert.equal(upkeepOf(stages, 4n).sentDue, 20);
  });

  it('stops the node by a bug, and holds nothing back for it', async () => {
    add([1n], ran);
    fails = new Error('bug: made by the test');
    await performAll();
    assert.deepEqual(bugs, [fails]);
    const { reason, retryMs } = upkeepOf(stages, 1n);
    assert.doesNotMatch(reason, /made by the test/);
    assert.equal(retryMs, 0);
  });

  it('begins with the same block what had no place at first', async () => {
    add([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n], ran);
    assert.ok((await performAll()) > 1);
    assert.deepEqual(inOrder(), [[1n, 2n], [3n, 4n], [5n, 6n], [7n, 8n], [9n]]);
  });

  it('runs those alone that shared a transaction that FAULTed, with the same block', async () => {
    add([1n, 2n, 3n, 4n, 5n], { ...ran, alone: 'once' });
    add([6n, 7n], ran);
    assert.ok((await performAll()) > 1);
    assert.deepEqual(inOrder(), [[1n], [2n], [3n], [4n], [5n], [6n, 7n]]);
  });

  it('keeps a place for the others while those that are alone are slow to look at', async () => {
    add([1n, 2n, 3n, 4n], { ...ran, alone: 'always' });
    let goOn = (): void => {};
    pause = new Promise((resolve) => {
      goOn = resolve;
    });
    const performing = perform();
    await performing.run(NOW);
    pause = null;
    add([6n, 7n], ran);
    await performing.run(NOW);
    while (sent.length === 0) await new Promise(setImmediate);
    assert.deepEqual(sent, [[6n, 7n]]);
    goOn();
    await performing.idle();
    assert.deepEqual(inOrder(), [[1n], [2n], [6n, 7n]]);
  });

  it('tells once that it waited to know what can be paid', async () => {
    add([1n], ran);
    mayStart = false;
    const performing = perform();
    assert.equal(performing.hasWaited(), false);
    await performing.run(NOW);
    assert.deepEqual([sent, performing.hasWaited()], [[], false]);
    mayStart = true;
    assert.deepEqual([performing.hasWaited(), performing.hasWaited()], [true, false]);
    await performing.run(NOW);
    await performing.idle();
    assert.deepEqual([sent, performing.hasWaited()], [[[1n]], false]);
  });

  it('looks no more where all that is left waits for a later try', async () => {
    add([1n, 2n, 3n, 4n], { ...ran, alone: 'always' });
    for (const id of [1, 2, 3, 4]) targets[id] = 'faults';
    const looks = await performAll();
    assert.ok(looks <= 4, `${looks} looks`);
    assert.deepEqual(sent, []);
    for (const id of [1n, 2n, 3n, 4n]) {
      assert.match(upkeepOf(stages, id).reason, /^preflight FAULTed: ABORT/);
      assert.equal(upkeepOf(stages, id).failures, 1);
    }
  });

  it('holds what its owner could cancel in front of, beyond what may be lost in an hour', async () => {
    add([1n, 2n, 3n], ran);
    await performAll();
    const { sentCost, sentRisk } = upkeepOf(stages, 1n);
    assert.deepEqual(inOrder(), [[1n, 2n], [3n]]);
    assert.ok(sentCost > 0n && sentRisk === sentCost, 'nothing was paid before');
    stages.upkeeps.byTransaction(upkeepOf(stages, 1n).tx ?? hashOf(0));
    // Room for one more beside the three that are under way.
    const all = [1n, 2n, 3n].reduce((sum, id) => sum + upkeepOf(stages, id).sentRisk, 0n);
    limit = all + (sentCost * 3n) / 2n;
    sent = [];
    add([4n, 5n], ran);
    await performAll();
    assert.deepEqual(sent, [[4n]]);
    assert.match(upkeepOf(stages, 5n).reason, /^held: its owner could cancel in front of it/);
    assert.match(upkeepOf(stages, 5n).reason, /gasbank\.cancelLossPerHour is 0\.0/);
    assert.equal(upkeepOf(stages, 5n).retryMs, stages.clock.nowMs() + 700);
    assert.equal(stages.held.list(stages.clock.nowMs())[0]?.cause, 'loss');
  });

  it('claims what was lost, however much that is, and runs others again an hour later', async () => {
    const lost = { lostTx: hashOf(9), lostDue: 15, lostCost: limit, lostRisk: limit };
    add([1n], { ...ran, lastDue: 10, ...lost, lostMs: NOW.timeMs });
    add([2n], ran);
    await performAll();
    assert.deepEqual(sent, [[1n]]);
    assert.match(upkeepOf(stages, 1n).reason, /^claim of what/);
    assert.match(upkeepOf(stages, 2n).reason, /^held: its owner could cancel in front of it/);
    noteUpkeep(stages, 1n, { lostMs: NOW.timeMs - CANCEL_HOLD_MS });
    stages.advance(700);
    await performAll();
    assert.deepEqual(sent, [[1n], [2n]]);
  });

  it('makes what its owner has paid for before, however little may be lost', async () => {
    limit = 0n;
    add([1n], ran);
    await performAll();
    assert.deepEqual(sent, []);
    inTransaction(stages.db, () => stages.owners.paid(REQUESTER, 1_000_000n));
    stages.advance(700);
    await performAll();
    assert.deepEqual(sent, [[1n]]);
    assert.equal(upkeepOf(stages, 1n).sentRisk, 0n);
  });

  it('trusts no owner for an hour whose cancelling cost more than he paid', async () => {
    const cancelled = { upkeepId: 9n, owner: REQUESTER, tx: hashOf(9), cost: 5n, risk: 5n };
    const isBlamed = true;
    addUpkeep(stages, 9n, 'every:5');
    noteUpkeep(stages, 9n, { nextDue: null });
    inTransaction(stages.db, () => {
      stages.owners.lost({ ...cancelled, atMs: NOW.timeMs, isBlamed });
    });
    add([1n], ran);
    await performAll();
    assert.deepEqual(sent, []);
    assert.match(upkeepOf(stages, 1n).reason, /its owner cancelled upkeeps in front of their runs/);
  });

  it('tells of no place once it is stopped', async () => {
    add([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n], ran);
    const performing = perform();
    let told = 0;
    performing.onPlace(() => {
      told += 1;
    });
    await performing.run(NOW);
    stop.abort();
    await performing.idle();
    assert.equal(told, 0);
  });
});
