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
Pays out credit at the gateway. What is reserved for requests is not credit until they end. The
credit of a contract is withdrawn by the contract itself.
${ORDER_HELP}

Examples:
  dodona gasbank withdraw 2.5
  dodona gasbank withdraw all --to NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs
${EXIT_CODE_HELP}`;

interface WithdrawOptions extends OrderOptions {
  readonly to?: string;
}

export function gasbankWithdrawCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('withdraw'))
    .argument('<amount>', 'GAS to take out, or all')
    .option('--to <account>', 'who gets it (default: the account itself)')
    .description('take credit out of the gateway')
    .addHelpText('after', HELP)
    .action(async (text: string, options: WithdrawOptions) => {
      const named = text === 'all' ? null : parseAmount('amount', text);
      const to = options.to === undefined ? null : readAccount('to', options.to);
      await runOrder(context, options, (account, has) => {
        return { kind: 'withdraw', amount: named ?? has.credit, to: to ?? account };
      });
    });
}
