import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import type { ExitCode } from './exit-code.js';
import { pricesBacktestCommand } from './prices-backtest-command.js';
import { pricesExportCommand } from './prices-export-command.js';
import { pricesManipulateCommand } from './prices-manipulate-command.js';
import { pricesShowCommand } from './prices-show-command.js';

export function pricesCommand(
  context: CommandContext,
  setExitCode: (code: ExitCode) => void,
): Command {
  return new Command('prices')
    .description('price feeds: what sources say, how they would have done, how safe they are')
    .addCommand(pricesShowCommand(context, setExitCode))
    .addCommand(pricesManipulateCommand(context, setExitCode))
    .addCommand(pricesExportCommand(context))
    .addCommand(pricesBacktestCommand(context))
    .addHelpText('after', '\nSee `dodona prices show --help` and so on.');
}
