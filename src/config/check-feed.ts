import type { ConfigProblem, KeyPath, Place } from './config-problem.js';
import { keyText } from './config-problem.js';
import type { FeedConfig } from './feed-config.js';
import { groupOf, nameOf } from './feed-config.js';
import type { FeedValues, SourceValues } from './feed-schema.js';

type PlaceFor = (path: KeyPath, part: 'key' | 'value') => Place;

interface Finding {
  readonly path: KeyPath;
  readonly problem: string;
  readonly expected: string;
  readonly todo: string;
}

/** Rules between the keys of one feed, whose values are valid by themselves. */
export function feedProblems(values: FeedValues, placeFor: PlaceFor): ConfigProblem[] {
  const found = [...sourceFindings(values.sources), ...numberFindings(values)];
  return found.map(({ path, ...finding }) => ({
    place: placeFor(path, 'value'),
    key: keyText(path),
    ...finding,
  }));
}

function numberFindings(values: FeedValues): Finding[] {
  const groups = new Set(values.sources.map(groupOf)).size;
  const rules: readonly [boolean, Finding][] = [
    [
      values.quorum > groups,
      {
        path: ['quorum'],
        problem: `the sources are of ${groups} groups only: nothing would ever be published`,
        expected: `at most ${groups}`,
        todo: 'Lower it, or add sources of other venues.',
      },
    ],
    [
      values.breaker < 2 * values.deviation,
      {
        path: ['breaker'],
        problem: 'it is smaller than twice the deviation, which is published at once',
        expected: 'at least twice the value of deviation',
        todo: 'Raise it, or lower deviation.',
      },
    ],
    [
      values.pollInterval > values.staleness,
      {
        path: ['pollInterval'],
        problem: 'what a poll brought would be stale before the next one',
        expected: 'at most the value of staleness',
        todo: 'Lower it, or raise staleness.',
      },
    ],
    [
      values.pollInterval > values.heartbeat,
      {
        path: ['pollInterval'],
        problem: 'a heartbeat would be late by more than its whole time',
        expected: 'at most the value of heartbeat',
        todo: 'Lower it, or raise heartbeat.',
      },
    ],
  ];
  return rules.flatMap(([isBroken, finding]) => (isBroken ? [finding] : []));
}

function sourceFindings(sources: readonly SourceValues[]): Finding[] {
  const names = sources.map(nameOf);
  return sources.flatMap((source, at) => {
    const shape = wrongShape(source);
    if (shape !== null) return [{ path: ['sources', at], ...shape }];
    if (names.indexOf(nameOf(source)) === at) return [];
    return [
      {
        path: ['sources', at],
        problem: `there is another source named ${nameOf(source)}`,
        expected: 'a name of its own for each source',
        todo: 'Give it one with "name:".',
      },
    ];
  });
}

const VENUE_KEYS = ['symbol', 'api'] as const;
const URL_KEYS = ['price', 'time'] as const;

/** A source is a venue's market, or a URL with a path; not both and not half of one. */
function wrongShape(source: SourceValues): Omit<Finding, 'path'> | null {
  const isVenue = source.venue !== undefined;
  const expected = '"venue" with "symbol", or "url" with "price" and "group"';
  const todo = 'Correct the source.';
  if (isVenue === (source.url !== undefined)) {
    const problem = isVenue ? 'it has both a venue and a url' : 'it has neither a venue nor a url';
    return { problem, expected, todo };
  }
  const needed = isVenue ? (['symbol'] as const) : (['price', 'group'] as const);
  const missing = needed.find((key) => source[key] === undefined);
  if (missing !== undefined) return { problem: `"${missing}" is missing`, expected, todo };
  const extra = (isVenue ? URL_KEYS : VENUE_KEYS).find((key) => source[key] !== undefined);
  if (extra === undefined) return null;
  return {
    problem: `"${extra}" does not go with ${isVenue ? 'a venue' : 'a url'}`,
    expected,
    todo,
  };
}

/** What is wrong between feeds: pairs that are there twice, missing or circular conversions. */
export function feedSetProblems(feeds: readonly FeedConfig[]): ConfigProblem[] {
  const byPair = new Map(feeds.map((feed) => [feed.pair, feed]));
  return feeds.flatMap((feed) => {
    const first = feeds.find(({ pair }) => pair === feed.pair);
    if (first !== undefined && first !== feed) {
      const problem = `${feed.pair} is declared in ${first.file} already`;
      return [atPair(feed, problem, 'one feed a pair', 'Remove one of the two.')];
    }
    const missing = feed.sources.find(({ conversion: by }) => by !== null && !byPair.has(by));
    if (missing !== undefined) {
      const problem = `no feed tells what ${missing.name} is converted by: ${missing.conversion}`;
      const todo = `Declare ${missing.conversion} (with "publish: false" if it only converts).`;
      return [atPair(feed, problem, 'a feed for each quote currency', todo)];
    }
    const circle = circleFrom(feed, byPair);
    if (circle === null) return [];
    const problem = `its conversions go in a circle: ${circle.join(' -> ')}`;
    return [atPair(feed, problem, 'conversions that end', 'Quote one of them otherwise.')];
  });
}

const atPair = (feed: FeedConfig, problem: string, expected: string, todo: string) => ({
  place: { file: feed.file, line: 1, column: 1 },
  key: 'pair',
  problem,
  expected,
  todo,
});

/** The way from a feed back to itself, or null. */
function circleFrom(start: FeedConfig, byPair: ReadonlyMap<string, FeedConfig>): string[] | null {
  const seen = new Set<string>();
  const follow = (feed: FeedConfig, way: readonly string[]): string[] | null => {
    for (const next of conversionsOf(feed)) {
      if (next === start.pair) return [...way, next];
      const found = byPair.get(next);
      if (found === undefined || seen.has(next)) continue;
      seen.add(next);
      const circle = follow(found, [...way, next]);
      if (circle !== null) return circle;
    }
    return null;
  };
  return follow(start, [start.pair]);
}

/** The pairs that a feed is converted by. */
export const conversionsOf = ({ sources }: FeedConfig): readonly string[] => [
  ...new Set(sources.flatMap(({ conversion }) => (conversion === null ? [] : [conversion]))),
];
