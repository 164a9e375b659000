import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  readPassphrase,
  withPassphraseOptions,
} from './passphrase-input.js';

const HELP = `
Reads the whole file and proves that it is what was written: nothing was changed, moved, cut off or
added. Nothing of it is written anywhere. It needs no configuration.
${NO_ARGUMENT_HELP}

Examples:
  dodona backup verify before-upgrade.backup --password-file backup.passphrase
${EXIT_CODE_HELP}`;

interface VerifyOptions extends PassphraseOptions {
  readonly json?: boolean;
}

export function backupVerifyCommand(context: CommandContext): Command {
  const command = new Command('verify')
    .argument('<file>', 'a backup')
    .option('--json', 'print JSON for programs instead of text for people');
  return withPassphraseOptions(command, "the backup's passphrase")
    .description('prove that a backup can be restored, without restoring it')
    .addHelpText('after', HELP)
    .action(async (file: string, options: VerifyOptions) => {
      const { openBackup } = await import('../operations/backup/read-backup.js');
      const { manifestLines } = await import('./make-backup.js');
      const passphrase = await readPassphrase(context, options, { of: "the backup's passphrase" });
      const backup = await openBackup(file, passphrase);
      try {
        backup.readFiles(() => () => {});
        const { manifest } = backup;
        if (options.json === true) {
          context.print(JSON.stringify({ ok: true, file, ...manifest }));
        } else context.print(['The backup is whole.', ...manifestLines(manifest)].join('\n'));
      } finally {
        backup.close();
      }
    });
}
