import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import type { ExitCode } from './exit-code.js';
import { gasbankBalanceCommand } from './gasbank-balance-command.js';
import { gasbankCollectCommand } from './gasbank-collect-command.js';
import { gasbankDepositCommand } from './gasbank-deposit-command.js';
import { gasbankForecastCommand } from './gasbank-forecast-command.js';
import { gasbankHistoryCommand } from './gasbank-history-command.js';
import { gasbankRebuildCommand } from './gasbank-rebuild-command.js';
import { gasbankReconcileCommand } from './gasbank-reconcile-command.js';
import { gasbankSponsorCommand } from './gasbank-sponsor-command.js';
import { gasbankWithdrawCommand } from './gasbank-withdraw-command.js';

export function gasbankCommand(
  context: CommandContext,
  setExitCode: (code: ExitCode) => void,
): Command {
  return new Command('gasbank')
    .description("the node's money: accounts, history, forecast, proofs, paying in and out")
    .addCommand(gasbankBalanceCommand(context))
    .addCommand(gasbankHistoryCommand(context))
    .addCommand(gasbankForecastCommand(context))
    .addCommand(gasbankReconcileCommand(context, setExitCode))
    .addCommand(gasbankRebuildCommand(context, setExitCode))
    .addCommand(gasbankDepositCommand(context))
    .addCommand(gasbankWithdrawCommand(context))
    .addCommand(gasbankCollectCommand(context))
    .addCommand(gasbankSponsorCommand(context))
    .addHelpText('after', '\nSee `dodona gasbank balance --help` and so on.');
}
