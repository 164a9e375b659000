import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { encryptForNode, HANDED_OVER_SUITE, PUBLIC_KEY_BYTES } from '../vault/handed-over.js';
import { checkValue, MAX_SECRET_BYTES, secretName } from '../vault/secret-limits.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { withVault } from './open-vault-desk.js';
import { readSecretValue } from './secret-input.js';
import { accountOption, badQuery, type SecretOptions, withSecret } from './secret-options.js';

const PUBLIC_KEY_HELP = `
Prints the key that owners encrypt secrets to, in base64 (${HANDED_OVER_SUITE}).
Give it to them by a way on which nobody can exchange it.

Example:
  dodona secrets public-key
${EXIT_CODE_HELP}`;

const ENCRYPT_HELP = `
Encrypts a secret to a node's public key, on your own machine: no node and no configuration is
needed. The value is read from standard input or a file; what is printed can be sent by any way, and
is of use for this node, owner and name only. The operator stores it with \`dodona secrets set
--sealed FILE\`.

Example:
  dodona secrets encrypt API_KEY --owner N… --to BASE64 < key.txt > api-key.json
${EXIT_CODE_HELP}`;

interface EncryptOptions extends SecretOptions {
  readonly to: string;
  readonly file?: string;
}

export function secretsPublicKeyCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('public-key'))
    .description('print the key that owners encrypt secrets to')
    .addHelpText('after', PUBLIC_KEY_HELP)
    .action(async (options: CommonOptions) => {
      const key = await withVault(context, loadConfig(options.config), async ({ keys }) => {
        const latest = (await keys.openOrCreate()).sharing().at(-1);
        if (latest === undefined) throw new Error('bug: a key file without a public key');
        return { id: latest.id, publicKey: latest.publicKey.toString('base64') };
      });
      if (options.json !== true) context.print(key.publicKey);
      else context.print(JSON.stringify({ ok: true, ...key, suite: HANDED_OVER_SUITE }));
    });
}

export function secretsEncryptCommand(context: CommandContext): Command {
  return withSecret(new Command('encrypt'))
    .requiredOption('--to <key>', "the node's public key: what its operator's public-key printed")
    .option('--file <file>', 'file that holds the value and nothing else')
    .description('encrypt a secret for a node, on your own machine')
    .addHelpText('after', ENCRYPT_HELP)
    .action(async (name: string, options: EncryptOptions) => {
      const id = { owner: accountOption('owner', options.owner), name: secretName(name) };
      const publicKey = Buffer.from(options.to, 'base64');
      if (publicKey.length !== PUBLIC_KEY_BYTES || publicKey.toString('base64') !== options.to) {
        const hint = `expected the ${PUBLIC_KEY_BYTES} bytes in base64 that public-key prints`;
        throw badQuery('--to is not a public key', hint);
      }
      const value = await readSecretValue(context, options.file, MAX_SECRET_BYTES);
      try {
        // Short ones are refused, if they must be, where they are stored.
        checkValue(value, true);
        context.print(await encryptForNode(publicKey, { ...id, value }));
      } finally {
        value.fill(0);
      }
    });
}
