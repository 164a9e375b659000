import assert from 'node:assert/strict';
import type { FilterOutcome } from '../../src/filters/filter-outcome.js';
import { createFilterPool, type FilterPool } from '../../src/filters/filter-pool.js';

const BODY = Buffer.from('{"a":[1,2,3],"b":{"c":"\u00e9"}}');
const ITEMS = Array.from({ length: 300 }, (_, a) => ({ a, b: `${'a'.repeat(32)}!`, c: [1, 2] }));
const LONG_BODY = Buffer.from(JSON.stringify(ITEMS));
/** Filters of at most 128 bytes that json-p3 takes seconds, or for ever, to evaluate. */
const HOSTILE = ['$..[?match(@.b,"(a|a)*")]', '$..[?count($..*)>0]', '$..[?$..[?$..[?@.a]]]'];

const textOf = (outcome: FilterOutcome): string =>
  outcome.kind === 'matched' ? outcome.json.toString() : `${outcome.kind}: ${outcome.reason}`;
const kindOf = async (outcome: Promise<FilterOutcome>): Promise<string> => (await outcome).kind;

describe('a hostile filter', () => {
  const pools: FilterPool[] = [];
  const open = async (options: Parameters<typeof createFilterPool>[0]): Promise<FilterPool> => {
    const pool = createFilterPool(options);
    pools.push(pool);
    await pool.ready();
    return pool;
  };
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });

  for (const path of HOSTILE) {
    it(`ends ${path} at the limit, and 20 others of that moment don't wait for it`, async () => {
      const pool = await open({ workers: 2, timeoutMs: 1_000 });
      const ended: string[] = [];
      const evaluate = async (filter: string, body: Buffer): Promise<FilterOutcome> => {
        const outcome = await pool.evaluate('rfc9535', filter, body);
        ended.push(outcome.kind);
        return outcome;
      };
      assert.ok(Buffer.byteLength(path) <= 128);
      const start = performance.now();
      const hostile = evaluate(path, LONG_BODY);
      const others = Array.from({ length: 20 }, (_, i) => evaluate(`$.a[${i % 3}]`, BODY));
      for (const [i, other] of others.entries()) {
        assert.equal(textOf(await other), `[${(i % 3) + 1}]`);
      }
      const innocentMs = performance.now() - start;
      const outcome = await hostile;
      const hostileMs = performance.now() - start;
      assert.equal(textOf(outcome), 'timeout: the filter ran for longer than 1000 ms');
      assert.deepEqual(ended, [...Array(20).fill('matched'), 'timeout']);
      assert.ok(innocentMs < 750, `the others took ${innocentMs} ms`);
      assert.ok(hostileMs > 990 && hostileMs < 2_500, `the limit came after ${hostileMs} ms`);
    });
  }

  it('gives way to a spare thread at once, and its own is replaced', async () => {
    const pool = await open({ workers: 1, timeoutMs: 500 });
    assert.equal(pool.status().threads, 2);
    assert.equal(await kindOf(pool.evaluate('rfc9535', HOSTILE[0] ?? '', LONG_BODY)), 'timeout');
    assert.equal(textOf(await pool.evaluate('rfc9535', '$.a[0]', BODY)), '[1]');
    await pool.ready();
    assert.deepEqual(pool.status(), { threads: 2, running: 0, queued: 0, queuedBytes: 0 });
  });

  it('uses up none of the time of those that wait behind it', async () => {
    const pool = await open({ workers: 1, timeoutMs: 600 });
    const start = performance.now();
    const hostile = HOSTILE.slice(1).map((path) => pool.evaluate('rfc9535', path, LONG_BODY));
    const patient = pool.evaluate('rfc9535', '$.a[0]', BODY);
    assert.equal(textOf(await patient), '[1]');
    assert.ok(performance.now() - start > 2 * 590);
    for (const outcome of hostile) assert.equal(await kindOf(outcome), 'timeout');
  });

  it('is told from a good one whose reply is read late, since the node was busy', async () => {
    const pool = await open({ workers: 1, timeoutMs: 300 });
    const outcome = pool.evaluate('rfc9535', '$.a[0]', BODY);
    const until = performance.now() + 1_000;
    while (performance.now() < until);
    assert.equal(textOf(await outcome), '[1]');
  });

  it('ends when it needs too much memory, and harms no other', async () => {
    const pool = await open({ workers: 2, timeoutMs: 30_000, maxHeapMb: 16 });
    const greedy = pool.evaluate(
      'rfc9535',
      '$[?count($[*,*,*,*,*,*,*,*,*,*])>0]',
      Buffer.from(JSON.stringify(Array(200_000).fill(1))),
    );
    const others = Array.from({ length: 20 }, () => pool.evaluate('rfc9535', '$.a[1]', BODY));
    for (const other of others) assert.equal(textOf(await other), '[2]');
    assert.equal(textOf(await greedy), 'out-of-memory: the filter needed more than 16 MiB');
    assert.equal(textOf(await pool.evaluate('rfc9535', '$.a[1]', BODY)), '[2]');
  });
});
