import assert from 'node:assert/strict';
import { createFilterEvaluator, type FilterTask } from '../../src/filters/evaluate-filter.js';
import { evaluateInstantly } from '../../src/filters/evaluate-instantly.js';
import type { Dialect, FilterOutcome } from '../../src/filters/filter-outcome.js';
import type { FilterPool } from '../../src/filters/filter-pool.js';

const PROFILE = { profile: 'neo-go', maxResultBytes: 60, maxBodyBytes: 3_000 } as const;
const BODY = Buffer.from('{"a":[1,{"b":"é"}],"n":12345678901234567890}');

describe('an instant filter', () => {
  /** What the pool's threads were asked, and a pool that asks them. */
  function opened(evaluate = createFilterEvaluator()) {
    const threads = createFilterEvaluator();
    const asked: string[] = [];
    let isClosed = false;
    const inThread = (task: FilterTask): FilterOutcome => {
      const reply = threads(task);
      return reply.kind === 'matched' ? { ...reply, json: Buffer.from(reply.json) } : reply;
    };
    const pool: FilterPool = {
      async evaluate(dialect, path, body, signal) {
        asked.push(path);
        if (isClosed || signal?.aborted) return { kind: 'cancelled', reason: 'closed' };
        return inThread({ dialect, path, body, ...PROFILE });
      },
      ready: async () => {},
      status: () => ({ threads: 1, running: 0, queued: 0, queuedBytes: 0 }),
      close: async () => {
        isClosed = true;
      },
    };
    let loads = 0;
    const load = async (): Promise<typeof evaluate> => {
      loads += 1;
      return evaluate;
    };
    const instant = evaluateInstantly(pool, { ...PROFILE, load });
    return { instant, pool, asked, loads: () => loads };
  }
  /** With the evaluator loaded. */
  async function ready(evaluate?: ReturnType<typeof createFilterEvaluator>) {
    const all = opened(evaluate);
    await all.instant.evaluate('native', '$', BODY);
    await Promise.resolve();
    all.asked.length = 0;
    return all;
  }

  it('loads the evaluator after the first that can use it, once', async () => {
    const { instant, asked, loads } = opened();
    await instant.evaluate('native', '$..a', BODY);
    assert.equal(loads(), 0);
    await instant.evaluate('native', '$.a', BODY);
    await instant.evaluate('rfc9535', '$.a', BODY);
    await instant.evaluate('native', '$.a', Buffer.from('!'));
    assert.deepEqual([loads(), asked], [1, ['$..a', '$.a']]);
  });

  it('has the outcome that a thread has, whatever the body holds', async () => {
    const { instant, pool, asked } = await ready();
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    const bodies = [nested(900), nested(1_200), '', '{"a":', '{"a":1,"a":2}', '"\\ud800"', '\xff'];
    const paths = ['$', '$.a', '$.a[1].b', `$['n']`, '$.a[0].x', '$[0]'];
    const dialects: Dialect[] = ['native', 'rfc9535'];
    for (const dialect of dialects) {
      for (const path of paths) {
        for (const body of [BODY, ...bodies.map((text) => Buffer.from(text, 'latin1'))]) {
          const outcome = await instant.evaluate(dialect, path, body);
          assert.deepEqual(outcome, await pool.evaluate(dialect, path, body), `${dialect} ${path}`);
        }
      }
    }
    assert.equal(asked.length, dialects.length * paths.length * (bodies.length + 1));
  });

  it('leaves all others to the threads, and what this thread cannot carry', async () => {
    let limits = 0;
    const { instant, asked } = await ready((task) => {
      if (task.path === '$.bug') throw new TypeError('bug');
      limits += 1;
      return { kind: 'limit', reason: 'the stack ends here' };
    });
    const long = `$.${'a'.repeat(127)}`;
    const others: readonly (readonly [string, Buffer])[] = [
      ['$..a', BODY],
      ['$[?@.a]', BODY],
      [long, BODY],
      ['$.large', Buffer.alloc(2_999 + 2, ' ')],
      ['$.bug', BODY],
    ];
    for (const [path, body] of others) await instant.evaluate('rfc9535', path, body);
    assert.deepEqual([limits, asked], [0, others.map(([path]) => path)]);
    const outcome = await instant.evaluate('rfc9535', '$.a[0]', BODY);
    assert.deepEqual([limits, outcome.kind], [1, 'matched']);
  });

  it('evaluates nothing for who gave up, or once it is closed', async () => {
    const { instant } = await ready();
    const gone = AbortSignal.abort();
    assert.equal((await instant.evaluate('native', '$', BODY, gone)).kind, 'cancelled');
    await instant.close();
    assert.equal((await instant.evaluate('native', '$', BODY)).kind, 'cancelled');
  });
});
