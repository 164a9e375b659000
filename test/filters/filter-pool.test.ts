import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { NodeError } from '../../src/base/node-error.js';
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

describe('the filter pool', () => {
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

  it('answers both dialects, and leaves the body as it was', async () => {
    const pool = await open({ workers: 1 });
    assert.equal(textOf(await pool.evaluate('rfc9535', '$.a[?@>1]', BODY)), '[2,3]');
    assert.equal(textOf(await pool.evaluate('native', '$.b', BODY)), '[{"c":"\\u00E9"}]');
    assert.equal(textOf(await pool.evaluate('rfc9535', '$.b', BODY)), '[{"c":"\u00e9"}]');
    assert.equal(BODY.length, 28);
    const part = BODY.subarray(5, 12);
    assert.equal(textOf(await pool.evaluate('native', '$[2]', part)), '[3]');
    assert.match(
      textOf(await pool.evaluate('native', '$.', BODY)),
      /^bad-path: .* at character 2$/,
    );
  });

  it('follows the node that the profile names', async () => {
    const pool = await open({ workers: 1, profile: 'neo-go' });
    assert.equal(textOf(await pool.evaluate('native', '$', Buffer.from('1 2'))), '[1]');
  });

  it('refuses more than may wait, by number and by bytes', async () => {
    const pool = await open({ workers: 1, timeoutMs: 300, maxQueue: 2, maxQueueBytes: 100 });
    const hostile = pool.evaluate('rfc9535', HOSTILE[0] ?? '', LONG_BODY.subarray(0, 0));
    const running = pool.evaluate(
      'rfc9535',
      '$[?match(@,"(a|a)*b")]',
      Buffer.from(`["${'a'.repeat(60)}"]`),
    );
    assert.equal(await kindOf(hostile), 'not-json');
    const big = pool.evaluate('native', '$', Buffer.alloc(90, ' '));
    const tooMuch = await pool.evaluate('native', '$', Buffer.alloc(11, ' '));
    assert.equal(
      textOf(tooMuch),
      'busy: 1 filters are waiting with 90 bytes; at most 2 with 100 bytes may',
    );
    const small = pool.evaluate('native', '$', Buffer.from('1'));
    assert.equal(await kindOf(pool.evaluate('native', '$', Buffer.from('1'))), 'busy');
    assert.deepEqual(pool.status(), { threads: 2, running: 1, queued: 2, queuedBytes: 91 });
    assert.deepEqual(await Promise.all([running, big, small].map(kindOf)), [
      'timeout',
      'not-json',
      'matched',
    ]);
  });

  it('refuses a body or a result beyond its limit', async () => {
    const pool = await open({ workers: 1, maxBodyBytes: 32, maxResultBytes: 7 });
    assert.equal(
      textOf(await pool.evaluate('rfc9535', '$.a', BODY.subarray(0))),
      'too-large: the result is longer than 7 bytes',
    );
    assert.equal(textOf(await pool.evaluate('native', '$.a[0,1]', BODY)), '[1,2]');
    assert.equal(
      textOf(await pool.evaluate('native', '$', Buffer.alloc(33))),
      'too-large: the body has 33 bytes, more than 32',
    );
  });

  it('evaluates a body of 2 MiB, which fits the default limits', async () => {
    // Time enough for any machine; what never ends has a short limit, well before its heap's.
    const pool = await open({ workers: 1, timeoutMs: 30_000 });
    const hurried = await open({ workers: 1, timeoutMs: 300, maxHeapMb: 1_024 });
    const filler = 'x'.repeat(2 * 1024 * 1024 - 20);
    const body = Buffer.from(`{"a":"${filler}","b":7}`.padEnd(2 * 1024 * 1024));
    assert.equal(textOf(await pool.evaluate('rfc9535', '$.b', body)), '[7]');
    assert.equal(textOf(await pool.evaluate('native', '$.b', body)), '[7]');
    const long = Buffer.from(JSON.stringify(Array(900_000).fill(1)));
    assert.equal(
      textOf(await hurried.evaluate('rfc9535', '$[?count($[*])<0]', long)).slice(0, 7),
      'timeout',
    );
    assert.equal(textOf(await pool.evaluate('rfc9535', '$[899999]', long)), '[1]');
  });

  it('gives up what its caller gave up, waiting or running, and goes on', async () => {
    const pool = await open({ workers: 1, timeoutMs: 300 });
    const abort = new AbortController();
    const running = pool.evaluate('rfc9535', HOSTILE[0] ?? '', LONG_BODY, abort.signal);
    const waiting = pool.evaluate('rfc9535', '$', BODY, abort.signal);
    const other = pool.evaluate('rfc9535', '$.a[0]', BODY);
    abort.abort();
    const start = performance.now();
    assert.deepEqual([await kindOf(running), await kindOf(waiting)], ['cancelled', 'cancelled']);
    assert.ok(performance.now() - start < 200);
    assert.equal(await kindOf(pool.evaluate('native', '$', BODY, abort.signal)), 'cancelled');
    assert.equal(textOf(await other), '[1]');
  });

  it('answers everything that anybody may send', async () => {
    const pool = await open({ workers: 2, timeoutMs: 200 });
    const parts = [
      '$',
      '.',
      '..',
      '*',
      '[',
      ']',
      '?',
      '@',
      "'a'",
      'a',
      '(',
      ')',
      ':',
      '1',
      ',',
      '!',
      '=',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...parts, 'match', 'count', '&&', '<', '"(a|a)*"'), {
          maxLength: 12,
        }),
        fc.uint8Array({ maxLength: 30 }),
        fc.constantFrom('native', 'rfc9535'),
        async (path, bytes, dialect) => {
          const bodies = [Buffer.from(bytes), BODY];
          const outcomes = await Promise.all(
            bodies.map((body) => pool.evaluate(dialect, path.join(''), body)),
          );
          for (const outcome of outcomes) assert.notEqual(outcome.kind, 'crashed');
        },
      ),
      { numRuns: 300 },
    );
    assert.equal(textOf(await pool.evaluate('native', '$.a[0]', BODY)), '[1]');
  });

  it('cancels what is open when it closes, and leaves no thread', async () => {
    const pool = await open({ workers: 2, timeoutMs: 10_000 });
    const started = [...HOSTILE, '$.a'].map((path) => pool.evaluate('rfc9535', path, LONG_BODY));
    assert.equal(pool.status().running, 2);
    await Promise.all([pool.close(), pool.close()]);
    assert.equal(pool.status().threads, 0);
    assert.deepEqual(await Promise.all(started.map(kindOf)), Array(4).fill('cancelled'));
    assert.equal(
      textOf(await pool.evaluate('native', '$', BODY)),
      'cancelled: the filter pool is closed',
    );
  });
});

