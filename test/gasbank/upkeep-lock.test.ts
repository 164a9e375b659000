import assert from 'node:assert/strict';
import type { UpkeepEvent } from '../../src/chain/gateway-events.js';
import { createUpkeepLockStore } from '../../src/gasbank/upkeep-lock-store.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, type Stages } from '../pipeline/stage-fixture.js';
import { numbered } from './histories/model-chain.js';

const OWNER = numbered(0xc0, 1);

describe('the locks of an upkeep', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
  });
  afterEach(() => stages.close());

  const terms = { target: OWNER, method: 'run', trigger: 'every:5' };
  const registered = (maxFee = 100n): UpkeepEvent => ({
    ...{ name: 'UpkeepRegistered', id: 5n, owner: OWNER, ...terms, maxFee },
  });
  const funded: UpkeepEvent = { name: 'UpkeepFunded', id: 5n, amount: 100n };
  const ending: UpkeepEvent = { name: 'UpkeepEnding', id: 5n, until: 99 };
  const cancelled: UpkeepEvent = { name: 'UpkeepCancelled', id: 5n };
  const performed = (locked = 100n): UpkeepEvent => ({
    ...{ name: 'UpkeepPerformed', id: 5n, owner: OWNER, due: 9, delivered: true },
    ...{ fee: 1n, lost: 0n, premium: 0n, locked },
  });
  /** How many locks are left, whether it ends, and its last run, after each event. */
  const left = (...events: UpkeepEvent[]) => {
    const store = createUpkeepLockStore(stages.db);
    return events.map((event, at) => {
      inTransaction(stages.db, () => store.follow([event], 20 + at));
      const lock = store.find(5n) ?? assert.fail('no such upkeep');
      return [lock.locks, lock.isEnding, lock.lastRunBlock];
    });
  };

  it('are one for the next run, as long as the credit allows', () => {
    assert.deepEqual(left(registered(), performed(), performed(0n), funded, performed()), [
      [1, false, 20],
      [1, false, 21],
      [0, false, 22],
      [1, false, 22],
      [1, false, 24],
    ]);
  });

  it('stay with a cancelled one until it is charged or given back', () => {
    assert.deepEqual(left(registered(), ending, performed(0n), cancelled).at(-1), [0, false, 22]);
    assert.deepEqual(left(registered(), ending, cancelled).at(-1), [0, false, 20]);
    // One that has none is gone at once.
    assert.deepEqual(left(registered(), performed(0n), cancelled).at(-1), [0, false, 21]);
  });

  it('are counted right where a target cancels or funds its own upkeep while it runs', () => {
    // No credit for the next run: cancelled, it is gone before the run is charged.
    assert.deepEqual(left(registered(), cancelled, performed(0n)), [
      [1, false, 20],
      [1, false, 20],
      [0, false, 22],
    ]);
    // The next run is locked already: that lock ends later.
    assert.deepEqual(left(registered(), ending, performed(), cancelled), [
      [1, false, 20],
      [1, true, 20],
      [1, true, 22],
      [0, false, 22],
    ]);
    // Without credit for it, then funded and cancelled.
    assert.deepEqual(left(registered(), funded, ending, performed(0n), cancelled).slice(1), [
      [2, false, 20],
      [2, true, 20],
      [1, true, 23],
      [0, false, 23],
    ]);
  });

  it('are locks however little they hold', () => {
    assert.deepEqual(left(registered(1n), performed(1n), ending, cancelled), [
      [1, false, 20],
      [1, false, 21],
      [1, true, 21],
      [0, false, 21],
    ]);
  });

  it('are none to speak of where a run may cost nothing', () => {
    assert.deepEqual(left(registered(0n), performed(0n), performed(0n), ending, cancelled), [
      [1, false, 20],
      [0, false, 21],
      [0, false, 22],
      [0, true, 22],
      [0, false, 22],
    ]);
  });

  it('are followed event by event, each with what was before it', () => {
    const store = createUpkeepLockStore(stages.db);
    const deposit = { name: 'Deposit', account: OWNER, from: OWNER, amount: 1n } as const;
    const follow = (...events: Parameters<typeof store.follow>[0]) =>
      inTransaction(stages.db, () => store.follow(events, 30));
    assert.deepEqual(follow(deposit, performed(), cancelled), [null, null, null]);
    const [first, none, second] = follow(registered(), deposit, performed(0n));
    assert.equal(none, null);
    const known = { id: 5n, owner: OWNER, maxFee: 100n, isEnding: false, lastRunBlock: 30 };
    assert.deepEqual(
      [first, second],
      [
        { ...known, locks: 1 },
        { ...known, locks: 1 },
      ],
    );
    assert.equal(store.find(5n)?.locks, 0);
    assert.throws(() => store.follow([funded], 31), /outside of a transaction/);
    const expired = { name: 'Expired', id: 5n, payer: OWNER, refund: 1n } as const;
    assert.deepEqual(follow(expired), [null], 'a request has no lock, whatever its id');
  });
});
