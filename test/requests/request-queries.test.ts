import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash160 } from '../../src/base/hash.js';
import { createRequestStore, LONGEST_WAIT_MS } from '../../src/requests/request-store.js';
import { createRequestViews } from '../../src/requests/request-view-store.js';
import { createTurnQueries } from '../../src/requests/turn-queries-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { createStages } from '../pipeline/stage-fixture.js';

const ALICE = hash160(`0x${'aa'.repeat(20)}`);

describe('queries that run with each block or each look at the metrics', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-queries-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  /** How SQLite goes about each statement that is prepared while `use` runs. */
  function plansOf(use: () => void): string[] {
    const plans: string[] = [];
    const prepare = db.prepare.bind(db);
    db.prepare = ((sql: string) => {
      if (sql.startsWith('SELECT')) {
        const places = Array.from({ length: sql.split('?').length - 1 }, () => 0);
        const rows = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...places) as { detail: string }[];
        plans.push(rows.map(({ detail }) => detail).join('; '));
      }
      return prepare(sql);
    }) as typeof db.prepare;
    use();
    db.prepare = prepare;
    return plans;
  }

  it('find what is past its deadline without reading all that is open', () => {
    const requests = createRequestStore(db);
    const plans = plansOf(() => inTransaction(db, () => requests.pastDeadline(5)));
    assert.match(plans.join(), /USING (COVERING )?INDEX request_open_by_deadline \(deadline<\?\)/);
  });

  it('find the oldest that is open without reading all that has ended', () => {
    const plans = plansOf(() => createRequestViews(db));
    const oldest = plans.filter((plan) => /^SEARCH request( |$)/.test(plan));
    for (const plan of oldest) assert.match(plan, /USING ((COVERING )?INDEX|INTEGER PRIMARY KEY)/);
  });

  it('count by state without reading what has ended', () => {
    const plans = plansOf(() => createRequestViews(db));
    const counting = plans.filter((plan) => plan.includes('request_ended'));
    assert.equal(counting.length, 1);
    for (const plan of counting) assert.doesNotMatch(plan, /SCAN request( |;|$)/);
    const open = counting.filter((plan) => /SEARCH request /.test(plan));
    assert.match(open.join(), /INDEX request_by_state \(state=\?\)/);
  });

  it('find what is due by ranges of an index, whatever waits', () => {
    const requests = createRequestStore(db);
    const plans = plansOf(() => {
      requests.dueIds('resolved', 5, 9);
    });
    const isCount = (plan: string) =>
      /COVERING INDEX request_(by_state|in_turn) \(state=\?\)$/.test(plan);
    assert.equal(plans.filter(isCount).length, 1);
    const ranges = plans.filter((plan) => !isCount(plan));
    assert.equal(ranges.filter((plan) => /request_by_state/.test(plan)).length, 2);
    for (const plan of ranges) {
      assert.match(plan, /INDEX request_(by_state|in_turn) \(state=\? AND (due_ms|requester)[<>=]/);
      assert.doesNotMatch(plan, /TEMP B-TREE/);
    }
  });

  it('name the state in their text: given as a value, SQLite plans them anew each time', () => {
    const named: string[] = [];
    const prepare = db.prepare.bind(db);
    db.prepare = ((sql: string) => {
      named.push(sql);
      return prepare(sql);
    }) as typeof db.prepare;
    const requests = createRequestStore(db);
    requests.count('resolved');
    requests.dueIds('received', 1, 1);
    inTransaction(db, () =>
      requests.move(1n, 'answerFound', { reason: '' }, { atMs: 1, what: '' }),
    );
    createRequestViews(db).oldestByState();
    const ofState = named.filter((sql) => /\bstate\b/.test(sql));
    assert.ok(ofState.length >= 10, named.join('; '));
    for (const sql of ofState) assert.doesNotMatch(sql, /\bstate = \?/);
  });

  it('find who is next and his oldest by ranges of an index, whatever others have waiting', () => {
    const requests = createRequestStore(db);
    const plans = plansOf(() => {
      createTurnQueries(db);
    });
    const ranges = [
      'requester>?',
      'requester=? AND due_ms=?',
      'requester=? AND due_ms=?',
      'requester=? AND due_ms>? AND due_ms<?',
    ];
    const ofState = ranges.map(
      (range) => `SEARCH request USING COVERING INDEX request_in_turn (state=? AND ${range})`,
    );
    assert.deepEqual(plans, [...ofState, ...ofState, ...ofState]);
    assert.deepEqual(requests.oldestOf('received', ALICE, 5, 9), []);
  });

  it('tell without reading them whether more are due than so many', () => {
    const plans = plansOf(() => {
      createRequestStore(db).areMoreDueThan('resolved', 5, 9);
    });
    const range = 'SEARCH request USING COVERING INDEX request_by_state (state=? AND due_ms<?)';
    assert.ok(plans.includes(range), plans.join('; '));
    for (const plan of plans) assert.doesNotMatch(plan, /TEMP B-TREE/);
    const stages = createStages();
    try {
      for (const id of [1n, 2n, 3n]) stages.add(id, []);
      inTransaction(stages.db, () => stages.requests.hold(3n, 'waits', 60, null));
      const { requester } = stages.requests.get(1n) ?? { requester: ALICE };
      const more = (nowMs: number, count: number) => [
        stages.requests.areMoreDueThan('received', nowMs, count),
        stages.requests.hasMoreThan('received', requester, nowMs, count),
      ];
      assert.deepEqual(
        [more(59, 1), more(59, 2)],
        [
          [true, true],
          [false, false],
        ],
      );
      assert.deepEqual(
        [more(60, 2), more(60, 3)],
        [
          [true, true],
          [false, false],
        ],
      );
    } finally {
      stages.close();
    }
  });
});

