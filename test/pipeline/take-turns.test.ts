import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { createTurns, type TurnsWanted } from '../../src/pipeline/take-turns.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, type Stages } from './stage-fixture.js';

const account = (number: number): Hash160 =>
  hash160(`0x${number.toString(16).padStart(2, '0').repeat(20)}`);
const [GREEDY, ALICE, BOB] = [account(0xbb), account(0xaa), account(0xcc)];

describe('what is worked on next', () => {
  let stages: Stages;
  let nextId: bigint;
  beforeEach(() => {
    stages = createStages();
    // Hundreds of requests, one transaction each: nothing of them need outlive the power.
    stages.db.pragma('synchronous = OFF');
    nextId = 1n;
  });
  afterEach(() => stages.close());

  const ask = (requester: Hash160, count = 1): readonly bigint[] =>
    Array.from({ length: count }, () => {
      const id = nextId++;
      stages.add(id, [], { requester });
      return id;
    });

  /** Takes what is next, and ends it at once; the ids in their order. */
  function work(turns: ReturnType<typeof createTurns>, more: Partial<TurnsWanted> = {}): bigint[] {
    const wanted = { nowMs: stages.clock.nowMs(), room: 4, busy: new Map<bigint, Hash160>() };
    const chosen = turns.choose({ ...wanted, mostOf: () => Number.POSITIVE_INFINITY, ...more });
    for (const { id, requester } of chosen) {
      turns.tookTurn(requester);
      const change = { reason: 'found', code: 0 as const, result: null };
      inTransaction(stages.db, () =>
        stages.requests.move(id, 'answerFound', change, { atMs: 1, what: 'found' }),
      );
    }
    return chosen.map(({ id }) => id);
  }
  const turnsOf = () => createTurns(stages.requests, 'received');

  it('is the oldest, whoever asked, while all that is due is within reach', () => {
    ask(GREEDY, 2);
    ask(ALICE);
    ask(GREEDY);
    assert.deepEqual(work(turnsOf()), [1n, 2n, 3n, 4n]);
  });

  it('is one of each requester in turn where more is due: who asks for much waits for himself', () => {
    ask(GREEDY, 100);
    ask(ALICE, 2);
    ask(BOB);
    const turns = turnsOf();
    assert.deepEqual(work(turns), [101n, 1n, 103n, 102n]);
    assert.deepEqual(work(turns), [2n, 3n, 4n, 5n]);
  });

  it('waits for no more than one turn of each other, however many ask for too much', () => {
    const many = Array.from({ length: 20 }, (_, at) => account(at + 1));
    for (const requester of many) ask(requester, 30);
    const turns = turnsOf();
    work(turns);
    const [late] = ask(BOB) as [bigint];
    let rounds = 1;
    while (!work(turns).includes(late)) rounds += 1;
    assert.ok(rounds <= Math.ceil((many.length + 1) / 4), `${rounds} rounds of 4`);
  });

  it('is, of one requester, the oldest also where it was tried before', () => {
    const [first] = ask(GREEDY, 100) as [bigint];
    const until = stages.clock.nowMs() + 1_000;
    inTransaction(stages.db, () => stages.requests.hold(first, 'again', until, null));
    const turns = turnsOf();
    assert.deepEqual(work(turns), [2n, 3n, 4n, 5n]);
    stages.advance(1_000);
    // What is new all the time, and due at once, does not keep it waiting.
    assert.deepEqual(work(turns), [1n, 6n, 7n, 8n]);
  });

  it('is nothing that is worked on, nor more of a requester than he may have', () => {
    const greedy = ask(GREEDY, 100);
    ask(ALICE, 2);
    const busy = new Map(greedy.slice(0, 3).map((id) => [id, GREEDY]));
    const mostOf = (requester: Hash160): number => (requester === GREEDY ? 1 : 9);
    assert.deepEqual(work(turnsOf(), { busy, mostOf }), [101n, 4n, 102n]);
    assert.deepEqual(work(turnsOf(), { room: 0 }), []);
    assert.deepEqual(work(turnsOf(), { mostOf: () => 0 }), []);
  });

  it('fills all the room there is from whoever has enough', () => {
    ask(GREEDY, 50);
    for (const requester of [ALICE, BOB]) ask(requester);
    assert.equal(work(turnsOf(), { room: 32 }).length, 32);
  });

  it('looks at no more requesters than there is room for, however many have something due', () => {
    for (let at = 1; at <= 40; at++) ask(account(at), 3);
    const asked = new Set<Hash160>();
    const hasMoreThan: Stages['requests']['hasMoreThan'] = (state, requester, ...of) => {
      asked.add(requester);
      return stages.requests.hasMoreThan(state, requester, ...of);
    };
    work(createTurns({ ...stages.requests, hasMoreThan }, 'received'));
    assert.equal(asked.size, 4);
  });

  it('keeps nobody out whose account stands behind those of many who only wait', () => {
    for (let at = 0; at < 700; at++) {
      ask(hash160(`0x${at.toString(16).padStart(40, '0')}`));
    }
    inTransaction(stages.db, () => {
      for (let id = 1n; id < nextId; id++) stages.requests.hold(id, 'waits', 60_000, null);
    });
    const late = ask(BOB, 40);
    ask(GREEDY, 40);
    const turns = turnsOf();
    const done = Array.from({ length: 8 }, () => work(turns)).flat();
    const ofBob = done.filter((id) => late.includes(id)).length;
    assert.equal(done.length, 32);
    // Two looks pass by those who wait; what is done meanwhile is the oldest.
    assert.ok(ofBob >= 12 && ofBob <= 24, `${ofBob} of 32 were his`);
  });

  it('ends every request, each once, and each requester oldest first (property)', () => {
    const asked = fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 20 })), { maxLength: 5 });
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: 9 }), (list, room) => {
        const own = createStages();
        own.db.pragma('synchronous = OFF');
        try {
          const [outer, from] = [stages, nextId];
          stages = own;
          const ids = list.flatMap(([number, count]) =>
            ask(account(number), count).map((id) => ({ id, number })),
          );
          const turns = turnsOf();
          const done: bigint[] = [];
          for (let ended = work(turns, { room }); ended.length > 0; ) {
            done.push(...ended);
            ended = work(turns, { room });
          }
          stages = outer;
          nextId = from;
          for (const number of [0, 1, 2, 3, 4]) {
            const his = ids.filter((one) => one.number === number).map(({ id }) => id);
            assert.deepEqual(
              done.filter((id) => his.includes(id)),
              his,
            );
          }
          assert.equal(done.length, ids.length);
        } finally {
          own.close();
        }
      }),
      { numRuns: 10 },
    );
  });
});
