import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { loadFeeds } from '../../src/config/load-feeds.js';
import { createFilterPool, type FilterPool } from '../../src/filters/filter-pool.js';
import type { GuardedFetch } from '../../src/net/guarded-fetch.js';
import type { ChainRound } from '../../src/prices/decide-publication.js';
import { formatChainPrice } from '../../src/prices/decimal.js';
import type { FeedPoll } from '../../src/prices/feed-round.js';
import { pollFeeds } from '../../src/prices/poll-feeds.js';
import { createPollStore, pollsKept } from '../../src/prices/poll-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import type { Log } from '../../src/telemetry/log.js';
import { createBench } from '../net/sources.js';
import { feedText, startVenues, type Telling } from './misbehaving-venues.js';

const SETTINGS = ['pollInterval: 100ms', 'heartbeat: 1h', 'staleness: 10s'];

describe('polling price feeds', () => {
  let dir: string;
  let db: Database;
  let filters: FilterPool;
  let fetch: GuardedFetch;
  const bench = createBench();
  const closers: (() => Promise<void>)[] = [];

  before(async () => {
    filters = createFilterPool({ workers: 2 });
    fetch = bench.fetcher();
    await filters.ready();
  });
  after(async () => {
    await filters.close();
    await bench.close();
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-prices-'));
    db = openDatabase(join(dir, 'dodona.db'));
  });
  afterEach(async () => {
    db.close();
    rmSync(dir, { recursive: true, force: true });
    for (const close of closers.splice(0)) await close();
  });

  const always =
    (price: string): Telling =>
    () => ({ price, timeMs: Date.now() });

  async function venues(tellings: Readonly<Record<string, Telling>>): Promise<string> {
    const started = await startVenues(tellings);
    closers.push(started.close);
    return started.origin;
  }

  const files = (texts: Readonly<Record<string, string>>): string => {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(dir, name), text);
    return dir;
  };

  /** Polls until one is as wanted; gives all that there were. */
  async function pollUntil(
    path: string,
    isWanted: (poll: FeedPoll, all: readonly FeedPoll[]) => boolean,
    last: ChainRound | null = null,
  ) {
    const stop = new AbortController();
    const polls: FeedPoll[] = [];
    const said: string[] = [];
    const note = (level: string) => (event: string) => void said.push(`${level}: ${event}`);
    const log: Log = {
      error: note('error'),
      warn: note('warn'),
      info: note('info'),
      debug: () => {},
      child: () => log,
    };
    const tooLate = setTimeout(() => stop.abort(), 10_000);
    await pollFeeds(
      {
        db,
        store: createPollStore(db),
        clock: systemClock,
        log,
        feeds: loadFeeds([path]),
        fetch,
        filters,
        random: () => 0.5,
        lastRound: () => last,
        onPoll(poll) {
          polls.push(poll);
          if (isWanted(poll, polls)) stop.abort();
        },
        onBug: (error) => {
          throw error;
        },
      },
      stop.signal,
    );
    clearTimeout(tooLate);
    const found = polls.at(-1) ?? assert.fail('no poll');
    assert.ok(isWanted(found, polls), 'never as wanted');
    return { polls, said, found };
  }

  it('asks every source, shows who lies and why, and keeps it', async () => {
    const origin = await venues({
      a: always('3.00'),
      b: always('3.01'),
      c: always('3.02'),
      slip: always('30.1'),
      frozen: () => ({ price: '2.5', timeMs: Date.now() - 60_000 }),
      down: () => null,
    });
    const names = { a: 'USD', b: 'USD', c: 'USD', slip: 'USD', frozen: 'USD', down: 'USD' };
    const path = files({ 'f.yaml': feedText('GAS/USD', origin, names, SETTINGS) });
    const { found } = await pollUntil(path, () => true);
    assert.equal(found.decision.kind, 'publish');
    const kept = createPollStore(db).latest('GAS/USD') ?? assert.fail();
    assert.equal(formatChainPrice(kept.price ?? 0n), '3.01');
    const verdicts = kept.quotes.map(({ source, verdict }) => `${source}: ${verdict}`);
    assert.deepEqual(verdicts, [
      'a: kept',
      'b: kept',
      'c: kept',
      'slip: outlier',
      'frozen: stale',
      'down: failed',
    ]);
    assert.match(kept.quotes[3]?.why ?? '', /^its group is \d+ bp from the median of all/);
    assert.equal(kept.quotes[5]?.why, 'it answered with status 404');
    assert.equal(kept.quotes[4]?.heardValue, 2_500_000_000_000_000_000n);
  });

  it('converts by the price of now, from the first poll on', async () => {
    const rate = { t1: 'USD', t2: 'USD', t3: 'USD' };
    const quoted = { a: 'USDT', b: 'USDT', c: 'USDT' };
    const origin = await venues({
      ...{ t1: always('0.9'), t2: always('0.9'), t3: always('0.9') },
      ...{ a: always('3'), b: always('3'), c: always('3') },
    });
    const path = files({
      'a-gas.yaml': feedText('GAS/USD', origin, quoted, SETTINGS),
      'b-usdt.yaml': feedText('USDT/USD', origin, rate, [...SETTINGS, 'publish: false']),
    });
    const { found, polls } = await pollUntil(path, ({ pair }) => pair === 'GAS/USD');
    assert.equal(polls[0]?.pair, 'USDT/USD');
    const { result } = found.aggregation;
    assert.equal(result.kind === 'agreed' && formatChainPrice(result.price), '2.7');
  });

  it('tells once of a lost quorum and once of its return', async () => {
    let isDown = true;
    const flaky: Telling = () => (isDown ? null : { price: '3', timeMs: Date.now() });
    const origin = await venues({ a: always('3'), b: always('3'), c: flaky });
    const names = { a: 'USD', b: 'USD', c: 'USD' };
    const path = files({ 'f.yaml': feedText('GAS/USD', origin, names, SETTINGS) });
    const { said, polls } = await pollUntil(path, ({ decision }, all) => {
      if (all.length === 3) isDown = false;
      return decision.kind !== 'none';
    });
    assert.deepEqual(said, [
      'error: price feed has no quorum',
      'info: price feed has a quorum again',
    ]);
    assert.equal(polls[0]?.decision.kind, 'none');
    assert.match(polls[0]?.decision.why ?? '', /^2 groups are left, the quorum is 3$/);
  });

  it('remembers from poll to poll, and over a restart', async () => {
    const origin = await venues({ a: always('6'), b: always('6'), c: always('6') });
    const names = { a: 'USD', b: 'USD', c: 'USD' };
    const path = files({ 'f.yaml': feedText('GAS/USD', origin, names, SETTINGS) });
    const last = { price: 300_000_000n, timestampMs: Date.now() - 60_000 };
    const first = await pollUntil(path, () => true, last);
    const seen = first.found.decision;
    assert.deepEqual([seen.kind, 'reason' in seen && seen.reason], ['wait', 'breaker']);
    await systemClock.sleep(100);
    const { found } = await pollUntil(path, () => true, last);
    const then = found.decision;
    assert.deepEqual([then.kind, 'reason' in then && then.reason], ['publish', 'confirmed jump']);
  });

  it('keeps no more polls than there is room for', () => {
    assert.deepEqual([pollsKept(1), pollsKept(50), pollsKept(1_000)], [2_880, 1_000, 50]);
    const store = createPollStore(db);
    const result = { kind: 'none', why: 'x' } as const;
    const poll = (at: number, pair: string): FeedPoll => ({
      pair,
      atMs: at,
      heard: [],
      aggregation: {
        result,
        groups: [],
        sources: [
          {
            source: 's',
            group: 'g',
            verdict: 'failed',
            value: null,
            timestampMs: null,
            why: 'x',
          },
        ],
      },
      decision: result,
      memory: { deviatingPolls: 0, jump: null },
    });
    inTransaction(db, () => {
      for (let at = 1; at <= 10; at++) {
        store.add(poll(at, 'A/B'), 3);
        store.add(poll(at, 'C/D'), 100);
      }
    });
    const times = (pair: string) => store.after(0n, pair, 100).map(({ atMs }) => atMs);
    assert.deepEqual(times('A/B'), [8, 9, 10]);
    assert.equal(times('C/D').length, 10);
    assert.equal(db.prepare('SELECT COUNT(*) FROM price_quote').pluck().get(), 13n);
  });
});
