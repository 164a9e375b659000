import assert from 'node:assert/strict';
import { BURNT } from '../../src/gasbank/accounts.js';
import { drawIdOf } from '../../src/pipeline/transaction-ending.js';
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

  it('that HALTed has its fees posted, and what it skipped is planned anew', () => {
    send([1n, 2n]);
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
    end(() => stages.ending.faulted(TX, 20, 'ABORT', 5));
    assert.equal(wallet().posted, 965n);
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

  it('ends once, whatever is told of it later', () => {
    send([1n]);
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
});
