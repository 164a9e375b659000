import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { purpose } from '../vault/reveal.js';
import { MAX_HOSTS_PER_GRANT, secretName } from '../vault/secret-limits.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { withVault } from './open-vault-desk.js';
import {
  accountOption,
  type SecretOptions,
  type UseOptions,
  useOption,
  withSecret,
  withSecretUse,
} from './secret-options.js';

const GRANT_HELP = `
Lets a requester use a secret, in its web requests or through the function with this very code, and
send it to these hosts. A host is a name for https on port 443; say another port, or http, with it.
Granting the same use again replaces the hosts.

Examples:
  dodona secrets grant API_KEY --owner N… --requester 0x… --web --host api.example.org
  dodona secrets grant API_KEY --owner N… --requester 0x… --code 9f86… --host api.example.org:8443
${EXIT_CODE_HELP}`;

const REVOKE_HELP = `
From now on the requester gets nothing; requests under way may have got it already.

Example:
  dodona secrets revoke API_KEY --owner N… --requester 0x… --web
${EXIT_CODE_HELP}`;

const DELETE_HELP = `
Deletes a secret with all of its grants. Copies in backups stay readable for whoever also has the
key file and the password: change the value where it is used.

Example:
  dodona secrets delete API_KEY --owner N…
${EXIT_CODE_HELP}`;

interface GrantOptions extends UseOptions {
  readonly host: readonly string[];
}

const another = (text: string, before: readonly string[]): readonly string[] => [...before, text];

export function secretsGrantCommand(context: CommandContext): Command {
  return withSecretUse(new Command('grant'))
    .option(
      '--host <host>',
      `where it may be sent; may be given up to ${MAX_HOSTS_PER_GRANT} times`,
      another,
      [],
    )
    .description('let a requester use a secret')
    .addHelpText('after', GRANT_HELP)
    .action(async (name: string, options: GrantOptions) => {
      const given = { ...secretUse(name, options), hosts: options.host };
      await withVault(context, loadConfig(options.config), ({ vault, actor }) =>
        vault.desk.grant({ ...given, actor }),
      );
      tell(context, options, `${name} is granted to ${given.requester} ${purpose(given.use)}.`);
    });
}

export function secretsRevokeCommand(context: CommandContext): Command {
  return withSecretUse(new Command('revoke'))
    .description('take a grant back')
    .addHelpText('after', REVOKE_HELP)
    .action(async (name: string, options: UseOptions) => {
      const given = secretUse(name, options);
      await withVault(context, loadConfig(options.config), ({ vault, actor }) =>
        vault.desk.revoke({ ...given, actor }),
      );
      tell(context, options, `${name} is granted to ${given.requester} no more.`);
    });
}

export function secretsDeleteCommand(context: CommandContext): Command {
  return withSecret(new Command('delete'))
    .description('delete a secret with its grants')
    .addHelpText('after', DELETE_HELP)
    .action(async (name: string, options: SecretOptions) => {
      const id = { owner: accountOption('owner', options.owner), name: secretName(name) };
      await withVault(context, loadConfig(options.config), ({ vault, actor }) =>
        vault.desk.delete({ ...id, actor }),
      );
      tell(context, options, `${name} is deleted.`);
    });
}

const secretUse = (name: string, options: UseOptions) => ({
  owner: accountOption('owner', options.owner),
  name: secretName(name),
  requester: accountOption('requester', options.requester),
  use: useOption(options),
});

function tell(context: CommandContext, { json }: SecretOptions, text: string): void {
  context.print(json === true ? JSON.stringify({ ok: true }) : text);
}
