import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { keysCreateCommand } from './keys-create-command.js';
import { keysExportPublicCommand } from './keys-export-public-command.js';
import { keysImportCommand } from './keys-import-command.js';
import { keysListCommand } from './keys-list-command.js';
import { keysProposeCommand } from './keys-propose-command.js';
import { keysRevokeCommand } from './keys-revoke-command.js';
import { keysRotateCommand } from './keys-rotate-command.js';
import { keysStatusCommand } from './keys-status-command.js';

export function keysCommand(context: CommandContext): Command {
  return new Command('keys')
    .description("the node's keys: making, showing and changing them")
    .addCommand(keysListCommand(context))
    .addCommand(keysCreateCommand(context))
    .addCommand(keysImportCommand(context))
    .addCommand(keysExportPublicCommand(context))
    .addCommand(keysProposeCommand(context))
    .addCommand(keysRotateCommand(context))
    .addCommand(keysRevokeCommand(context))
    .addCommand(keysStatusCommand(context))
    .addHelpText('after', '\nSee `dodona keys create --help` and so on.');
}
