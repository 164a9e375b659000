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
Sends GAS to the gateway, where it is credit: what requests are paid from.
${ORDER_HELP}

Examples:
  dodona gasbank deposit 5 --for 0x1b4c7d5a0c3b1f2e9d8a7c6b5a4938271605f4e3
  dodona gasbank deposit 5 --wallet my.json --password-file my.password --dry-run
${EXIT_CODE_HELP}`;

interface DepositOptions extends OrderOptions {
  readonly for?: string;
}

export function gasbankDepositCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('deposit'))
    .argument('<amount>', 'GAS to pay in')
    .option('--for <account>', 'whose credit it becomes (default: of the account that pays)')
    .description('pay GAS in at the gateway, as credit of an account')
    .addHelpText('after', HELP)
    .action(async (text: string, options: DepositOptions) => {
      const amount = parseAmount('amount', text);
      const named = options.for === undefined ? null : readAccount('for', options.for);
      await runOrder(context, options, (account) => {
        return { kind: 'deposit', amount, creditTo: named ?? account };
      });
    });
}
