import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  withPassphraseOptions,
} from './passphrase-input.js';

const HELP = `
Restores into a storage directory on which no node works. Everything is written, proven and looked
through before anything is replaced. A directory that has data is refused; with --replace what is
there is moved into a folder of it, and nothing is deleted. After a crash, run the same command
again: until then no node opens that directory.

The network and the gateway must be those of the configuration; where node.config.yaml is missing,
as on a new machine, nothing is compared. The backup's own configuration, its feeds and a wallet
come to DIR/config, and are not used from there. Where the configuration has keys, functions.store
or the audit log's anchor in other places, nothing is put there: the next steps name them.

An old backup does no harm: the node reads the chain from where the backup ends, and what was
answered since is not answered again. What only the database knows is as it was then: secrets, API
keys, the audit log, evidence, pauses.
${NO_ARGUMENT_HELP}

Examples:
  dodona restore node.backup --to data --password-file backup.passphrase
  dodona restore before-upgrade.backup --to data --replace
${EXIT_CODE_HELP}`;

export interface RestoreOptions extends CommonOptions, PassphraseOptions {
  readonly to: string;
  readonly replace?: boolean;
}

export function restoreCommand(context: CommandContext): Command {
  const command = withCommonOptions(new Command('restore'))
    .argument('<file>', 'a backup')
    .requiredOption('--to <dir>', 'storage directory of a node that does not run')
    .option('--replace', 'move aside what is there');
  return withPassphraseOptions(command, "the backup's passphrase")
    .description('put a backup in the place of what the node remembers')
    .addHelpText('after', HELP)
    .action(async (file: string, options: RestoreOptions) => {
      const { restoreFrom, restoredText } = await import('./restore-from.js');
      const done = await restoreFrom(context, file, options);
      const asJson = options.json === true;
      context.print(asJson ? JSON.stringify({ ok: true, ...done }) : restoredText(done));
    });
}