describe('how many requests there are', () => {
  it('is told by state', () => {
    const stages = createStages();
    try {
      stages.add(1n, []);
      stages.add(2n, ['answerFound']);
      stages.add(3n, ['answeredOnChain']);
      stages.add(4n, ['answerFound', 'answerSigned', 'answeredOnChain']);
      stages.add(5n, ['deadlinePassed', 'expiredOnChain']);
      const views = createRequestViews(stages.db);
      const expected = { received: 1, resolved: 1, answered: 2, expired: 1 };
      assert.deepEqual(views.countByState(), expected);
      // An end is counted once, however often it is told.
      const step = { atMs: 1, what: 'again' };
      inTransaction(stages.db, () =>
        stages.requests.move(3n, 'answeredOnChain', { reason: 'again' }, step),
      );
      assert.deepEqual(views.countByState(), expected);
    } finally {
      stages.close();
    }
  });
});

describe('what is due', () => {
  it('is what a clock that was ahead put off, too, after what is due by now', () => {
    const stages = createStages();
    try {
      const hold = (id: bigint, dueMs: number): void => {
        stages.add(id, ['answerFound']);
        inTransaction(stages.db, () => stages.requests.hold(id, 'held', dueMs, null));
      };
      const nowMs = 1_000_000;
      hold(1n, nowMs + LONGEST_WAIT_MS + 1);
      hold(2n, nowMs + LONGEST_WAIT_MS);
      hold(3n, nowMs + 1);
      hold(4n, nowMs);
      const due = (limit: number) => stages.requests.dueIds('resolved', nowMs, limit);
      assert.deepEqual(
        due(9).map(({ id }) => id),
        [4n, 1n],
      );
      assert.deepEqual(
        due(1).map(({ id }) => id),
        [4n],
      );
      const idsAt = (atMs: number) =>
        stages.requests.dueIds('resolved', atMs, 9).map(({ id }) => id);
      assert.deepEqual(idsAt(nowMs), [4n, 1n]);
      inTransaction(stages.db, () => stages.requests.hold(1n, 'held', nowMs + 1, null));
      assert.deepEqual(idsAt(nowMs), [4n]);
      // The clock, put right, is behind what it put off since it was last looked.
      assert.deepEqual(idsAt(nowMs - LONGEST_WAIT_MS), [1n, 3n, 2n]);
    } finally {
      stages.close();
    }
  });

  it('is what waits for longer than so many would, as after a clock was set back a little', () => {
    const stages = createStages();
    try {
      for (const id of [1n, 2n]) {
        stages.add(id, ['answerFound']);
        const dueMs = id === 1n ? 1_200 : 1_201;
        inTransaction(stages.db, () => stages.requests.hold(id, 'held', dueMs, null));
      }
      const requests = createRequestStore(stages.db, undefined, (waiting) => waiting * 100);
      const due = requests.dueIds('resolved', 1_000, 9);
      assert.deepEqual(
        due.map(({ id }) => id),
        [2n],
      );
    } finally {
      stages.close();
    }
  });
});
