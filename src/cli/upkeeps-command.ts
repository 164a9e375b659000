import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { upkeepsListCommand } from './upkeeps-list-command.js';
import { upkeepsResumeCommand } from './upkeeps-resume-command.js';
import { upkeepsShowCommand } from './upkeeps-show-command.js';
import { upkeepsSimulateCommand } from './upkeeps-simulate-command.js';

export function upkeepsCommand(context: CommandContext): Command {
  return new Command('upkeeps')
    .description('the upkeeps that the node runs: calls that come on time')
    .addCommand(upkeepsListCommand(context))
    .addCommand(upkeepsShowCommand(context))
    .addCommand(upkeepsSimulateCommand(context))
    .addCommand(upkeepsResumeCommand(context))
    .addHelpText('after', '\nSee `dodona upkeeps <command> --help`.');
}
