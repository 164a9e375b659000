import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FeedConfig } from '../../src/config/feed-config.js';
import { loadFeeds } from '../../src/config/load-feeds.js';
import type { Heard } from '../../src/prices/ask-source.js';
import { NO_MEMORY } from '../../src/prices/decide-publication.js';
import { createFeedRounds } from '../../src/prices/feed-round.js';
import { createPollStore } from '../../src/prices/poll-store.js';
import { createRoundStore } from '../../src/prices/round-store.js';
import { inTransaction, openDatabase } from '../../src/storage/database.js';
import { AT_MS } from '../api/request-book.js';
import { price } from '../prices/feeds-by-hand.js';
import { feedText, startVenues } from '../prices/misbehaving-venues.js';
import { commandLine, longestLine } from './command-line.js';

const NOW_MS = AT_MS + 60_000;

describe('dodona prices', () => {
  const cli = commandLine();
  const closers: (() => Promise<void>)[] = [];
  let origin = '';
  let feed: FeedConfig;

  before(async () => {
    const at = (text: string) => () => ({ price: text, timeMs: NOW_MS - 2_000 });
    const venues = await startVenues({
      ...{ a: at('3.00'), b: at('3.01'), c: at('3.02'), d: at('3.01'), e: at('30.1') },
    });
    closers.push(venues.close);
    origin = venues.origin;
    const names = { a: 'USD', b: 'USD', c: 'USD', d: 'USD', e: 'USD' };
    writeFileSync(join(cli.dir, 'gas.yaml'), feedText('GAS/USD', origin, names));
    const loopback = '{host: 127.0.0.1, http: true}';
    appendFileSync(
      cli.configFile,
      `prices: {feeds: [gas.yaml]}\nhttp: {allow: {hosts: [${loopback}]}}\n`,
    );
    const [found] = loadFeeds([join(cli.dir, 'gas.yaml')]);
    feed = found ?? assert.fail();
  });
  after(async () => {
    cli.remove();
    for (const close of closers) await close();
  });

  /** Polls as a node would have kept them, a minute apart, and a round on the chain. */
  function remember(rows: readonly (readonly string[])[]): void {
    const db = openDatabase(cli.databaseFile);
    const store = createPollStore(db);
    const rounds = createFeedRounds([feed]);
    inTransaction(db, () => {
      for (const [at, values] of rows.entries()) {
        const atMs = NOW_MS - (rows.length - at) * 60_000;
        const heard = values.map(
          (text): Heard => ({ value: price(text), timestampMs: atMs - 1_000 }),
        );
        store.add(rounds.decide(feed, heard, null, NO_MEMORY, atMs), 100);
      }
      const chain = createRoundStore(db);
      if (chain.latest('GAS/USD') !== null) return;
      chain.add({
        pair: 'GAS/USD',
        round: 7n,
        price: 299_000_000n,
        timestampMs: NOW_MS - 600_000,
        confidenceBps: 10,
        payer: null,
        fee: 1_000_000n,
        block: 42,
        tx: `0x${'11'.repeat(32)}`,
      });
    });
    db.close();
  }

  it('show says that nothing was polled yet, and what to do', async () => {
    openDatabase(cli.databaseFile).close();
    const { exitCode, err } = await cli.runHere('prices', 'show', 'GAS/USD');
    assert.equal(exitCode, 75);
    assert.match(err, /has not polled GAS\/USD yet/);
    assert.match(err, /--now/);
  });

  it('export says so too, and of a pair that is no feed', async () => {
    const { exitCode, out, err } = await cli.runHere('prices', 'export');
    assert.deepEqual([exitCode, out], [75, '']);
    assert.match(err, /has kept no poll of any feed yet/);
    const known = await cli.runHere('prices', 'export', 'gas/usd');
    assert.match(known.err, /has kept no poll of GAS\/USD yet/);
    const unknown = await cli.runHere('prices', 'export', 'XYZ/USD');
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.err, /there is no feed of XYZ\/USD/);
  });

  it('show --now asks the sources, and says who is rejected and why', async () => {
    const { exitCode, out } = await cli.runHere('prices', 'show', 'gas/usd', '--now');
    assert.equal(exitCode, 0, out);
    assert.match(out, /^GAS\/USD {2}asked at /);
    assert.match(out, /^a +a +3 +-33\.23 bp +2\.0 s +yes$/m);
    assert.match(out, /^e +e +30\.1 +\+90000\.00 bp +2\.0 s +no: outlier$/m);
    assert.match(out, /^e: its group is 90000 bp from the median of all, at most 172 bp are/m);
    assert.match(out, /^price +3\.01, of .*, confidence \d+ bp$/m);
    assert.match(out, /^on chain +nothing yet$/m);
    assert.match(out, /^decision +publish: nothing has been published yet$/m);
    assert.ok(longestLine(out) <= 100);
  });

  it('show reads the newest poll of the node, and what it takes to publish', async () => {
    remember([
      ['3', '3', '3', '3', '3'],
      ['3.00', '3.01', '3.02', '3.01', '9'],
    ]);
    const { exitCode, out } = await cli.runHere('prices', 'show', 'GAS/USD');
    assert.equal(exitCode, 0, out);
    assert.match(out, /polled by the node at/);
    assert.match(out, /^on chain +2\.99, round 7 in block 42, 9 min old, paid by the node$/m);
    assert.match(out, /^decision +wait: it is 66\.89 bp from the last round: it is published if/m);
    assert.match(out, /^publishes +at or below 2\.97505, at or above 3\.00495 \(twice as far/m);
    assert.ok(longestLine(out) <= 100);
  });

  it('show gives programs the same, exact', async () => {
    const { out } = await cli.runHere('prices', 'show', 'GAS/USD', '--json');
    const shown = JSON.parse(out);
    assert.equal(shown.agreed.price, '3.01');
    assert.deepEqual(shown.decision.reason, 'second poll');
    assert.equal(shown.published.round, '7');
    assert.equal(shown.published.publishesAbove, '3.00495');
    const last = shown.sources.at(-1);
    assert.deepEqual(
      [last.source, last.verdict, last.value, last.ageMs],
      ['e', 'outlier', '9', 1_000],
    );
  });

  it('show ends with 75 when the sources agree on nothing', async () => {
    remember([['3', '4', '5', '6', '7']]);
    const { exitCode, out } = await cli.runHere('prices', 'show', 'GAS/USD');
    assert.equal(exitCode, 75);
    assert.match(out, /^price +none: /m);
  });

  it('names the pairs that there are', async () => {
    const { exitCode, err } = await cli.runHere('prices', 'show', 'XYZ/USD');
    assert.equal(exitCode, 1);
    assert.match(err, /there is no feed of XYZ\/USD/);
    assert.match(err, /name one of GAS\/USD/);
  });

  it('manipulate tells how far corrupt sources get, until it is theirs', async () => {
    const { exitCode, out } = await cli.runHere(
      'prices',
      'manipulate',
      'GAS/USD',
      '--now',
      '--json',
    );
    assert.equal(exitCode, 0, out);
    const { corrupt, price: found } = JSON.parse(out);
    assert.equal(found, '3.01');
    assert.deepEqual(
      corrupt.map(({ sources, isFree }: { sources: number; isFree: boolean }) => [sources, isFree]),
      [
        [1, false],
        [2, true],
        [3, true],
        [4, true],
        [5, true],
      ],
    );
    // One more beside the one that lies already: from 3.01 to the middle of 3.01 and 3.02.
    assert.deepEqual([corrupt[0].highest, corrupt[0].bps], ['3.015', 17]);
    const text = await cli.runHere('prices', 'manipulate', 'GAS/USD', '--now');
    assert.match(text.out, /^ +1 +3\.01 +3\.015 +17 bp +no$\n^ +2 +any +any +any +yes$/m);
    assert.ok(longestLine(text.out) <= 100);
  });

  it('backtest replays what export printed', async () => {
    remember([
      ['3.10', '3.10', '3.10', '3.10', '3.10'],
      ['3.11', '3.11', '3.11', '3.11', '3.11'],
      ['3.20', '3.20', '3.20', '3.20', '3.20'],
    ]);
    const exported = await cli.runHere('prices', 'export', 'GAS/USD');
    assert.equal(exported.exitCode, 0);
    const lines = exported.out.trim().split('\n').slice(-3);
    assert.deepEqual(JSON.parse(lines[0] ?? '').quotes[0], {
      source: 'a',
      value: '3.1',
      timeMs: NOW_MS - 181_000,
    });
    const file = join(cli.dir, 'quotes.jsonl');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const run = ['prices', 'backtest', file, '--gas-per-round', '0.05'];
    const { exitCode, out } = await cli.runHere(...run, '--json');
    assert.equal(exitCode, 0, out);
    const [result] = JSON.parse(out).feeds;
    // 3.10 is the first; 3.11 is 32 bp away; 3.20 is 322 bp away: at once.
    assert.deepEqual(result.updates, { first: 1, deviation: 1, heartbeat: 0, 'confirmed jump': 0 });
    // Two rounds in two minutes are 1,440 a day, at 0.05 GAS.
    assert.equal(result.centiUpdatesPerDay, '144000');
    assert.equal(result.gasPerDayDatoshi, '7200000000');
    // The chain says 3.10 while the market says 3.20: 0.10 of 3.20.
    assert.equal(result.worstCentiBps, '31250');
    const text = await cli.runHere(...run);
    assert.match(text.out, /^worst +312\.50 bp between chain and market, at /m);
  });

  it('backtest names the line that it cannot read', async () => {
    const file = join(cli.dir, 'bad.jsonl');
    writeFileSync(file, '{"pair":"GAS/USD","atMs":1,"quotes":[]}\n{"pair":1}\n');
    const { exitCode, err } = await cli.runHere('prices', 'backtest', file);
    assert.equal(exitCode, 1);
    assert.match(err, /line 2 of the recording: pair: /);
  });
});
