import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { functionAddCommand } from './function-add-command.js';
import { functionListCommand } from './function-list-command.js';
import { functionRegisterCommand, functionUpdateCommand } from './function-register-command.js';
import { functionRunCommand } from './function-run-command.js';

export function functionCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return new Command('function')
    .description('JavaScript functions: try, register and list them')
    .addCommand(functionRunCommand(context, setExitCode))
    .addCommand(functionRegisterCommand(context))
    .addCommand(functionUpdateCommand(context))
    .addCommand(functionListCommand(context))
    .addCommand(functionAddCommand(context))
    .addHelpText('after', '\nSee `dodona function run --help` and so on.');
}
