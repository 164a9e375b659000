import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { type Datoshi, formatGas, parseGas } from '../base/datoshi.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import { loadFeeds } from '../config/load-feeds.js';
import { type BacktestResult, backtest } from '../prices/backtest.js';
import { type RecordedPoll, readRecordedLine } from '../prices/recorded-polls.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { timeText } from './human-time.js';
import { readGivenFile } from './read-function.js';
import { labelled } from './text-table.js';

const HELP = `
Replays recorded quotes against the feeds of the configuration: how many rounds a day would have
been published and why, what they would cost, and how far the chain's price was from the market's
at worst. FILE is what \`dodona prices export\` prints; nobody is asked over the network.

Examples:
  dodona prices export > quotes.jsonl
  dodona prices backtest quotes.jsonl --gas-per-round 0.02
${EXIT_CODE_HELP}`;

/** A round in a transaction of its own at a tenth of Neo's default prices (docs/prices.md). */
const GAS_PER_ROUND = '0.03';

interface BacktestOptions extends CommonOptions {
  readonly gasPerRound: string;
}

export function pricesBacktestCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('backtest'))
    .argument('<file>', 'recorded quotes, as JSON lines')
    .option('--gas-per-round <gas>', 'what a round costs, in GAS', GAS_PER_ROUND)
    .description('how the feeds would have done on recorded quotes')
    .addHelpText('after', HELP)
    .action((file: string, options: BacktestOptions) => {
      const config = loadConfig(options.config);
      const feeds = loadFeeds(config.prices.feedPaths);
      const fee = feeOf(options.gasPerRound);
      const polls = recordingOf(readGivenFile('the recording', file).toString());
      const results = backtest(feeds, polls, fee);
      if (results.length === 0) throw nothingToTest(polls);
      context.print(
        options.json === true
          ? jsonText({ gasPerRoundDatoshi: fee, feeds: results })
          : results.map((result) => resultText(result)).join('\n\n'),
      );
    });
}

function feeOf(text: string): Datoshi {
  try {
    return parseGas(text);
  } catch (error) {
    throw new NodeError('BAD_QUERY', `--gas-per-round: ${messageOf(error)}`);
  }
}

/** The polls of a recording in the order of their times. */
function recordingOf(text: string): RecordedPoll[] {
  const lines = text.split('\n').map((line, at) => ({ line, number: at + 1 }));
  return lines
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => readRecordedLine(line, number))
    .sort((a, b) => a.atMs - b.atMs);
}

function nothingToTest(polls: readonly RecordedPoll[]): NodeError {
  const pairs = [...new Set(polls.map(({ pair }) => pair))].slice(0, 10).join(', ');
  const has = polls.length === 0 ? 'it is empty' : `it has ${pairs}`;
  return new NodeError('RECORDING_EMPTY', `the recording has no quotes of the feeds: ${has}`, {
    hint: 'name the feeds of these pairs in prices.feeds',
  });
}

function resultText(result: BacktestResult): string {
  const { updates, updatesTotal, worstAtMs } = result;
  const reasons = Object.entries(updates)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${reason}`);
  const span = `${timeText(result.fromMs)} to ${timeText(result.toMs)} UTC`;
  const worst = worstAtMs === null ? '' : `, at ${timeText(worstAtMs)} UTC`;
  return [
    `${result.pair}: ${result.polls} polls, ${span}`,
    labelled('updates', `${updatesTotal} (${reasons.join(', ') || 'none'})`),
    labelled('a day', `${hundredths(result.centiUpdatesPerDay)} updates`),
    labelled('gas a day', `${formatGas(result.gasPerDayDatoshi)} GAS`),
    labelled('worst', `${hundredths(result.worstCentiBps)} bp between chain and market${worst}`),
    labelled('no quorum', `${result.pollsWithoutQuorum} polls`),
    labelled('breaker', `${result.pollsHeld} polls held`),
  ].join('\n');
}

const hundredths = (value: bigint): string =>
  `${value / 100n}.${(value % 100n).toString().padStart(2, '0')}`;
