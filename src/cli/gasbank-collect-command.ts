import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import {
  ORDER_HELP,
  type OrderOptions,
  parseAmount,
  readAccount,
  withOrderOptions,
} from './order-options.js';
import { runOrder } from './run-order.js';

const HELP = `
Pays out what answers earned. Only the account that earned it can; one that was the node account
before still can. To have it done by the node itself, see gasbank.collect in the configuration.
${ORDER_HELP}

Examples:
  dodona gasbank collect all
  dodona gasbank collect 10 --to NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs --dry-run
${EXIT_CODE_HELP}`;

interface CollectOptions extends OrderOptions {
  readonly to?: string;
}

export function gasbankCollectCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('collect'))
    .argument('<amount>', 'GAS to take out, or all')
    .option('--to <account>', 'who gets it (default: the account itself)')
    .description('take earnings out of the gateway')
    .addHelpText('after', HELP)
    .action(async (text: string, options: CollectOptions) => {
      const named = text === 'all' ? null : parseAmount('amount', text);
      const to = options.to === undefined ? null : readAccount('to', options.to);
      await runOrder(context, options, (account, has) => {
        return { kind: 'collect', amount: named ?? has.earned, to: to ?? account };
      });
    });
}
