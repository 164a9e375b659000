import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import type { FeedConfig } from '../config/feed-config.js';
import { loadConfig } from '../config/load-config.js';
import { formatDecimal } from '../prices/decimal.js';
import { findManipulations, type Manipulation } from '../prices/manipulate.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { ExitCode } from './exit-code.js';
import { outcomeOf, pollToShow, type ShownPoll } from './feed-poll.js';
import { findFeed } from './find-feed.js';
import { timeText } from './human-time.js';
import { NOW_OPTION, type ShowOptions } from './prices-show-command.js';
import { textTable } from './text-table.js';

const HELP = `
Tries how far 1, 2, 3, … corrupt sources can move the price, with what the others said in the newest
poll: lies of many sizes, by the sources that matter most. "any" means that they can make it
anything; SILENCE that they can keep it from being published. What is found can be done; a bound for
minorities is in docs/prices.md.

Ends with 75 when the sources agree on nothing.

Examples:
  dodona prices manipulate GAS/USD
  dodona prices manipulate GAS/USD --now --json
${EXIT_CODE_HELP}`;

export function pricesManipulateCommand(
  context: CommandContext,
  setExitCode: (code: ExitCode) => void,
): Command {
  return withCommonOptions(new Command('manipulate'))
    .argument('<pair>', 'a pair of the feeds, such as GAS/USD')
    .option(...NOW_OPTION)
    .description('how far corrupt sources can move the price now')
    .addHelpText('after', HELP)
    .action(async (pair: string, options: ShowOptions) => {
      const config = loadConfig(options.config);
      const found = findFeed(config, pair);
      const poll = await pollToShow(config, found, options, context.clock);
      const { result } = outcomeOf(found.feed, poll).aggregation;
      const price = result.kind === 'none' ? null : result.value;
      if (price === null) setExitCode(ExitCode.tryLater);
      const moves = findManipulations(poll.sources, found.feed);
      if (options.json === true) {
        context.print(manipulationJson(found.feed, poll, price, moves));
      } else {
        const why = result.kind === 'none' ? result.why : '';
        context.print(manipulationText(found.feed, poll, price, moves, why));
      }
    });
}

function manipulationJson(
  { pair }: FeedConfig,
  { atMs, from }: ShownPoll,
  price: bigint | null,
  found: readonly Manipulation[],
): string {
  const shown = (value: bigint | null): string | null =>
    value === null ? null : formatDecimal(value);
  return jsonText({
    pair,
    polledAtMs: atMs,
    from,
    price: shown(price),
    corrupt: found.map(({ corrupt, lowest, highest, bps, isFree, canSilence }) => ({
      sources: corrupt,
      lowest: shown(lowest),
      highest: shown(highest),
      bps: Number(bps),
      isFree,
      canSilence,
    })),
  });
}

function manipulationText(
  { pair, sources }: FeedConfig,
  { atMs }: ShownPoll,
  price: bigint | null,
  found: readonly Manipulation[],
  why: string,
): string {
  const head = `${pair} at ${timeText(atMs)} UTC`;
  if (price === null) return `${head}: there is no price to move (${why})`;
  const table = textTable(
    [
      { title: 'CORRUPT', align: 'right' },
      { title: 'LOWEST', align: 'right' },
      { title: 'HIGHEST', align: 'right' },
      { title: 'MOVED BY', align: 'right' },
      { title: 'SILENCE' },
    ],
    found.map(({ corrupt, lowest, highest, bps, isFree, canSilence }) => [
      String(corrupt),
      isFree ? 'any' : formatDecimal(lowest ?? price),
      isFree ? 'any' : formatDecimal(highest ?? price),
      isFree ? 'any' : `${bps} bp`,
      canSilence ? 'yes' : 'no',
    ]),
  );
  const fresh = `${found.length} of ${sources.length} sources are fresh`;
  return `${head}: ${formatDecimal(price)}, ${fresh}\n\n${table}`;
}
