import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { gasbankBalanceCommand } from './gasbank-balance-command.js';
import { gasbankHistoryCommand } from './gasbank-history-command.js';

export function gasbankCommand(context: CommandContext): Command {
  return new Command('gasbank')
    .description("the node's money: accounts, history, paying in and out")
    .addCommand(gasbankBalanceCommand(context))
    .addCommand(gasbankHistoryCommand(context))
    .addHelpText('after', '\nSee `dodona gasbank balance --help` and so on.');
}
