import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { hash160ToAddress } from '../base/hash.js';
import type { FeedConfig } from '../config/feed-config.js';
import { loadConfig } from '../config/load-config.js';
import { bpsText, publishesAt } from '../prices/decide-publication.js';
import { formatChainPrice, formatDecimal } from '../prices/decimal.js';
import type { JudgedSource } from '../prices/quote.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { ExitCode } from './exit-code.js';
import { outcomeOf, pollToShow, type ShownPoll } from './feed-poll.js';
import { findFeed } from './find-feed.js';
import { durationText, timeText } from './human-time.js';
import { labelled, textTable } from './text-table.js';
import { wrapped } from './visible-text.js';

const HELP = `
Shows the newest poll of the node: each source with its value in the pair's currency, its age then,
its group, and why it did not count; the price that they agree on; and what it takes to publish it.
With --now the sources are asked by this command, and nothing is written.

Ends with 75 when the sources agree on nothing.

Examples:
  dodona prices show GAS/USD
  dodona prices show GAS/USD --now --json
${EXIT_CODE_HELP}`;

export interface ShowOptions extends CommonOptions {
  readonly now?: boolean;
}

export const NOW_OPTION = [
  '--now',
  'ask the sources now, instead of reading the last poll',
] as const;

export function pricesShowCommand(
  context: CommandContext,
  setExitCode: (code: ExitCode) => void,
): Command {
  return withCommonOptions(new Command('show'))
    .argument('<pair>', 'a pair of the feeds, such as GAS/USD')
    .option(...NOW_OPTION)
    .description('what each source says, what they agree on, and what it takes to publish')
    .addHelpText('after', HELP)
    .action(async (pair: string, options: ShowOptions) => {
      const config = loadConfig(options.config);
      const found = findFeed(config, pair);
      const poll = await pollToShow(config, found, options, context.clock);
      const shown = outcomeOf(found.feed, poll);
      if (shown.aggregation.result.kind === 'none') setExitCode(ExitCode.tryLater);
      const print = options.json === true ? shownJson : shownText;
      context.print(print(found.feed, poll, shown));
    });
}

type Outcome = ReturnType<typeof outcomeOf>;

function shownJson(feed: FeedConfig, poll: ShownPoll, { aggregation, decision }: Outcome): string {
  const { result, groups, sources } = aggregation;
  return jsonText({
    pair: feed.pair,
    polledAtMs: poll.atMs,
    from: poll.from,
    agreed:
      result.kind === 'none'
        ? null
        : {
            price: formatChainPrice(result.price),
            timestampMs: result.timestampMs,
            confidenceBps: result.confidenceBps,
          },
    sources: sources.map(({ value, timestampMs, ...source }) => ({
      ...source,
      value: value === null ? null : formatDecimal(value),
      ageMs: timestampMs === null ? null : poll.atMs - timestampMs,
    })),
    groups: groups.map(({ value, ...group }) => ({ ...group, value: formatDecimal(value) })),
    decision,
    published:
      poll.last === null
        ? null
        : { ...poll.last, price: formatChainPrice(poll.last.price), ...stepsOf(feed, poll) },
  });
}

function stepsOf(feed: FeedConfig, { last }: ShownPoll) {
  if (last === null) return {};
  const { below, above } = publishesAt(last, feed);
  return {
    publishesBelow: formatDecimal(below),
    publishesAbove: formatDecimal(above),
    heartbeatDueMs: last.timestampMs + feed.heartbeatMs,
  };
}

function shownText(feed: FeedConfig, poll: ShownPoll, { aggregation, decision }: Outcome): string {
  const { result } = aggregation;
  const where = poll.from === 'node' ? 'polled by the node' : 'asked';
  const price =
    result.kind === 'none'
      ? `none: ${result.why}`
      : `${formatChainPrice(result.price)}, of ${timeText(result.timestampMs)}, ` +
        `confidence ${result.confidenceBps} bp`;
  const reasons = aggregation.sources.filter(({ why }) => why !== null);
  return [
    `${feed.pair}  ${where} at ${timeText(poll.atMs)} UTC`,
    '',
    sourceTable(aggregation.sources, poll.atMs, result.kind === 'none' ? null : result.value),
    ...(reasons.length === 0 ? [] : ['', ...reasons.map(({ source, why }) => `${source}: ${why}`)]),
    '',
    labelled('price', price),
    labelled('on chain', lastText(poll)),
    labelled('decision', `${decision.kind === 'none' ? 'wait' : decision.kind}: ${decision.why}`),
    ...(poll.last === null ? [] : [labelled('publishes', publishText(feed, poll))]),
  ]
    .flatMap((text) => (text.includes('\n') ? [text] : wrapped(text, 100)))
    .join('\n');
}

function publishText(feed: FeedConfig, { last }: ShownPoll): string {
  if (last === null) return '';
  const { below, above } = publishesAt(last, feed);
  return (
    `at or below ${formatDecimal(below)}, at or above ${formatDecimal(above)} ` +
    `(twice as far: at once; beyond ${feed.breakerBps} bp: once confirmed); ` +
    `heartbeat at ${timeText(last.timestampMs + feed.heartbeatMs)} UTC`
  );
}

function lastText({ last, atMs }: ShownPoll): string {
  if (last === null) return 'nothing yet';
  const { price, round, timestampMs, block, payer, chargeDifference } = last;
  const paid = payer === null ? 'the node' : hash160ToAddress(payer);
  const age = durationText(atMs - timestampMs);
  const where = `round ${round} in block ${block}`;
  const otherwise =
    chargeDifference === null ? '' : `; charged otherwise than predicted: ${chargeDifference}`;
  return `${formatChainPrice(price)}, ${where}, ${age} old, paid by ${paid}${otherwise}`;
}

function sourceTable(
  sources: readonly JudgedSource[],
  atMs: number,
  agreed: bigint | null,
): string {
  const columns = [
    { title: 'SOURCE' },
    { title: 'GROUP' },
    { title: 'VALUE', align: 'right' as const },
    { title: 'FROM PRICE', align: 'right' as const },
    { title: 'AGE', align: 'right' as const },
    { title: 'COUNTS' },
  ];
  return textTable(
    columns,
    sources.map(({ source, group, value, timestampMs, verdict }) => [
      source,
      group,
      value === null ? '-' : formatDecimal(value),
      value === null || agreed === null ? '-' : distanceText(value, agreed),
      timestampMs === null ? '-' : durationText(atMs - timestampMs),
      verdict === 'kept' ? 'yes' : `no: ${verdict}`,
    ]),
  );
}

const distanceText = (value: bigint, agreed: bigint): string =>
  `${value < agreed ? '-' : '+'}${bpsText(value, agreed)}`;
