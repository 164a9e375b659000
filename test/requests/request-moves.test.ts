import assert from 'node:assert/strict';
import { createRequestStore, MAX_STEPS } from '../../src/requests/request-store.js';
import { createRequestViews } from '../../src/requests/request-view-store.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, hashOf, type Stages } from '../pipeline/stage-fixture.js';

describe('a request that moves', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
  });
  afterEach(() => stages.close());

  const step = { atMs: 1, what: 'test' };
  const told: [id: bigint, kind: string, state: string][] = [];
  /** A store that has read no request yet, like that of a node that was just started. */
  function freshStore() {
    told.length = 0;
    return createRequestStore(stages.db, (id, kind, state) => void told.push([id, kind, state]));
  }

  it('is told of with its kind and state, be it known to the store or not', () => {
    stages.add(1n, [], { kind: 'oracle' });
    stages.add(2n, ['deadlinePassed', 'refundSigned']);
    const requests = freshStore();
    inTransaction(stages.db, () => {
      assert.equal(requests.move(1n, 'answerFound', { reason: 'unread' }, step), true);
      requests.get(1n);
      assert.equal(requests.move(1n, 'answerSigned', { reason: 'read' }, step), true);
      requests.brief(1n);
      // Where to depends on where from.
      assert.equal(requests.move(1n, 'transactionDead', { reason: 'dead' }, step), true);
      assert.equal(requests.move(2n, 'transactionDead', { reason: 'dead' }, step), true);
    });
    assert.deepEqual(told, [
      [1n, 'oracle', 'resolved'],
      [1n, 'oracle', 'sent'],
      [1n, 'oracle', 'resolved'],
      [2n, 'http', 'overdue'],
    ]);
    assert.deepEqual([stages.stateOf(1n), stages.stateOf(2n)], ['resolved', 'overdue']);
  });

  it('changes nothing, and is not told of, where it cannot move so', () => {
    stages.add(1n, ['answerFound']);
    const requests = freshStore();
    const move = () =>
      inTransaction(stages.db, () => requests.move(1n, 'retryLater', { reason: 'again' }, step));
    assert.equal(move(), false);
    const before = requests.get(1n);
    assert.equal(move(), false);
    assert.deepEqual(requests.get(1n), before);
    assert.deepEqual(told, []);
  });

  it('keeps so many lines of its history, and has later ones replace the last', () => {
    stages.add(1n);
    const note = (at: number) => {
      const odd = at % 2 === 1 ? { block: at, tx: hashOf(at), why: `why ${at}`, fee: 5n } : {};
      stages.requests.note(1n, { atMs: at, what: `line ${at}`, ...odd });
    };
    inTransaction(stages.db, () => {
      for (let at = 2; at <= MAX_STEPS + 1; at++) note(at);
    });
    const last = () => createRequestViews(stages.db).explain(1n)?.steps ?? [];
    assert.equal(last().length, MAX_STEPS);
    assert.equal(last().at(-2)?.what, `line ${MAX_STEPS - 1}`);
    const at = MAX_STEPS + 1;
    const { atMs, what, block, tx, why, feeDatoshi } = last().at(-1) ?? {};
    assert.deepEqual(
      { atMs, what, block, tx, why, feeDatoshi },
      { atMs: at, what: `line ${at}`, block: at, tx: hashOf(at), why: `why ${at}`, feeDatoshi: 5n },
    );
    inTransaction(stages.db, () => note(at + 1));
    assert.equal(last().length, MAX_STEPS);
    const { what: replaced, block: none } = last().at(-1) ?? {};
    assert.deepEqual([replaced, none], [`line ${at + 1}`, null]);
  });
});
