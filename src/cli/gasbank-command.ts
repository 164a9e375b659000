import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { gasbankBalanceCommand } from './gasbank-balance-command.js';
import { gasbankCollectCommand } from './gasbank-collect-command.js';
import { gasbankDepositCommand } from './gasbank-deposit-command.js';
import { gasbankForecastCommand } from './gasbank-forecast-command.js';
import { gasbankHistoryCommand } from './gasbank-history-command.js';
import { gasbankSponsorCommand } from './gasbank-sponsor-command.js';
import { gasbankWithdrawCommand } from './gasbank-withdraw-command.js';

export function gasbankCommand(context: CommandContext): Command {
  return new Command('gasbank')
    .description("the node's money: accounts, history, forecast, paying in and out")
    .addCommand(gasbankBalanceCommand(context))
    .addCommand(gasbankHistoryCommand(context))
    .addCommand(gasbankForecastCommand(context))
    .addCommand(gasbankDepositCommand(context))
    .addCommand(gasbankWithdrawCommand(context))
    .addCommand(gasbankCollectCommand(context))
    .addCommand(gasbankSponsorCommand(context))
    .addHelpText('after', '\nSee `dodona gasbank balance --help` and so on.');
}
