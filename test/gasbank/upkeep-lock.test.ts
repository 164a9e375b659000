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
  const cancelled: UpkeepEvent = { name: 'UpkeepCancelled', id: 5n };
  const performed = (locked = 100n): UpkeepEvent => ({
    ...{ name: 'UpkeepPerformed', id: 5n, owner: OWNER, due: 9, delivered: true },
    ...{ fee: 1n, lost: 0n, premium: 0n, locked },
  });
  /**
   * How many locks are left, and what the event set aside or gave back, of each event; a list holds
   * those of one transaction.
   */
  const left = (...transactions: (UpkeepEvent | UpkeepEvent[])[]) => {
    const store = createUpkeepLockStore(stages.db);
    return transactions.flatMap((events, at) => {
      const steps = inTransaction(stages.db, () => store.follow([events].flat(), 20 + at));
      return steps.map((step) => [step?.after.locks, step?.amount]);
    });
  };
  const lastRun = () => createUpkeepLockStore(stages.db).find(5n)?.lastRunBlock;

  it('are one for the next run, as long as the credit allows', () => {
    assert.deepEqual(left(registered(), performed(), performed(0n), funded, performed()), [
      [1, 100n],
      [1, 100n],
      [0, 0n],
      [1, 100n],
      [1, 100n],
    ]);
    assert.equal(lastRun(), 24);
    assert.deepEqual(left(registered(1n), performed(1n)).at(-1), [1, 1n], 'however little it is');
  });

  it('are credit again when it is cancelled, if there is one', () => {
    assert.deepEqual(left(registered(), cancelled).at(-1), [0, 100n]);
    assert.deepEqual(left(registered(), performed(0n), cancelled).at(-1), [0, 0n]);
    assert.deepEqual(left(registered(), [performed(), cancelled]).at(-1), [0, 100n]);
    assert.equal(lastRun(), 21);
  });

  it('are neither set aside nor given back twice where its target cancels it as it runs', () => {
    // The next run was locked before, which only its run's event tells of.
    assert.deepEqual(left(registered(), [cancelled, performed()]).slice(1), [
      [1, 0n],
      [0, 0n],
    ]);
    // No credit for the next run: there is nothing to give back.
    assert.deepEqual(left(registered(), [cancelled, performed(0n)]).slice(1), [
      [1, 0n],
      [0, 0n],
    ]);
    // Without credit for it, then funded and cancelled.
    assert.deepEqual(left(registered(), [funded, cancelled, performed(0n)]).slice(1), [
      [2, 100n],
      [1, 100n],
      [0, 0n],
    ]);
  });

  it('pay for two runs in one transaction, of which the second, or the first, cancels it', () => {
    assert.deepEqual(left(registered(), [cancelled, performed(), performed()]).slice(1), [
      [1, 0n],
      [1, 100n],
      [0, 0n],
    ]);
    assert.deepEqual(left(registered(), [cancelled, performed(), performed(0n)]).slice(1), [
      [1, 0n],
      [1, 100n],
      [0, 0n],
    ]);
    // The first funds it, the second locks the next run, and cancels.
    assert.deepEqual(left(registered(), [funded, cancelled, performed(0n), performed()]).slice(1), [
      [2, 100n],
      [2, 0n],
      [1, 0n],
      [0, 0n],
    ]);
    // Each funds it: of three locks two pay for runs.
    const twice = [funded, funded, cancelled, performed(0n), performed(0n)];
    assert.deepEqual(left(registered(), twice).slice(1), [
      [2, 100n],
      [3, 100n],
      [2, 100n],
      [1, 0n],
      [0, 0n],
    ]);
  });

  it('are locks however little they hold', () => {
    assert.deepEqual(left(registered(1n), [cancelled, performed(1n)]).slice(1), [
      [1, 0n],
      [0, 0n],
    ]);
    // Of two runs the second has no lock for the next one, funds it, and cancels.
    const little: UpkeepEvent = { name: 'UpkeepFunded', id: 5n, amount: 1n };
    const funds = [little, cancelled, performed(1n), performed(0n)];
    assert.deepEqual(left(registered(1n), funds).slice(1), [
      [2, 1n],
      [1, 1n],
      [1, 1n],
      [0, 0n],
    ]);
  });

  it('are told of its own events alone, and of those behind a cancellation', () => {
    const of6 = (event: UpkeepEvent): UpkeepEvent => ({ ...event, id: 6n });
    const both = [registered(), of6(registered())];
    assert.deepEqual(left(both, [cancelled, of6(performed())]).slice(2), [
      [0, 100n],
      [1, 100n],
    ]);
    assert.deepEqual(left(both, [cancelled, performed(), of6(performed())]).slice(2), [
      [1, 0n],
      [0, 0n],
      [1, 100n],
    ]);
  });

  it('are none to speak of where a run may cost nothing', () => {
    assert.deepEqual(left(registered(0n), performed(0n), performed(0n), cancelled), [
      [1, 0n],
      [0, 0n],
      [0, 0n],
      [0, 0n],
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
    const known = { id: 5n, owner: OWNER, maxFee: 100n, isGone: false, lastRunBlock: 30 };
    assert.deepEqual(
      [first?.upkeep, second?.upkeep],
      [
        { ...known, locks: 1 },
        { ...known, locks: 1 },
      ],
    );
    assert.deepEqual(store.find(5n), { ...known, locks: 0 });
    follow(cancelled);
    assert.deepEqual(store.find(5n), { ...known, locks: 0, isGone: true });
    assert.throws(() => store.follow([funded], 31), /outside of a transaction/);
    const expired = { name: 'Expired', id: 5n, payer: OWNER, refund: 1n } as const;
    assert.deepEqual(follow(expired), [null], 'a request has no lock, whatever its id');
  });
});
