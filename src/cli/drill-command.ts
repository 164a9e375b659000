import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { drillCloseCommand } from './drill-close-command.js';
import { drillEmptyWalletCommand } from './drill-empty-wallet-command.js';

export function drillCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return new Command('drill')
    .description('what to do when the wallet is empty, and when the service is to be closed')
    .addCommand(drillEmptyWalletCommand(context, setExitCode))
    .addCommand(drillCloseCommand(context))
    .addHelpText(
      'after',
      '\nFor a stolen key: dodona keys revoke. Practise all three on a devnet.',
    );
}
