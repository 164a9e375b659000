import { Command } from 'commander';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { StoredPoll } from '../prices/poll-store.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { findFeed } from './find-feed.js';
import { withBooks } from './open-books.js';

const HELP = `
Prints the polls that the node keeps, oldest first: one JSON object a line, with what each source
said in its own quote currency. \`dodona prices backtest\` reads such a file.

Examples:
  dodona prices export > quotes.jsonl
  dodona prices export GAS/USD > gas.jsonl
${EXIT_CODE_HELP}`;

/** Polls that are read at once. */
const PAGE = 500;

export function pricesExportCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('export'))
    .argument('[pair]', 'only this pair; a converted one needs that which converts it, too')
    .description('print the recorded quotes, as JSON lines')
    .addHelpText('after', HELP)
    .action(async (pair: string | undefined, options: CommonOptions) => {
      const config = loadConfig(options.config);
      const { createPollStore } = await import('../prices/poll-store.js');
      const { recordedLine } = await import('../prices/recorded-polls.js');
      const count = await withBooks(config, (db) => {
        const store = createPollStore(db);
        let [last, printed] = [0n, 0];
        for (;;) {
          const page: StoredPoll[] = store.after(last, pair?.toUpperCase() ?? null, PAGE);
          for (const poll of page) context.print(recordedLine(poll));
          last = page.at(-1)?.id ?? last;
          printed += page.length;
          if (page.length < PAGE) return printed;
        }
      });
      if (count === 0) throw nothingKept(config, pair);
    });
}

/** Of a pair that is no feed it says so, and which ones there are. */
function nothingKept(config: NodeConfig, pair: string | undefined): NodeError {
  const what = pair === undefined ? 'any feed' : findFeed(config, pair).feed.pair;
  return new NodeError('PRICES_NONE', `the node has kept no poll of ${what} yet`, {
    retryable: true,
    hint: 'start the node with feeds: see prices.feeds of the configuration',
  });
}
