import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { backupVerifyCommand } from './backup-verify-command.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  withPassphraseOptions,
} from './passphrase-input.js';
import { badQuery } from './secret-options.js';

const HELP = `
Copies the database as it is at one moment, while the node goes on, and puts it into one encrypted
file, with the audit log's anchor, the configuration, its price feeds and functions.store. Evidence,
secrets and API keys are in the database: secrets encrypted as they are there.

FILE gets mode 0600, and is there whole or not at all; it replaces nothing. Where it is a directory,
the backup gets a name with network, gateway and time in it, and --keep N removes the oldest of this
gateway's names there beyond N, once the new one is whole. Meanwhile the copy needs room in
storage.dir: without enough for it and the node, none is made.

Without --with-keys no key is in it: keep copies of the wallet, of vault.key and of random.key
elsewhere, made anew after each change. With it they are, encrypted as they are under the passwords
of their own, which are never in a backup: then two things open the keys, and nothing less. Anyhow
keep the passphrase and these passwords apart from the backups.

AES-256-GCM in parts of 64 KiB, under a key from the passphrase by scrypt (n 32768, r 8, p 3).
${NO_ARGUMENT_HELP}

Examples:
  dodona backup /srv/backups/ --keep 14 --password-file backup.passphrase
  dodona backup before-upgrade.backup --with-keys
  dodona backup verify before-upgrade.backup
${EXIT_CODE_HELP}`;

export interface BackupOptions extends CommonOptions, PassphraseOptions {
  readonly withKeys?: boolean;
  readonly keep?: string;
}

const MAX_KEPT = 10_000;

export function backupCommand(context: CommandContext): Command {
  return new Command('backup')
    .description('an encrypted copy of what the node remembers, made while it runs')
    .addCommand(createCommand(context), { isDefault: true })
    .addCommand(backupVerifyCommand(context))
    .addHelpText('after', '\nSee `dodona backup create --help` and `dodona restore --help`.');
}

function createCommand(context: CommandContext): Command {
  const command = withCommonOptions(new Command('create'))
    .argument('<file>', 'a new file, or a directory that is there')
    .option('--with-keys', 'with the wallet, vault.key and random.key')
    .option('--keep <n>', 'in a directory: remove the oldest backups beyond so many');
  return withPassphraseOptions(command, "the backup's passphrase")
    .description('make a backup (the word create may be left out)')
    .addHelpText('after', HELP)
    .action(async (file: string, options: BackupOptions) => {
      const config = loadConfig(options.config);
      const keep = options.keep === undefined ? null : keepOf(options.keep);
      const { makeBackup, madeText } = await import('./make-backup.js');
      const made = await makeBackup(context, config, { ...options, file, keep });
      const asJson = options.json === true;
      context.print(asJson ? JSON.stringify({ ok: true, ...made }) : madeText(made));
    });
}

function keepOf(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= MAX_KEPT) return Number(text);
  throw badQuery(`keep is ${JSON.stringify(text)}`, `expected a number from 1 to ${MAX_KEPT}`);
}
