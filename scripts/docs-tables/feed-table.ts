import { z } from 'zod';
import { feedKeys, feedSchema } from '../../src/config/feed-schema.js';
import { code, markdownTable } from './markdown.js';

/** What each key of a feed means. */
const MEANINGS: Readonly<Record<string, string>> = {
  pair: 'What is priced, and in what.',
  publish: '`false`: it only converts other feeds, and nothing of it goes on the chain.',
  quorum: 'Groups that must be left after rejection, and agree.',
  agreement: 'How far from the published price a group may be that agrees.',
  deviation:
    'A price so far from the last round on two polls in a row is published; twice as far, at once.',
  breaker: 'A price that is farther than this from the last round waits for a second poll near it.',
  heartbeat: 'A round that is so old is followed by another, though nothing moved.',
  pollInterval: 'How often the sources are asked.',
  staleness: 'A value that is older, by its source’s own time, does not count.',
  sources: 'Where prices come from; a venue’s market, or a URL.',
  'sources[].name': 'Its name in tables, logs and metrics. Default: the venue, or the host.',
  'sources[].venue': 'Whose ticker it is.',
  'sources[].symbol': 'The market’s name at the venue; for coingecko the coin’s id.',
  'sources[].api': 'Asked instead of the venue’s own API: a mirror, or another country’s.',
  'sources[].url': 'Asked by GET, for sources that are none of the venues.',
  'sources[].price': 'Selects the price in the answer: one number or text.',
  'sources[].time': 'Selects the price’s time. Without it, it is that of the answer’s Date header.',
  'sources[].timeFormat': 'Milliseconds or seconds since 1970, or ISO 8601.',
  'sources[].group':
    'Sources of one group are one opinion: so are two APIs of one venue. Default: the venue.',
  'sources[].quote': 'The currency of its prices. Another than the pair’s needs a feed of its own.',
  'sources[].timeout': 'For the whole of one poll, retries included.',
  'sources[].retries': 'Tries after the first, where the trouble may pass.',
};

/** The keys of a feed's file: default, what is accepted, what it means. */
export function feedTable(): string {
  const least = { pair: 'A/B', sources: [{ venue: 'okx', symbol: 'A-B', quote: 'B' }] };
  const defaults = z.encode(feedSchema, feedSchema.parse(least)) as Record<string, unknown>;
  const [source] = defaults.sources as Record<string, unknown>[];
  const rows = feedKeys().map(({ key, accepted }) => {
    const own = key.replace('sources[].', '');
    const value = own === key ? defaults[key] : source?.[own];
    const isGiven = own === key ? key in least : own in (least.sources[0] ?? {});
    const meaning = MEANINGS[key];
    if (meaning === undefined) throw new Error(`say in feed-table.ts what ${key} means`);
    const shown = isGiven || value === undefined ? 'none' : code(String(value));
    return [code(key), shown, accepted.replace(/, written as .*$/, ''), meaning];
  });
  return markdownTable(['key', 'default', 'accepted', 'meaning'], rows);
}
