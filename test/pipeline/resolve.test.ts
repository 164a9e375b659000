import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.js';
import type { Hash160 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import {
  answerSuccess,
  type Outcome,
  type RequestOutcome,
  ResponseCode,
} from '../../src/base/outcome.js';
import { noCrash } from '../../src/pipeline/crash-point.js';
import { backoffMs, createResolve, type ResolveLimits } from '../../src/pipeline/resolve.js';
import type { RequestKind } from '../../src/requests/request-machine.js';
import { createRequestStore, type RequestRow } from '../../src/requests/request-store.js';
import { createRequestViews } from '../../src/requests/request-view-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { silentLog } from '../../src/telemetry/log.js';

const LIMITS: ResolveLimits = {
  concurrency: 4,
  concurrencyPerRequester: 3,
  maxAttempts: 3,
  backoffMs: 1_000,
  maxBackoffMs: 3_000,
  lastBlocks: 2,
};
const REACHED = 'the source could not be reached';
const trouble: Outcome = {
  kind: 'retry',
  reason: 'connection refused',
  afterMs: 0,
  otherwise: { code: ResponseCode.Timeout, reason: REACHED },
};

describe('resolving', () => {
  let dir: string;
  let db: Database;
  let nowMs: number;
  /** What a pause waits for. */
  let pause: Promise<void>;
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: () => pause,
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-resolve-'));
    db = openDatabase(join(dir, 'node.sqlite'));
    nowMs = 1_000_000;
    pause = Promise.resolve();
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  const add = (...ids: bigint[]): void => addFor(`0x${'aa'.repeat(20)}`, ...ids);

  const addFor = (requester: Hash160, ...ids: bigint[]): void => addOf('http', requester, ids);

  function addOf(kind: RequestKind, requester: Hash160, ids: readonly bigint[]): void {
    const requests = createRequestStore(db);
    inTransaction(db, () => {
      for (const id of ids) {
        requests.add(
          {
            id,
            kind,
            requester,
            payer: requester,
            subject: '{}',
            filter: '',
            maxFee: 100n,
            deadline: 240,
            block: 1,
            blockTimeMs: nowMs,
            tx: `0x${'bb'.repeat(32)}`,
          },
          'new',
          { atMs: nowMs, what: 'requested' },
        );
      }
    });
  }

  interface Given {
    readonly resolver: (row: RequestRow) => Promise<RequestOutcome>;
    readonly height?: number;
    readonly onBug?: (error: unknown) => void;
  }

  /** A resolving stage and a way to wait until it has recorded some outcomes. */
  function start(given: Given) {
    const { resolver, height = 1 } = given;
    const { onBug = (error) => assert.fail(String(error)) } = given;
    let recorded: () => void = () => {};
    const stage = createResolve({
      db,
      requests: createRequestStore(db),
      clock,
      log: silentLog,
      crashPoint: noCrash,
      limits: LIMITS,
      resolver,
      heightNow: () => height,
      onResolved: () => recorded(),
      onDuration: () => {},
      onRetry: () => {},
      onBug,
      signal: new AbortController().signal,
    });
    const next = (): Promise<void> => {
      const done = new Promise<void>((resolve) => {
        recorded = resolve;
      });
      stage.pump();
      return done;
    };
    return { stage, next };
  }

  it('records the answer, its code and its reason', async () => {
    add(1n);
    const { next } = start({ resolver: async () => answerSuccess(Buffer.from('[1]'), 'fetched') });
    await next();
    const row = createRequestStore(db).get(1n);
    assert.equal(row?.state, 'resolved');
    assert.equal(row?.code, ResponseCode.Success);
    assert.equal(row?.result?.toString(), '[1]');
    assert.match(row?.reason ?? '', /Success, 3 bytes: fetched/);
  });

  it('records together what is found close together, and at once what is alone', async () => {
    let goOn = (): void => {};
    pause = new Promise((resolve) => {
      goOn = resolve;
    });
    const answers = new Map<bigint, () => void>();
    const { next } = start({
      resolver: ({ id }) =>
        new Promise((resolve) => {
          answers.set(id, () => resolve(answerSuccess(Buffer.from('[1]'), 'fetched')));
        }),
    });
    const turns = async () => {
      for (let turn = 0; turn < 9; turn++) await new Promise(setImmediate);
    };
    const states = () => [1n, 2n, 3n].map((id) => createRequestStore(db).get(id)?.state);
    add(1n, 2n);
    const both = next();
    await turns();
    answers.get(1n)?.();
    await turns();
    answers.get(2n)?.();
    await turns();
    assert.deepEqual(states(), ['received', 'received', undefined]);
    goOn();
    await both;
    assert.deepEqual(states(), ['resolved', 'resolved', undefined]);
    pause = new Promise(() => {});
    add(3n);
    const alone = next();
    await turns();
    answers.get(3n)?.();
    await alone;
    assert.deepEqual(states(), ['resolved', 'resolved', 'resolved']);
  });

  it('tries a passing trouble again after a growing pause, then answers with its code', async () => {
    add(1n);
    const store = createRequestStore(db);
    const { next } = start({ resolver: async () => trouble });
    await next();
    assert.equal(store.get(1n)?.state, 'received');
    assert.equal(store.get(1n)?.dueMs, nowMs + 1_000);
    assert.match(store.get(1n)?.reason ?? '', /try 1 of 3 failed: connection refused/);
    nowMs += 1_000;
    await next();
    assert.equal(store.get(1n)?.dueMs, nowMs + 2_000);
    nowMs += 2_000;
    await next();
    assert.equal(store.get(1n)?.state, 'resolved');
    assert.equal(store.get(1n)?.code, ResponseCode.Timeout);
    const steps = createRequestViews(db)
      .explain(1n)
      ?.steps.map(({ what }) => what);
    assert.deepEqual(steps, ['requested', 'to be tried again', 'to be tried again', 'resolved']);
  });

  it('does not try again before the pause is over', async () => {
    add(1n);
    let tries = 0;
    const { next, stage } = start({
      resolver: async () => {
        tries += 1;
        return trouble;
      },
    });
    await next();
    nowMs += 999;
    stage.pump();
    await stage.idle();
    assert.equal(tries, 1);
  });

  it('answers a trouble at once when no blocks are left to try again', async () => {
    add(1n);
    const { next } = start({ resolver: async () => trouble, height: 238 });
    await next();
    assert.equal(createRequestStore(db).get(1n)?.state, 'resolved');
  });

  it('works on no more requests at once than its limit, and on all of them in the end', async () => {
    add(...Array.from({ length: 20 }, (_, at) => BigInt(at + 1)));
    let atOnce = 0;
    let most = 0;
    const { stage } = start({
      resolver: async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        return answerSuccess(Buffer.alloc(0));
      },
    });
    stage.pump();
    const states = createRequestViews(db);
    for (let turn = 0; turn < 500 && states.countByState().resolved !== 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(states.countByState().resolved, 20);
    assert.equal(most, LIMITS.concurrencyPerRequester);
  });

  it('leaves room for others beside a requester that fills its share', async () => {
    const [greedy, other] = [`0x${'aa'.repeat(20)}`, `0x${'cc'.repeat(20)}`] as const;
    add(...Array.from({ length: 50 }, (_, at) => BigInt(at + 1)));
    addFor(other, 51n);
    const begun: string[] = [];
    const { stage } = start({
      resolver: (row) => {
        begun.push(row.requester);
        return new Promise(() => {});
      },
    });
    stage.pump();
    assert.deepEqual(begun, [greedy, other, greedy, greedy]);
  });

  it('answers Error where a request meets a bug of the node, which goes on', async () => {
    add(1n);
    const { next } = start({
      resolver: async () => {
        throw new Error('a bug');
      },
    });
    await next();
    const row = createRequestStore(db).get(1n);
    assert.equal(row?.code, ResponseCode.Error);
    assert.match(row?.reason ?? '', /a fault of the node: a bug/);
  });

  it('tries again where the environment could not do the work', async () => {
    add(1n);
    const { next } = start({
      resolver: async () => {
        throw new NodeError('FILTER_WORKER_START', 'no thread', { retryable: true });
      },
    });
    await next();
    const row = createRequestStore(db).get(1n);
    assert.equal(row?.state, 'received');
    assert.match(row?.reason ?? '', /try 1 of 3 failed: no thread/);
  });

  describe('a random request, which takes nothing but its proof', () => {
    const recorded = async (outcome: RequestOutcome | Error, height = 1, tries = 1) => {
      addOf('random', `0x${'aa'.repeat(20)}`, [1n]);
      const resolver = async () => {
        if (outcome instanceof Error) throw outcome;
        return outcome;
      };
      const { next } = start({ resolver, height });
      for (let at = 0; at < tries; at++) {
        await next();
        nowMs += 60_000;
      }
      const { state, code, reason = '' } = createRequestStore(db).get(1n) ?? {};
      return { state, code, reason };
    };
    const stuck = (reason: string) => ({ state: 'stuck', code: null, reason });

    it('is given up with its reason where there is no key for it', async () => {
      assert.deepEqual(await recorded({ kind: 'giveUp', reason: 'no key' }), stuck('no key'));
    });

    it('is given up where another request would be answered with a code', async () => {
      const bug = new Error('a bug');
      assert.deepEqual(await recorded(bug), stuck('a fault of the node: a bug'));
    });

    it('is given up rather than answered with the code of a trouble', async () => {
      const { state, reason } = await recorded(trouble, 239);
      assert.deepEqual([state, reason], ['stuck', `${REACHED} (close to its deadline)`]);
    });

    it('waits for trouble to pass, however often it was tried', async () => {
      const wait = { kind: 'wait', reason: 'others may read the file', afterMs: 0 } as const;
      const { state, reason } = await recorded(wait, 239, 5);
      assert.deepEqual([state, reason], ['received', 'try 5 failed: others may read the file']);
    });

    it('waits where an endpoint could not be asked for its key', async () => {
      const down = new NodeError('RPC_DOWN', 'no endpoint', { retryable: true });
      const { state, reason } = await recorded(down, 239, 4);
      assert.deepEqual([state, reason], ['received', 'try 4 failed: no endpoint']);
    });

    it('waits where an endpoint answered that reading its key FAULTed', async () => {
      const failed = new NodeError('CONTRACT_READ_FAILED', 'a contract read failed: no reason');
      const { state, reason } = await recorded(failed, 239, 4);
      assert.deepEqual([state, reason], ['received', `try 4 failed: ${failed.message}`]);
    });
  });

  it('doubles its pauses up to the longest', () => {
    assert.deepEqual(
      [1, 2, 3, 60].map((attempts) => backoffMs(attempts, LIMITS)),
      [1_000, 2_000, 3_000, 3_000],
    );
  });
});
