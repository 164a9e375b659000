import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { keysCreateCommand } from './keys-create-command.js';
import { keysProposeCommand } from './keys-propose-command.js';

export function keysCommand(context: CommandContext): Command {
  return new Command('keys')
    .description("the node's keys: making them, and telling the gateway of them")
    .addCommand(keysCreateCommand(context))
    .addCommand(keysProposeCommand(context))
    .addHelpText('after', '\nSee `dodona keys create --help` and so on.');
}
