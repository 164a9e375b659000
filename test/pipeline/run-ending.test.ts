import assert from 'node:assert/strict';
import { createRunEnding } from '../../src/pipeline/run-ending.js';
import type { SentTransaction } from '../../src/pipeline/transaction-store.js';
import { inTransaction } from '../../src/storage/database.js';
import {
  ACCOUNT,
  createStages,
  hashOf,
  REQUESTER,
  rawFor,
  rawOf,
  type Stages,
} from './stage-fixture.js';
import { addUpkeep, noteUpkeep, upkeepOf } from './upkeep-fixture.js';

const TX = hashOf(7);
const FAULT_MS = 5_000_000;
const WHY = 'FAULTed in block 20: ABORT';
/** Of no upkeep here. */
const SHARED_NONCE = 4_000_000_000;

describe('what a transaction that did not run upkeeps means for them', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
  });
  afterEach(() => stages.close());

  function sent(raw: Buffer): SentTransaction {
    const fees = { systemFee: 30n, networkFee: 5n, validUntilBlock: 50, signedMs: 1 };
    const place = { hash: TX, account: ACCOUNT, state: 'faulted', block: 20 } as const;
    return { ...place, ...fees, raw, purpose: 'upkeep', exception: 'ABORT' };
  }
  function inFlight(...ids: bigint[]): void {
    for (const id of ids) {
      if (stages.upkeeps.get(id) === null) addUpkeep(stages, id, 'every:5');
      inTransaction(stages.db, () => {
        const change = { reason: 'sent', tx: TX, sentDue: 15, sentCost: 40n, sentRisk: 30n };
        assert.ok(stages.upkeeps.move(id, 'runSigned', change));
      });
    }
  }
  const end = (work: (ending: ReturnType<typeof createRunEnding>) => void) =>
    inTransaction(stages.db, () => work(createRunEnding(stages.upkeeps, stages.owners)));
  const faulted = (raw: Buffer) => end((ending) => ending.faulted(sent(raw), WHY, FAULT_MS));
  function known(id: bigint) {
    const { state, tx, sentDue, failures, groupFaults, alone, lostTx, lostDue } = upkeepOf(
      stages,
      id,
    );
    assert.deepEqual([tx, sentDue], [null, null], 'it is free for another run');
    return { state, failures, groupFaults, alone, lostTx, lostDue };
  }
  const free = { state: 'waiting', failures: 0, groupFaults: 0, lostTx: null, lostDue: null };

  it('one alone can claim what it burnt, and stays alone', () => {
    inFlight(9n);
    faulted(rawFor(9n));
    const lost = { lostTx: TX, lostDue: 15 };
    assert.deepEqual(known(9n), { ...free, ...lost, failures: 1, alone: 'always' });
    assert.equal(upkeepOf(stages, 9n).reason, `its transaction ${WHY}`);
  });

  it('several go alone once, and none is charged or blamed for it', () => {
    inFlight(1n, 2n);
    faulted(rawOf(SHARED_NONCE));
    for (const id of [1n, 2n]) {
      assert.deepEqual(known(id), { ...free, groupFaults: 1, alone: 'once' });
      assert.equal(upkeepOf(stages, id).reason, `a transaction that it shared ${WHY}`);
    }
  });

  it('what several cost is lost at once, and held against none', () => {
    inFlight(1n, 2n);
    faulted(rawOf(SHARED_NONCE));
    const { lost, lostMs, underWay } = stages.owners.standingOf(REQUESTER);
    assert.deepEqual([lost, lostMs, underWay], [80n, 0, 0n]);
    assert.deepEqual(
      [FAULT_MS - 1, FAULT_MS].map((sinceMs) => stages.owners.atRisk(sinceMs)),
      [60n, 0n],
    );
    // Each transaction is another loss of the same upkeep.
    inFlight(1n);
    inTransaction(stages.db, () => {
      const loss = { cost: 7n, risk: 7n, atMs: FAULT_MS, isBlamed: true };
      const of = { upkeepId: 1n, owner: REQUESTER };
      stages.owners.lost({ ...of, tx: TX, ...loss });
      stages.owners.lost({ ...of, tx: hashOf(8), ...loss });
    });
    assert.equal(stages.owners.standingOf(REQUESTER).lost, 87n);
  });

  it('what one alone cost is at risk for an hour, and its owner not trusted with it again', () => {
    inFlight(9n);
    faulted(rawFor(9n));
    const { lostCost, lostRisk, sentCost, sentRisk } = upkeepOf(stages, 9n);
    assert.deepEqual([lostCost, lostRisk, sentCost, sentRisk], [40n, 30n, 0n, 0n]);
    assert.deepEqual(
      [FAULT_MS - 1, FAULT_MS].map((sinceMs) => stages.owners.atRisk(sinceMs)),
      [30n, 0n],
    );
    const { lost, underWay } = stages.owners.standingOf(REQUESTER);
    assert.deepEqual([lost, underWay], [0n, 40n]);
  });

  it('a claim that does not end well forgets nothing of what was to be claimed', () => {
    inFlight(9n);
    faulted(rawFor(9n));
    const owners = stages.owners;
    const claim = (sentCost: bigint) =>
      inTransaction(stages.db, () => {
        const sent = { tx: hashOf(8), sentDue: 15, sentCost, sentRisk: sentCost };
        assert.ok(stages.upkeeps.move(9n, 'runSigned', { reason: 'claim', ...sent }));
      });
    claim(5n);
    assert.equal(owners.atRisk(0), 35n);
    end((ending) => ending.dead(hashOf(8), 'it died'));
    claim(6n);
    end((ending) => ending.skipped(hashOf(8)));
    assert.equal(owners.atRisk(0), 30n);
    claim(7n);
    const claimed = { ...sent(rawFor(9n)), hash: hashOf(8) };
    end((ending) => ending.faulted(claimed, WHY, FAULT_MS));
    assert.deepEqual([upkeepOf(stages, 9n).lostTx, upkeepOf(stages, 9n).lostCost], [hashOf(8), 7n]);
    assert.deepEqual([owners.atRisk(0), owners.standingOf(REQUESTER).lost], [37n, 40n]);
  });

  it('the last one left of several does not pay for all of them', () => {
    inFlight(1n, 2n);
    inTransaction(stages.db, () => {
      const run = { reason: 'ran by another node', lastDue: 15, tx: null, sentDue: null };
      assert.ok(stages.upkeeps.move(2n, 'performedOnChain', run));
    });
    faulted(rawOf(SHARED_NONCE));
    assert.deepEqual(known(1n), { ...free, groupFaults: 1, alone: 'once' });
    assert.deepEqual(known(2n), { ...free, alone: 'no' }, 'what the chain ran stays as it is');
  });

  it('who was in three that FAULTed goes alone for good', () => {
    for (const [at, alone] of ['once', 'once', 'always'].entries()) {
      inFlight(1n, 2n);
      faulted(rawOf(SHARED_NONCE));
      assert.deepEqual(known(1n), { ...free, groupFaults: at + 1, alone });
    }
  });

  it('who went alone for good goes on to, after one that it shared', () => {
    inFlight(1n, 2n);
    noteUpkeep(stages, 1n, { alone: 'always' });
    faulted(rawOf(SHARED_NONCE));
    assert.equal(known(1n).alone, 'always');
  });

  it('one that died or was skipped cost nothing, and changes nothing else', () => {
    inFlight(1n, 2n);
    end((ending) => ending.dead(TX, 'it died'));
    assert.deepEqual(known(1n), { ...free, alone: 'no' });
    assert.equal(upkeepOf(stages, 2n).reason, 'it died');
    inFlight(1n, 2n);
    end((ending) => ending.skipped(TX));
    assert.deepEqual(known(2n), { ...free, alone: 'no' });
    assert.match(upkeepOf(stages, 1n).reason, /the gateway skipped this run/);
  });

  it('one that was cancelled meanwhile is gone, and can claim nothing', () => {
    inFlight(9n);
    inTransaction(stages.db, () => {
      const change = { reason: 'cancelled', tx: null, sentDue: null };
      assert.ok(stages.upkeeps.move(9n, 'cancelledOnChain', change));
    });
    faulted(rawFor(9n));
    assert.deepEqual(known(9n), { ...free, state: 'cancelled', alone: 'no' });
    assert.deepEqual(stages.upkeeps.withLosses(stages.clock.nowMs(), 9), []);
  });
});
