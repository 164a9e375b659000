import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { secretsEncryptCommand, secretsPublicKeyCommand } from './secrets-encrypt-commands.js';
import {
  secretsDeleteCommand,
  secretsGrantCommand,
  secretsRevokeCommand,
} from './secrets-grant-commands.js';
import { secretsListCommand } from './secrets-list-command.js';
import { secretsRotateCommand } from './secrets-rotate-command.js';
import { secretsSetCommand } from './secrets-set-command.js';

export function secretsCommand(context: CommandContext): Command {
  return new Command('secrets')
    .description('the vault: secrets of owners, and which requests may use them')
    .addCommand(secretsSetCommand(context))
    .addCommand(secretsListCommand(context))
    .addCommand(secretsGrantCommand(context))
    .addCommand(secretsRevokeCommand(context))
    .addCommand(secretsDeleteCommand(context))
    .addCommand(secretsRotateCommand(context))
    .addCommand(secretsPublicKeyCommand(context))
    .addCommand(secretsEncryptCommand(context))
    .addHelpText('after', '\nSee `dodona secrets set --help` and so on.');
}