describe('the filter pool with a program of its own', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'dodona-filters-'));
  });
  after(() => rmSync(directory, { recursive: true }));
  const program = (name: string, source: string): URL => {
    writeFileSync(join(directory, name), source);
    return pathToFileURL(join(directory, name));
  };

  it('blames the death of a thread on its own evaluation only', async () => {
    const workerFile = program(
      'dying.mjs',
      `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ([{ path }]) => {
        if (path === 'throw') throw new Error('boom');
        if (path === 'exit') process.exit(3);
        const replies = [{ kind: 'bad-path', reason: path }];
        parentPort.postMessage({ kind: 'replies', replies });
      });
      parentPort.postMessage({ kind: 'ready' });`,
    );
    const pool = createFilterPool({ workers: 2, workerFile });
    await pool.ready();
    const paths = ['1', 'throw', '2', 'exit', '3', 'throw', '4'];
    const outcomes = await Promise.all(paths.map((path) => pool.evaluate('native', path, BODY)));
    assert.deepEqual(outcomes.map(textOf), [
      'bad-path: 1',
      'crashed: the thread of the filter died: boom',
      'bad-path: 2',
      'crashed: the thread of the filter died: it exited',
      'bad-path: 3',
      'crashed: the thread of the filter died: boom',
      'bad-path: 4',
    ]);
    await pool.close();
  });

  it('hands quick ones over together, and each alone where one of them brings the thread down', async () => {
    const workerFile = program(
      'together.mjs',
      `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', (tasks) => {
        const names = tasks.map(({ path }) => path);
        if (names.includes('$.exit')) process.exit(3);
        if (names.includes('$.hang')) for (;;);
        const replies = names.map((name) => ({ kind: 'bad-path', reason: names.join('+') }));
        parentPort.postMessage({ kind: 'replies', replies });
      });
      parentPort.postMessage({ kind: 'ready' });`,
    );
    const pool = createFilterPool({ workers: 1, workerFile, timeoutMs: 100 });
    await pool.ready();
    const outcomesOf = async (...paths: string[]): Promise<string[]> => {
      const asked = paths.map((path) => pool.evaluate('native', path, BODY));
      return (await Promise.all(asked)).map(textOf);
    };
    assert.deepEqual(await outcomesOf('$.a', '$[1]'), ['bad-path: $.a+$[1]', 'bad-path: $.a+$[1]']);
    const died = 'crashed: the thread of the filter died: it exited';
    assert.deepEqual(await outcomesOf('$.a', '$.exit', '$.b'), [
      'bad-path: $.a',
      died,
      'bad-path: $.b',
    ]);
    const late = 'timeout: the filter ran for longer than 100 ms';
    assert.deepEqual(await outcomesOf('$.hang', '$.b'), [late, 'bad-path: $.b']);
    const [slow, ...others] = await outcomesOf('$..hang', '$.b', '$.c');
    assert.deepEqual(
      [slow, ...others],
      ['bad-path: $..hang', 'bad-path: $.b+$.c', 'bad-path: $.b+$.c'],
    );
    await pool.close();
  });

  it('says that no thread can be started, and tries again for the next filter', async () => {
    const flag = join(directory, 'fixed');
    const workerFile = program(
      'broken.mjs',
      `import { existsSync } from 'node:fs';
      import { parentPort } from 'node:worker_threads';
      if (!existsSync(${JSON.stringify(flag)})) throw new Error('not installed');
      const replies = [{ kind: 'limit', reason: 'works' }];
      parentPort.on('message', () => parentPort.postMessage({ kind: 'replies', replies }));
      parentPort.postMessage({ kind: 'ready' });`,
    );
    const pool = createFilterPool({ workers: 1, workerFile });
    const isNodeError = (error: unknown): boolean =>
      error instanceof NodeError && error.code === 'FILTER_WORKER_START' && error.retryable;
    const early = pool.evaluate('native', '$', BODY);
    await assert.rejects(pool.ready(), isNodeError);
    await assert.rejects(early, (error: Error) => /not installed/.test(error.message));
    await assert.rejects(pool.evaluate('native', '$', BODY), isNodeError);
    writeFileSync(flag, '');
    assert.equal(textOf(await pool.evaluate('native', '$', BODY)), 'limit: works');
    await pool.close();
    assert.equal(pool.status().threads, 0);
  });
});
