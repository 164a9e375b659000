import { Command } from 'commander';
import { hash160ToAddress } from '../base/hash.js';
import { loadConfig } from '../config/load-config.js';
import { purpose } from '../vault/reveal.js';
import { listSecrets, type SecretView } from '../vault/secret-desk.js';
import { createVaultStore } from '../vault/vault-store.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { timeText } from './human-time.js';
import { withBooks } from './open-books.js';
import { accountOption } from './secret-options.js';
import { labelled } from './text-table.js';

const HELP = `
Names, owners and grants; no command ever shows a value.

Examples:
  dodona secrets list
  dodona secrets list --owner NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs --json
${EXIT_CODE_HELP}`;

interface ListOptions extends CommonOptions {
  readonly owner?: string;
}

export function secretsListCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('list'))
    .option('--owner <account>', 'only those of this owner')
    .description('secrets and to whom they are granted')
    .addHelpText('after', HELP)
    .action(async (options: ListOptions) => {
      const owner = options.owner === undefined ? null : accountOption('owner', options.owner);
      const secrets = await withBooks(loadConfig(options.config), (db) =>
        listSecrets(createVaultStore(db), owner),
      );
      if (options.json === true) context.print(JSON.stringify({ ok: true, secrets }));
      else context.print(secrets.length === 0 ? 'No secret.' : secrets.map(textOf).join('\n\n'));
    });
}

function textOf({ name, owner, version, changedMs, mayBeResult, grants }: SecretView): string {
  const lines = grants.map(({ requester, use, hosts }) =>
    labelled('', `${requester} ${purpose(use)}, to ${hosts.join(' ') || 'no host'}`, 2),
  );
  return [
    `${name} of ${hash160ToAddress(owner)}`,
    labelled('', `version ${version}, ${timeText(changedMs)} UTC`, 2),
    ...(mayBeResult ? [labelled('', 'results may hold it', 2)] : []),
    ...(lines.length === 0 ? [labelled('', 'granted to nobody', 2)] : lines),
  ].join('\n');
}
