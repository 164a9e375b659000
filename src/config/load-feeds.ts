import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, NodeError } from '../base/node-error.js';
import { conversionsOf, feedProblems, feedSetProblems } from './check-feed.js';
import { type ConfigProblem, configInvalid } from './config-problem.js';
import { type FeedConfig, feedConfig } from './feed-config.js';
import { feedSchema } from './feed-schema.js';
import { schemaProblems } from './schema-problems.js';
import { placesIn, readYaml, type YamlSource } from './yaml-source.js';

/** Feeds that one node can have. */
export const MAX_FEEDS = 1_000;
/** A feed is half a page. */
const MAX_FEED_BYTES = 65_536;
const HINT = 'what a feed may say is in docs/prices.md';

/**
 * Reads the feeds of files and directories (all their *.yaml), those that convert others first.
 * Throws a NodeError: FEED_READ when a file can't be read, FEED_INVALID with every problem, each
 * with its file, line, column and key, what was wrong, what was expected and what to do.
 */
export function loadFeeds(paths: readonly string[]): FeedConfig[] {
  const files = [...new Set(paths.flatMap(filesAt))];
  if (files.length > MAX_FEEDS) {
    throw new NodeError('FEED_READ', `there are ${files.length} feeds, at most ${MAX_FEEDS}`, {
      hint: 'run a second node for the others',
    });
  }
  const read = files.map(readFeed);
  const problems = read.flatMap((feed) => (Array.isArray(feed) ? feed : []));
  const feeds = read.flatMap((feed) => (Array.isArray(feed) ? [] : [feed]));
  // Between feeds nothing can be said while some are unreadable.
  if (problems.length === 0) problems.push(...feedSetProblems(feeds));
  const [first] = problems;
  if (first !== undefined) {
    throw configInvalid(first.place.file, problems, 'FEED_INVALID', HINT);
  }
  return inOrder(feeds);
}

function filesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith('.yaml'));
    return names.sort().map((name) => join(path, name));
  } catch (cause) {
    throw new NodeError('FEED_READ', `cannot read feeds: ${messageOf(cause)}`, {
      cause,
      hint: 'correct prices.feeds in the configuration',
    });
  }
}

function readFeed(file: string): FeedConfig | ConfigProblem[] {
  const source = readYaml(file, readText(file));
  if (Array.isArray(source)) return source;
  const { data } = source as YamlSource;
  const layers = { data, placeFor: placesIn(source as YamlSource) };
  const result = feedSchema.safeParse(data);
  if (!result.success) return schemaProblems(layers, result.error, feedSchema);
  const problems = feedProblems(result.data, layers.placeFor);
  return problems.length > 0 ? problems : feedConfig(file, result.data);
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_FEED_BYTES) throw new Error(`it has ${size} bytes, at most ${MAX_FEED_BYTES}`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new NodeError('FEED_READ', `cannot read the feed ${file}: ${messageOf(cause)}`, {
      cause,
      hint: 'correct prices.feeds in the configuration',
    });
  }
}

/** Those that convert others stand before them; there are no circles. */
function inOrder(feeds: readonly FeedConfig[]): FeedConfig[] {
  const byPair = new Map(feeds.map((feed) => [feed.pair, feed]));
  const ordered = new Set<FeedConfig>();
  const add = (feed: FeedConfig): void => {
    if (ordered.has(feed)) return;
    for (const pair of conversionsOf(feed)) {
      const by = byPair.get(pair);
      if (by !== undefined) add(by);
    }
    ordered.add(feed);
  };
  for (const feed of feeds) add(feed);
  return [...ordered];
}
