import assert from 'node:assert/strict';
import { createOwnerStore } from '../../src/automation/owner-store.js';
import { createUpkeepStore, NOTHING_SENT } from '../../src/automation/upkeep-store.js';
import { type Hash256, hash160 } from '../../src/base/hash.js';
import type { GatewayNotification, TailedBlock } from '../../src/chain/block-source.js';
import { creditOf, earnedOf, reservedOf } from '../../src/gasbank/accounts.js';
import { createIntake } from '../../src/pipeline/intake.js';
import { inTransaction } from '../../src/storage/database.js';
import { type EventFields, gatewayEvent } from '../chain/gateway-event.js';
import { ACCOUNT, createStages, hashOf, REQUESTER, type Stages } from './stage-fixture.js';

const GATEWAY = hash160(`0x${'9a'.repeat(20)}`);
const TARGET = hash160(`0x${'7e'.repeat(20)}`);
const RULE = { pauseAfterFailures: 2, backOff: { firstMs: 100, maxMs: 1_000 } };
const MINUTE_MS = 60_000;

/** Blocks of a minute; block 10 is registered in at 10:00 of the chain's first day. */
describe('taking in upkeeps', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
    inTransaction(stages.db, () => stages.cursor.begin(1, ACCOUNT, 10));
    takeIn(10, event('Deposit', { account: REQUESTER, from: REQUESTER, amount: 1_000n }));
  });
  afterEach(() => stages.close());

  let height: number;
  const event = (
    name: Parameters<typeof gatewayEvent>[0],
    fields: EventFields,
    tx = hashOf(name === 'Earned' || name === 'UpkeepPerformed' ? 2 : 1),
  ): GatewayNotification => gatewayEvent(name, fields, tx);
  /** Transactions 1 and 2 of a block. */
  const txIn = (block: number, tx: bigint | number) => hashOf(block * 100 + Number(tx));
  function takeIn(index: number, ...notifications: GatewayNotification[]) {
    const own = [{ account: ACCOUNT, sinceBlock: 10, openedBlock: null }];
    const take = createIntake(stages, stages.clock, { gateway: GATEWAY, own }, RULE);
    const blocks: TailedBlock[] = [];
    for (let at = (stages.cursor.read()?.height ?? 9) + 1; at <= index; at++) {
      const held = (at === index ? notifications : []).map((each) => {
        return { ...each, txHash: txIn(index, BigInt(each.txHash)) };
      });
      const time = { hash: hashOf(1_000 + at), timeMs: at * MINUTE_MS };
      blocks.push({ index: at, ...time, notifications: held, ownGas: [] });
    }
    height = index;
    return take(blocks);
  }
  const registered = (id: bigint, trigger: string) =>
    event('UpkeepRegistered', {
      ...{ id, owner: REQUESTER, target: TARGET, method: 'tick', trigger, maxFee: 100n },
    });
  const performed = (id: bigint, due: number, more: EventFields = {}) => [
    event('UpkeepPerformed', {
      ...{ id, owner: REQUESTER, due, delivered: true, fee: 30n, lost: 0n, premium: 5n },
      ...{ locked: 100n, ...more },
    }),
    event('Earned', { account: ACCOUNT, amount: 35n }),
  ];
  const row = (id: bigint) => {
    const found = stages.upkeeps.get(id);
    assert.ok(found !== null, `no upkeep ${id}`);
    return found;
  };
  const posted = () => ({
    credit: stages.ledger.balance(creditOf(REQUESTER)).posted,
    reserved: stages.ledger.balance(reservedOf(REQUESTER)).posted,
    earned: stages.ledger.balance(earnedOf(ACCOUNT)).posted,
  });
  const owners = () => createOwnerStore(stages.db);
  const standing = () => owners().standingOf(REQUESTER);
  /** A run that costs 40, of which its owner has not paid 30 before. */
  const sendRun = (id: bigint, tx: Hash256, sentDue: number) =>
    inTransaction(stages.db, () => {
      const sent = { tx, sentDue, sentCost: 40n, sentRisk: 30n };
      assert.ok(stages.upkeeps.move(id, 'runSigned', { reason: 'sent', ...sent }));
    });
  const dueIds = (block: number, limit = 10) =>
    stages.upkeeps
      .due({ block, timeMs: block * MINUTE_MS }, stages.clock.nowMs(), limit)
      .map(({ id }) => id);

  it('locks one maxFee with the registration, and knows when each is due first', () => {
    takeIn(11, registered(1n, 'every:5'), registered(2n, 'cron:*/3 * * * *'));
    assert.deepEqual(posted(), { credit: 800n, reserved: 200n, earned: 0n });
    assert.deepEqual([row(1n).nextDue, row(2n).nextDue], [16, 12 * MINUTE_MS]);
    assert.deepEqual(dueIds(11), []);
    assert.deepEqual(dueIds(12), [2n]);
    assert.deepEqual(dueIds(16), [2n, 1n]);
    assert.equal(stages.ledger.sumOfPosted(), 0n);
  });

  it('is found though a clock that was ahead put it off for longer than anything is', () => {
    takeIn(11, registered(1n, 'every:5'));
    const holdFor = (ms: number) =>
      inTransaction(stages.db, () => {
        const retryMs = stages.clock.nowMs() + ms;
        assert.ok(stages.upkeeps.move(1n, 'runFailed', { reason: 'held', retryMs }));
      });
    const longest = createUpkeepStore(stages.db, 90_000);
    const found = () => longest.due({ block: 16, timeMs: 0 }, stages.clock.nowMs(), 9).length;
    holdFor(90_000);
    assert.equal(found(), 0);
    holdFor(90_001);
    assert.equal(found(), 1);
  });

  it('is found by how long it waits, whatever its trigger, where not all can be', () => {
    takeIn(11, registered(1n, 'cron:*/5 * * * *'), registered(2n, 'every:7'));
    takeIn(12, registered(3n, 'cron:*/4 * * * *'), registered(4n, 'every:1'));
    // Due since minute or block 15, 18, 12 (which is that of the registration: 16), and 13.
    assert.deepEqual(dueIds(30), [4n, 1n, 3n, 2n]);
    assert.deepEqual(
      [1, 2, 3].map((limit) => dueIds(30, limit)),
      [[4n], [4n, 1n], [4n, 1n, 3n]],
    );
  });

  it('settles a run: it is charged, the rest is credit again, and the next is locked', () => {
    assert.deepEqual(takeIn(11, registered(1n, 'every:5')).performed, []);
    const { performed: runs } = takeIn(18, ...performed(1n, 16));
    const run = { id: 1n, delivered: true, trigger: 'every', lag: 2, block: 18, charged: 35n };
    assert.deepEqual(runs, [run]);
    assert.deepEqual(posted(), { credit: 865n, reserved: 100n, earned: 35n });
    const { state, lastDue, nextDue, locks } = row(1n);
    assert.deepEqual([state, lastDue, nextDue, locks], ['waiting', 16, 21, 1]);
  });

  it('waits for its owner when the next could not be locked, until it is funded', () => {
    takeIn(11, registered(1n, 'every:5'));
    takeIn(17, ...performed(1n, 16, { locked: 0n }));
    assert.equal(row(1n).state, 'unfunded');
    assert.match(row(1n).reason, /credit does not suffice for the next run/);
    assert.deepEqual(posted(), { credit: 965n, reserved: 0n, earned: 35n });
    assert.deepEqual(dueIds(40), []);
    takeIn(30, event('UpkeepFunded', { id: 1n, amount: 100n }));
    assert.deepEqual(posted(), { credit: 865n, reserved: 100n, earned: 35n });
    assert.deepEqual([row(1n).state, row(1n).locks, dueIds(30)], ['waiting', 1, [1n]]);
  });

  it('goes on when its target funded it while it ran', () => {
    takeIn(11, registered(1n, 'every:5'));
    const funded = event('UpkeepFunded', { id: 1n, amount: 100n }, hashOf(2));
    takeIn(17, funded, ...performed(1n, 16, { locked: 0n }));
    assert.deepEqual([row(1n).state, row(1n).locks, row(1n).nextDue], ['waiting', 1, 21]);
    assert.deepEqual(posted(), { credit: 865n, reserved: 100n, earned: 35n });
  });

  it('is gone, though charged after that, when its target cancelled it while it ran', () => {
    takeIn(11, registered(1n, 'every:5'), registered(2n, 'every:5'));
    sendRun(1n, txIn(17, 2), 16);
    sendRun(2n, txIn(18, 2), 16);
    const cancelled = (id: bigint) => event('UpkeepCancelled', { id }, hashOf(2));
    takeIn(17, cancelled(1n), ...performed(1n, 16, { locked: 0n }));
    takeIn(18, cancelled(2n), ...performed(2n, 16));
    for (const id of [1n, 2n]) {
      assert.deepEqual([row(id).state, row(id).locks, row(id).tx], ['cancelled', 0, null]);
      assert.equal(row(id).reason, `cancelled, and gone since block ${16n + id}`);
    }
    assert.deepEqual(dueIds(99), []);
    assert.deepEqual(posted(), { credit: 930n, reserved: 0n, earned: 70n });
    assert.deepEqual(standing(), { paid: 70n, lost: 0n, lostMs: 0, underWay: 0n });
  });

  it('is gone at once when its owner cancels it, and its lock is credit again', () => {
    takeIn(11, registered(1n, 'every:5'), registered(2n, 'every:5'));
    takeIn(17, ...performed(1n, 16, { locked: 0n }));
    takeIn(18, event('UpkeepCancelled', { id: 1n }), event('UpkeepCancelled', { id: 2n }));
    assert.deepEqual([row(1n).state, row(2n).state, dueIds(99)], ['cancelled', 'cancelled', []]);
    assert.deepEqual(posted(), { credit: 965n, reserved: 0n, earned: 35n });
    assert.deepEqual(standing(), { paid: 35n, lost: 0n, lostMs: 0, underWay: 0n });
  });

  it('counts for its owner what a run cost in front of which he cancelled it', () => {
    const ids = [1n, 2n, 3n, 4n];
    takeIn(11, ...ids.map((id) => registered(id, 'every:5')));
    for (const id of ids) sendRun(id, txIn(30, id), 16);
    assert.equal(standing().underWay, 160n);
    assert.equal(owners().atRisk(0), 120n);
    // In front of it; behind it, in its own block; and with a loss that was still to be claimed.
    takeIn(29, event('UpkeepCancelled', { id: 1n }));
    takeIn(30, ...performed(2n, 16), event('UpkeepCancelled', { id: 2n }, hashOf(5)));
    inTransaction(stages.db, () => {
      const lost = { lostTx: txIn(30, 3), lostDue: 16, lostCost: 40n, lostRisk: 30n };
      const at = { lostMs: 30 * MINUTE_MS };
      const change = { reason: 'FAULTed', ...NOTHING_SENT, ...lost, ...at };
      stages.upkeeps.move(3n, 'transactionFaulted', change);
    });
    assert.equal(owners().atRisk(29 * MINUTE_MS), 60n, 'what is to be claimed is at risk');
    takeIn(31, event('UpkeepCancelled', { id: 3n }));
    assert.match(
      row(1n).reason,
      /since block 29; 0\.00000040 GAS of its run are charged to nobody/,
    );
    assert.equal(row(2n).reason, 'cancelled, and gone since block 30');
    const lostMs = 31 * MINUTE_MS;
    assert.deepEqual(standing(), { paid: 35n, lost: 80n, lostMs, underWay: 40n });
    assert.deepEqual(
      [0, 29, 31].map((minute) => owners().atRisk(minute * MINUTE_MS)),
      [90n, 60n, 30n],
    );
    assert.equal(owners().standingOf(TARGET).lost, 0n);
  });

  it('counts what was to be claimed too, when it is cancelled in front of the claim', () => {
    takeIn(11, registered(1n, 'every:5'), registered(2n, 'every:5'), registered(3n, 'every:5'));
    const lost = { lostDue: 16, lostCost: 900n, lostRisk: 800n, lostMs: 18 * MINUTE_MS };
    inTransaction(stages.db, () => {
      for (const id of [1n, 2n, 3n]) {
        stages.upkeeps.note(id, { reason: 'FAULTed', ...lost, lostTx: txIn(18, id) });
      }
    });
    // The claim of one is in flight; one is claimed; one another node ran, which claimed nothing.
    sendRun(1n, txIn(30, 1), 16);
    takeIn(29, event('UpkeepCancelled', { id: 1n }));
    const why = /since block 29; 0\.00000940 GAS of its run are charged to nobody/;
    assert.match(row(1n).reason, why);
    assert.deepEqual(standing(), {
      paid: 0n,
      lost: 940n,
      lostMs: 29 * MINUTE_MS,
      underWay: 1_800n,
    });
    takeIn(30, ...performed(2n, 16, { lost: 5n }));
    assert.deepEqual([standing().lost, standing().underWay], [940n, 900n]);
    takeIn(31, ...performed(3n, 16));
    const lostMs = 29 * MINUTE_MS;
    assert.deepEqual(standing(), { paid: 75n, lost: 1_840n, lostMs, underWay: 0n });
    assert.equal(owners().atRisk(0), 1_630n);
    assert.deepEqual([row(3n).lostTx, row(3n).lostCost], [null, 0n]);
  });

  it('shows a trigger that means no day as unreadable, and goes on with the others', () => {
    takeIn(11, registered(1n, 'cron:0 0 31 2 *'), registered(2n, 'every:1'));
    assert.equal(row(1n).state, 'unreadable');
    assert.match(row(1n).reason, /can't read its trigger: cron: .*impossible/);
    assert.deepEqual(dueIds(1_000), [2n]);
    // Another node may read it: its runs are taken in like all others.
    takeIn(12, ...performed(1n, 12));
    assert.deepEqual([row(1n).state, row(1n).lastDue, row(1n).nextDue], ['unreadable', 12, null]);
  });

  it('pauses what failed too often in a row, until its owner tops up his credit', () => {
    takeIn(11, registered(1n, 'every:1'));
    for (const due of [12, 13]) {
      inTransaction(stages.db, () => {
        const sent = { reason: 'sent', tx: txIn(due + 1, 2), sentDue: due };
        assert.ok(stages.upkeeps.move(1n, 'runSigned', sent));
      });
      takeIn(due + 1, ...performed(1n, due, { delivered: false }));
    }
    assert.deepEqual([row(1n).state, row(1n).failures], ['paused', 2]);
    assert.match(row(1n).reason, /failed 2 times in a row/);
    const other = hash160(`0x${'0d'.repeat(20)}`);
    const topUp = (account: string) => event('Deposit', { account, from: REQUESTER, amount: 1n });
    takeIn(20, topUp(other));
    assert.equal(row(1n).state, 'paused');
    takeIn(21, topUp(REQUESTER));
    assert.deepEqual([row(1n).state, row(1n).failures, dueIds(21)], ['waiting', 0, [1n]]);
  });

  it('counts a failure once, though the run that claims its fees calls nothing either', () => {
    takeIn(11, registered(1n, 'every:1'));
    const fails = (block: number, lost: EventFields, known: object) => {
      inTransaction(stages.db, () => {
        const sent = { reason: 'sent', tx: txIn(block, 2), sentDue: block - 1 };
        assert.ok(stages.upkeeps.move(1n, 'runSigned', { ...sent, ...known }));
      });
      takeIn(block, ...performed(1n, block - 1, { delivered: false, ...lost }));
    };
    fails(13, { lost: 5n, premium: 0n }, { failures: 1, lostTx: hashOf(8), lostDue: 12 });
    assert.deepEqual([row(1n).state, row(1n).failures], ['waiting', 1]);
    fails(14, {}, {});
    assert.deepEqual([row(1n).state, row(1n).failures], ['paused', 2]);
  });

  it('forgets its failures, and that it goes alone, when it ran well', () => {
    takeIn(11, registered(1n, 'every:1'));
    const laterMs = stages.clock.nowMs() + MINUTE_MS;
    const failed = { reason: 'x', failures: 1, alone: 'once' as const, retryMs: laterMs };
    inTransaction(stages.db, () => stages.upkeeps.move(1n, 'runFailed', failed));
    assert.deepEqual(dueIds(13), []);
    takeIn(13, ...performed(1n, 12));
    const { failures, alone, retryMs } = row(1n);
    assert.deepEqual([failures, alone, retryMs, dueIds(13)], [0, 'no', 0, [1n]]);
  });

  it('waits for its own transaction while a twin runs an earlier occurrence', () => {
    takeIn(11, registered(1n, 'every:1;catchup=2'));
    inTransaction(stages.db, () => {
      stages.upkeeps.move(1n, 'runSigned', { reason: 'sent', tx: hashOf(9), sentDue: 13 });
    });
    takeIn(14, ...performed(1n, 12));
    assert.deepEqual([row(1n).state, row(1n).lastDue, row(1n).tx], ['sent', 12, hashOf(9)]);
    takeIn(15, ...performed(1n, 14));
    assert.deepEqual([row(1n).state, row(1n).lastDue, row(1n).tx], ['waiting', 14, null]);
  });

  it('keeps of the events that an upkeep waits for as many as can still be run', () => {
    const contract = TARGET;
    takeIn(
      11,
      registered(1n, `on:${contract}:Beat;catchup=1`),
      registered(2n, `on:${contract}:Off`),
    );
    assert.equal(stages.watches.height(), 11);
    assert.deepEqual(stages.watches.contracts(9), [contract]);
    const beats = Array.from({ length: 20 }, (_, at) => ({
      contract,
      event: 'Beat',
      block: 9 + at,
    }));
    inTransaction(stages.db, () => stages.watches.note(beats, 30));
    assert.deepEqual(stages.watches.height(), 30);
    assert.deepEqual([row(1n).nextDue, row(2n).nextDue], [12, null]);
    assert.deepEqual(stages.watches.seenBy(1n), [18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28]);
    takeIn(31, ...performed(1n, 26));
    assert.deepEqual([stages.watches.seenBy(1n), row(1n).nextDue], [[27, 28], 27]);
    takeIn(32, ...performed(1n, 27));
    assert.deepEqual([stages.watches.seenBy(1n), row(1n).nextDue], [[28], 28]);
    takeIn(33, ...performed(1n, 28));
    assert.deepEqual([stages.watches.seenBy(1n), row(1n).nextDue], [[], null]);
    assert.ok(height === 33);
  });
});
