import assert from 'node:assert/strict';
import type { FeedConfig } from '../../src/config/feed-config.js';
import type { Heard } from '../../src/prices/ask-source.js';
import { NO_MEMORY } from '../../src/prices/decide-publication.js';
import { toChainPrice } from '../../src/prices/decimal.js';
import { createFeedRounds } from '../../src/prices/feed-round.js';
import type { BenchOptions } from './bench-options.js';
import type { BenchResult } from './report.js';
import { median } from './statistics.js';

const SOURCES = 15;
const USUAL_PAIRS = 1_000;
const QUICK_PAIRS = 20;
const FULL_ROUNDS = 20;
const QUICK_ROUNDS = 3;
const WARM_UP = 3;
/** Sorting alone is so quick that many are measured at once. */
const SORTS = 50;
const NOW_MS = 1_700_000_000_000;
const POLL_MS = 30_000;
const UNIT = 10n ** 18n;

/**
 * Rounds of many pairs: judged for staleness, grouped, outliers rejected, a quorum required, and
 * decided against the round on the chain. No network and no disk. The floor sorts the same values.
 */
export async function runPrices({ quick, size }: BenchOptions): Promise<BenchResult> {
  const pairs = size ?? (quick ? QUICK_PAIRS : USUAL_PAIRS);
  const rounds = quick ? QUICK_ROUNDS : FULL_ROUNDS;
  const feeds = Array.from({ length: pairs }, (_, at) => feedOf(at));
  const heard = feeds.map((_, at) => heardOf(at));
  const engine = createFeedRounds(feeds);
  let agreed = 0;

  const once = (): void => {
    for (const [at, feed] of feeds.entries()) {
      const last = { price: toChainPrice(priceOf(at)), timestampMs: NOW_MS - POLL_MS };
      const poll = engine.decide(feed, heard[at] ?? [], last, NO_MEMORY, NOW_MS);
      if (poll.decision.kind !== 'none') agreed += 1;
    }
  };
  const sortOnly = (): void => {
    for (const words of heard) {
      words
        .map((word) => ('value' in word ? word.value : 0n))
        .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    }
  };
  const sortOften = (): void => {
    for (let i = 0; i < SORTS; i++) sortOnly();
  };
  const [measured = Number.NaN, often = Number.NaN] = secondsOf([once, sortOften], rounds);
  const floor = often / SORTS;
  assert.equal(agreed, pairs * (rounds + WARM_UP), 'every pair agrees in every round');
  return {
    bench: 'prices',
    summary:
      `${rounds} times ${pairs} pairs of ${SOURCES} sources, one of them ten times off; ` +
      'by the time of the processor',
    figures: [
      { name: 'roundsPerSecond', value: 1 / measured, unit: `rounds of ${pairs} pairs/s` },
      { name: 'pairsPerSecond', value: pairs / measured, unit: 'pairs/s' },
      { name: 'microsecondsPerPair', value: (measured * 1e6) / pairs, unit: 'us' },
    ],
    floor: [{ name: 'sortOnlyPairsPerSecond', value: pairs / floor, unit: 'pairs/s' }],
  };
}

/**
 * Processor time, in seconds: medians of so many runs of each in turns, after some that warm up.
 * Nothing here waits for anything, and a long run would be taken off a busy processor more often
 * than a short one.
 */
function secondsOf(runs: readonly (() => void)[], times: number): number[] {
  const seconds = runs.map((): number[] => []);
  for (let round = 0; round < WARM_UP + times; round++) {
    for (const [at, run] of runs.entries()) {
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      if (round >= WARM_UP) seconds[at]?.push((user + system) / 1e6);
    }
  }
  return seconds.map(median);
}

const priceOf = (at: number): bigint => UNIT * BigInt(1 + (at % 997));

function feedOf(at: number): FeedConfig {
  return {
    file: '',
    pair: `P${at}/USD`,
    isPublished: true,
    quorum: 3,
    agreementBps: 100,
    deviationBps: 50,
    breakerBps: 1_000,
    heartbeatMs: 3_600_000,
    pollIntervalMs: POLL_MS,
    stalenessMs: 300_000,
    sources: Array.from({ length: SOURCES }, (_, source) => ({
      name: `s${source}`,
      group: `g${source}`,
      quote: 'USD',
      conversion: null,
      timeoutMs: 5_000,
      retries: 2,
      place: { kind: 'venue', venue: 'okx', symbol: 'A-B', origin: null } as const,
    })),
  };
}

/** Within some basis points of one another, but for one that slipped by a digit. */
const heardOf = (at: number): Heard[] =>
  Array.from({ length: SOURCES }, (_, source) => ({
    value:
      source === 0
        ? priceOf(at) * 10n
        : priceOf(at) + (priceOf(at) * BigInt((source * 7) % 13)) / 10_000n,
    timestampMs: NOW_MS - source * 1_000,
  }));
