import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../../src/base/clock.js';
import type { SourceConfig } from '../../src/config/feed-config.js';
import { createFilterPool, type FilterPool } from '../../src/filters/filter-pool.js';
import { createSourceAsker, type Heard } from '../../src/prices/ask-source.js';
import { type Bench, createBench } from '../net/sources.js';
import { price } from './feeds-by-hand.js';

const NEVER = new AbortController().signal;
const DATE = 'Tue, 14 Nov 2023 22:13:20 GMT';

describe('asking a source', () => {
  let bench: Bench;
  let filters: FilterPool;
  let skewMs = 0;
  /** Rests of circuits and retries take no time here; what is late is really late. */
  const clock: Clock = {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + skewMs,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  };

  before(async () => {
    filters = createFilterPool({ workers: 1 });
    await filters.ready();
  });
  after(() => filters.close());
  beforeEach(() => {
    bench = createBench();
    skewMs = 0;
  });
  afterEach(() => bench.close());

  /** A source that `answer` serves, of Gate's format unless `place` says otherwise. */
  async function asker(
    answer: RequestListener,
    change: Partial<SourceConfig> = {},
    path: { price: string; time: string | null } | null = null,
  ) {
    const server = await bench.http(answer);
    const origin = `http://127.0.0.1:${server.port}`;
    const source: SourceConfig = {
      name: 's',
      group: 's',
      quote: 'USDT',
      conversion: null,
      timeoutMs: 2_000,
      retries: 2,
      place:
        path === null
          ? { kind: 'venue', venue: 'gate', symbol: 'GAS_USDT', origin }
          : {
              kind: 'url',
              url: `${origin}/api?key=1`,
              pricePath: path.price,
              timePath: path.time,
              timeFormat: 's',
            },
      ...change,
    };
    const parts = { fetch: bench.fetcher(), filters, clock, random: () => 0.5 };
    return { ...createSourceAsker(source, parts), server };
  }

  const gate = (last: string): string => `[{"currency_pair":"GAS_USDT","last":"${last}"}]`;
  const send = (response: ServerResponse, body: string, headers = {}): void => {
    response.writeHead(200, { date: DATE, ...headers }).end(body);
  };
  const failureOf = (heard: Heard): string => ('failure' in heard ? heard.failure : assert.fail());

  it('takes price and time; a format without a time has that of the Date header', async () => {
    const { ask, server } = await asker((_, response) => send(response, gate('3.0512')));
    assert.deepEqual(await ask(NEVER), { value: price('3.0512'), timestampMs: Date.parse(DATE) });
    assert.match(server.seen[0] ?? '', /\/api\/v4\/spot\/tickers\?currency_pair=GAS_USDT$/);
  });

  it('tells the source what it knows, and takes "as before" for an answer', async () => {
    const asked: (string | undefined)[] = [];
    const { ask } = await asker((request, response) => {
      asked.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"v1"') {
        response.writeHead(304, { date: 'Tue, 14 Nov 2023 22:14:20 GMT' }).end();
      } else send(response, gate('3'), { etag: '"v1"' });
    });
    const first = await ask(NEVER);
    const second = await ask(NEVER);
    assert.deepEqual(asked, [undefined, '"v1"']);
    assert.deepEqual(second, {
      ...first,
      timestampMs: Date.parse('Tue, 14 Nov 2023 22:14:20 GMT'),
    });
  });

  it('asks by the time of the last change where there is no ETag', async () => {
    const asked: (string | undefined)[] = [];
    const { ask } = await asker((request, response) => {
      asked.push(request.headers['if-modified-since']);
      send(response, gate('3'), { 'last-modified': DATE });
    });
    await ask(NEVER);
    await ask(NEVER);
    assert.deepEqual(asked, [undefined, DATE]);
  });

  it('tries again after trouble that may pass, and not after what would be the same', async () => {
    let count = 0;
    const passing = await asker((_, response) => {
      count += 1;
      if (count < 3) response.writeHead(503).end();
      else send(response, gate('3'));
    });
    assert.equal('value' in (await passing.ask(NEVER)), true);
    assert.equal(count, 3);

    let asked = 0;
    const gone = await asker((_, response) => {
      asked += 1;
      response.writeHead(404).end();
    });
    assert.equal(failureOf(await gone.ask(NEVER)), 'it answered with status 404');
    assert.equal(asked, 1);
  });

  it('gives up when its time is over, retries included', async () => {
    const { ask } = await asker(() => {}, { timeoutMs: 150 });
    const startedMs = systemClock.monotonicMs();
    assert.match(failureOf(await ask(NEVER)), /^no answer within 150 ms/);
    assert.ok(systemClock.monotonicMs() - startedMs < 1_500);
  });

  it('leaves a source alone that keeps failing, and comes back by and by', async () => {
    let isUp = false;
    const { ask, server, circuit } = await asker(
      (_, response) => (isUp ? send(response, gate('3')) : response.writeHead(404).end()),
      { retries: 0 },
    );
    for (let i = 0; i < 5; i++) await ask(NEVER);
    assert.equal(circuit().failures, 5);
    isUp = true;
    assert.match(failureOf(await ask(NEVER)), /^it failed 5 times, and is asked again from /);
    assert.equal(server.seen.length, 5);
    skewMs = 30_000;
    assert.equal('value' in (await ask(NEVER)), true);
    assert.equal(circuit().failures, 0);
  });

  it('rests as long as a source with too many callers asks for', async () => {
    const { ask, server } = await asker((_, response) => {
      response.writeHead(429, { 'retry-after': '60' }).end();
    });
    assert.match(failureOf(await ask(NEVER)), /status 429/);
    skewMs = 59_000;
    assert.match(failureOf(await ask(NEVER)), /is asked again/);
    assert.equal(server.seen.length, 1);
    skewMs = 61_000;
    assert.match(failureOf(await ask(NEVER)), /status 429/);
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['no JSON', '<html>', /^its answer is no JSON: /],
    ['a negative price', gate('-3'), /^its price is "-3": expected a positive decimal/],
    ['a price of nothing', gate('0.00'), /expected a positive decimal/],
    ['another market', '[{"currency_pair":"X_Y","last":"3"}]', /about "X_Y", not GAS_USDT/],
    ['more than a ticker', `[${' '.repeat(70_000)}]`, /70002 bytes, at most 65536/],
  ];
  for (const [what, body, why] of wrong) {
    it(`takes nothing from ${what}`, async () => {
      const { ask } = await asker((_, response) => send(response, body));
      assert.match(failureOf(await ask(NEVER)), why);
    });
  }

  describe('by a URL and JSONPath', () => {
    const answering = (body: string) => (_: IncomingMessage, response: ServerResponse) =>
      send(response, body);
    const paths = { price: '$.data[?@.m=="GAS"].p', time: '$.at' };

    it('takes number or text, digit by digit, and the time in its format', async () => {
      const number = '{"data":[{"m":"GAS","p":3.0300000000000002}],"at":1700000000.25}';
      const plain = await asker(answering(number), {}, paths);
      assert.deepEqual(await plain.ask(NEVER), {
        value: 3_030_000_000_000_000_200n,
        timestampMs: 1_700_000_000_250,
      });
      const text = '{"data":[{"m":"GAS","p":"0.123456789012345678"}]}';
      const texts = await asker(answering(text), {}, { ...paths, time: null });
      assert.deepEqual(await texts.ask(NEVER), {
        value: price('0.123456789012345678'),
        timestampMs: Date.parse(DATE),
      });
    });

    it('says what a path did not find', async () => {
      const none = await asker(answering('{"data":[]}'), {}, paths);
      assert.match(
        failureOf(await none.ask(NEVER)),
        /selects 0 values of its answer, expected one/,
      );
      const noTime = '{"data":[{"m":"GAS","p":3}],"at":"now"}';
      const timeless = await asker(answering(noTime), {}, paths);
      assert.match(failureOf(await timeless.ask(NEVER)), /\$\.at selects no time in the format s/);
      const many = await asker(answering('{"data":[{"m":"GAS","p":[3]}],"at":1}'), {}, paths);
      assert.match(failureOf(await many.ask(NEVER)), /selects no number and no text/);
    });
  });
});
