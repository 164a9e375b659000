import assert from 'node:assert/strict';
import { readTrigger } from '../../src/automation/trigger.js';
import { BURNT, OUTSIDE } from '../../src/gasbank/accounts.js';
import { drawIdOf, takenIdOf } from '../../src/pipeline/transaction-ending.js';
import type { TransactionPurpose } from '../../src/pipeline/transaction-store.js';
import { inTransaction } from '../../src/storage/database.js';
import {
  ACCOUNT,
  createStages,
  hashOf,
  rawFor,
  rawOf,
  type Stages,
  WALLET,
} from './stage-fixture.js';

const TX = hashOf(7);

describe('a transaction of the node', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
    stages.fund(1_000n);
  });
  afterEach(() => stages.close());

  /** A transaction in flight for requests, with 30 + 5 datoshi of fees. */
  function send(ids: readonly bigint[], purpose: TransactionPurpose = 'respond', raw = rawOf(9)) {
    const { db, requests, ledger, transactions } = stages;
    const isAnswer = purpose === 'respond';
    for (const id of ids) stages.add(id, isAnswer ? ['answerFound'] : ['deadlinePassed']);
    inTransaction(db, () => {
      for (const id of ids) {
        const event = isAnswer ? 'answerSigned' : 'refundSigned';
        requests.move(id, event, { reason: 'sent', tx: TX }, { atMs: 1, what: 'sent' });
      }
      const fees = { debit: WALLET, credit: BURNT, amount: 35n, cause: 'fees' } as const;
      const draw = { ...fees, id: drawIdOf(TX), block: null, tx: TX, requestId: null };
      ledger.draw(draw, 1);
      const terms = { systemFee: 30n, networkFee: 5n, validUntilBlock: 50, signedMs: 1 };
      transactions.add({ hash: TX, raw, purpose, account: ACCOUNT, ...terms });
    });
  }
  const wallet = () => stages.ledger.balance(WALLET);
  const end = (work: () => boolean): boolean => inTransaction(stages.db, work);
  /** Its block is taken in: what it burnt is on the books. */
  const inBlock = (nonce: number | null = null): void =>
    inTransaction(stages.db, () => {
      const fault = nonce === null ? null : { nonce };
      const fees = { kind: 'fees', account: ACCOUNT, tx: TX, amount: 35n, fault } as const;
      stages.ending.burnt(fees, 20, 5);
    });

  it('for a run of an upkeep leaves it to be planned anew, however it ends without it', () => {
    const ends = {
      halted: () => stages.ending.halted(TX, 20, 5),
      faulted: () => stages.ending.faulted(TX, 20, 'ABORT', 5),
      dead: () => stages.ending.dead(TX, 51, 'it died', 5),
    };
    const reasons = [];
    for (const [how, work] of Object.entries(ends)) {
      stages.close();
      stages = createStages();
      stages.fund(1_000n);
      send([], 'upkeep', rawFor(9n));
      inTransaction(stages.db, () => {
        const registered = { block: 5, timeMs: 5_000 };
        const terms = { owner: ACCOUNT, target: ACCOUNT, method: 'run', maxFee: 100n };
        const read = readTrigger('every:1');
        const found = read.kind === 'trigger' ? read.trigger : null;
        const trigger = { triggerText: 'every:1', trigger: found, registered };
        stages.upkeeps.add({ id: 9n, ...terms, ...trigger, registeredTx: TX }, 'new', 6);
        const sent = { reason: 'sent', tx: TX, sentDue: 6 };
        assert.ok(stages.upkeeps.move(9n, 'runSigned', sent), how);
      });
      if (how !== 'dead') inBlock(how === 'faulted' ? 9 : null);
      assert.equal(end(work), true);
      const row = stages.upkeeps.get(9n);
      assert.deepEqual([row?.tx, row?.sentDue], [null, null], how);
      assert.equal(row?.lostTx ?? null, how === 'faulted' ? TX : null, how);
      reasons.push(row?.reason);
    }
    assert.match(reasons[0] ?? '', /the gateway skipped this run/);
    assert.match(reasons[1] ?? '', /^its transaction FAULTed in block 20: ABORT$/);
    assert.equal(reasons[2], 'it died');
  });

  it('that HALTed has its fees posted, and what it skipped is planned anew', () => {
    send([1n, 2n]);
    assert.equal(stages.ending.isBurnt(TX), false);
    inBlock();
    assert.equal(stages.ending.isBurnt(TX), true);
    assert.equal(
      end(() => stages.ending.halted(TX, 20, 5)),
      true,
    );
    assert.deepEqual(wallet(), { posted: 965n, drawn: 0n, available: 965n });
    assert.deepEqual([stages.stateOf(1n), stages.stateOf(2n)], ['resolved', 'resolved']);
    assert.equal(stages.requests.get(1n)?.tx, null);
    assert.equal(stages.transactions.get(TX)?.state, 'halted');
  });

  it('that FAULTed burns its fees, and can be claimed when it was for one request alone', () => {
    send([300n], 'respond', rawFor(300n));
    inBlock(300);
    end(() => stages.ending.faulted(TX, 20, 'ABORT', 5));
    assert.equal(wallet().posted, 965n);
    assert.equal(stages.ledger.balance('lost').posted, 35n);
    const fault = { tx: TX, account: ACCOUNT, nonce: 300, block: 20, fees: 35n, claimedBy: null };
    assert.deepEqual(stages.faults.chargedBy(300n, ACCOUNT, 35n, null, -1), fault);
    const row = stages.requests.get(300n);
    assert.deepEqual([row?.state, row?.faults, row?.lostTx], ['resolved', 1, TX]);
    assert.match(row?.reason ?? '', /its transaction FAULTed in block 20: ABORT/);
  });

  it('that FAULTed with several answers is claimed of nobody, and all go alone from then on', () => {
    send([1n, 2n, 3n]);
    end(() => stages.ending.faulted(TX, 20, 'ABORT', 5));
    for (const id of [1n, 2n, 3n]) {
      const row = stages.requests.get(id);
      assert.deepEqual([row?.state, row?.faults, row?.lostTx], ['resolved', 1, null]);
    }
  });

  it('that was shared is not claimed of the last of its requests either', () => {
    send([1n, 2n]);
    inTransaction(stages.db, () => {
      const change = { reason: 'by another node', tx: null };
      stages.requests.move(2n, 'answeredOnChain', change, { atMs: 1, what: 'answered' });
    });
    end(() => stages.ending.faulted(TX, 20, 'ABORT', 5));
    const row = stages.requests.get(1n);
    assert.deepEqual([row?.state, row?.faults, row?.lostTx], ['resolved', 1, null]);
  });

  it('that FAULTed as a refund is no fault of its requests', () => {
    send([1n], 'expire', rawFor(1n));
    end(() => stages.ending.faulted(TX, 20, 'ABORT', 5));
    const row = stages.requests.get(1n);
    assert.deepEqual([row?.state, row?.faults, row?.lostTx], ['overdue', 0, null]);
  });

  it('that died cost nothing, and its requests are planned anew', () => {
    send([1n]);
    end(() => stages.ending.dead(TX, 50, 'in no block', 5));
    assert.deepEqual(wallet(), { posted: 1_000n, drawn: 0n, available: 1_000n });
    assert.deepEqual(
      [stages.stateOf(1n), stages.transactions.get(TX)?.state],
      ['resolved', 'dead'],
    );
  });

  it('frees what it was to move besides its fees, however it ends', () => {
    const ends = [
      () => stages.ending.halted(TX, 20, 5),
      () => stages.ending.faulted(TX, 20, 'ABORT', 5),
      () => stages.ending.dead(TX, 51, 'too late', 5),
    ];
    for (const [place, ended] of ends.entries()) {
      stages.close();
      stages = createStages();
      stages.fund(1_000n);
      send([], 'order');
      const taken = {
        debit: WALLET,
        credit: OUTSIDE,
        amount: 100n,
        cause: 'order amount',
      } as const;
      const draw = { ...taken, id: takenIdOf(TX), block: null, tx: TX, requestId: null };
      inTransaction(stages.db, () => stages.ledger.draw(draw, 1));
      assert.equal(wallet().drawn, 135n);
      if (place < 2) inBlock();
      assert.equal(end(ended), true);
      const left = place === 2 ? 1_000n : 965n;
      assert.deepEqual(wallet(), { posted: left, drawn: 0n, available: left });
    }
  });

  it('ends once, whatever is told of it later', () => {
    send([1n]);
    inBlock(1);
    assert.equal(
      end(() => stages.ending.faulted(TX, 20, 'ABORT', 5)),
      true,
    );
    assert.equal(
      end(() => stages.ending.halted(TX, 20, 5)),
      false,
    );
    assert.equal(
      end(() => stages.ending.dead(TX, 60, 'late', 5)),
      false,
    );
    assert.equal(wallet().posted, 965n);
    assert.equal(stages.requests.get(1n)?.faults, 1);
  });

  it('that is not of this database changes nothing', () => {
    assert.equal(
      end(() => stages.ending.halted(hashOf(8), 20, 5)),
      false,
    );
    assert.equal(
      end(() => stages.ending.faulted(hashOf(8), 20, 'ABORT', 5)),
      false,
    );
    assert.equal(wallet().posted, 1_000n);
  });

  it('that is dead is so once, and one of another database never', () => {
    send([1n]);
    const dead = (tx = TX) => end(() => stages.ending.dead(tx, 50, 'in no block', 5));
    assert.deepEqual([dead(), dead(), dead(hashOf(8))], [true, false, false]);
    assert.deepEqual(wallet(), { posted: 1_000n, drawn: 0n, available: 1_000n });
  });

  const burn = (amount: bigint, isFault: boolean, tx = TX) =>
    inTransaction(stages.db, () =>
      stages.ending.burnt(
        { kind: 'fees', account: ACCOUNT, tx, amount, fault: isFault ? { nonce: 1 } : null },
        20,
        5,
      ),
    );

  it('has its fees booked by its block alone, whatever an endpoint says of it then', () => {
    send([1n]);
    burn(35n, true);
    burn(35n, true);
    assert.deepEqual(wallet(), { posted: 965n, drawn: 0n, available: 965n });
    assert.equal(stages.ledger.balance('lost').posted, 35n);
    assert.equal(stages.ledger.balance(BURNT).posted, 0n);
    assert.equal(
      end(() => stages.ending.dead(TX, 60, 'unknown to the endpoint', 5)),
      false,
    );
    assert.equal(stages.stateOf(1n), 'sent');
    end(() => stages.ending.faulted(TX, 20, 'ABORT', 5));
    assert.deepEqual([wallet().posted, stages.stateOf(1n)], [965n, 'resolved']);
  });

  it('that is in a block after all, though it was taken for dead, is paid for', () => {
    send([1n]);
    end(() => stages.ending.dead(TX, 50, 'in no block', 5));
    burn(35n, false);
    assert.deepEqual(wallet(), { posted: 965n, drawn: 0n, available: 965n });
    assert.equal(stages.ledger.balance(BURNT).posted, 35n);
    const last = stages.db.prepare('SELECT cause FROM ledger_transfer ORDER BY rowid DESC').pluck();
    assert.equal(last.get(), 'fees elsewhere');
  });

  it('of somebody else with the same key is paid for too', () => {
    burn(7n, false, hashOf(8));
    burn(9n, true, hashOf(9));
    assert.equal(wallet().posted, 984n);
    assert.equal(stages.ledger.balance(BURNT).posted, 7n);
    assert.equal(stages.ledger.balance('lost').posted, 9n);
  });
});
