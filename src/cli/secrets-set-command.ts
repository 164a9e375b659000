import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { type HandedOver, MAX_HANDED_OVER_BYTES, openHandedOver } from '../vault/handed-over.js';
import { MAX_SECRET_BYTES, secretName } from '../vault/secret-limits.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { type VaultDesk, withVault } from './open-vault-desk.js';
import { readSecretValue, readTextFile } from './secret-input.js';
import { accountOption, badQuery, type SecretOptions, withSecret } from './secret-options.js';

const HELP = `
Stores a secret of an owner, or gives it a new value; its grants stay. The value is read from
standard input or a file, at most ${MAX_SECRET_BYTES} bytes; one line end at its end is left out.
--sealed takes what the owner encrypted with \`dodona secrets encrypt\` for this name.

A result that holds the value of a secret, as it is or in base64 or hex, is not answered but
Forbidden. --may-be-result is for values that may be known; say it with each new value.

Examples:
  dodona secrets set API_KEY --owner NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs < key.txt
  dodona secrets set API_KEY --owner NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs --sealed api-key.json
${EXIT_CODE_HELP}`;

interface SetOptions extends SecretOptions {
  readonly file?: string;
  readonly sealed?: string;
  readonly mayBeResult?: boolean;
}

export function secretsSetCommand(context: CommandContext): Command {
  return withSecret(new Command('set'))
    .option('--file <file>', 'file that holds the value and nothing else')
    .option('--sealed <file>', 'file that the owner encrypted for this node')
    .option('--may-be-result', 'results may hold the value')
    .description('store a secret, or give it a new value')
    .addHelpText('after', HELP)
    .action(async (name: string, options: SetOptions) => {
      const id = { owner: accountOption('owner', options.owner), name: secretName(name) };
      if (options.file !== undefined && options.sealed !== undefined) {
        throw badQuery('expected one of --file and --sealed', 'leave one out');
      }
      const config = loadConfig(options.config);
      const mayBeResult = options.mayBeResult === true;
      const { sealed } = options;
      const given =
        sealed === undefined
          ? { ...id, value: await readSecretValue(context, options.file, MAX_SECRET_BYTES) }
          : null;
      const version = await withVault(context, config, async (desk) => {
        const { value } = given ?? (await unseal(desk, id, sealed ?? ''));
        try {
          const { actor } = desk;
          return await desk.vault.desk.set({ ...id, value, mayBeResult, actor });
        } finally {
          value.fill(0);
        }
      });
      if (options.json === true) context.print(JSON.stringify({ ok: true, ...id, version }));
      else context.print(`${name} is stored, version ${version}.`);
    });
}

async function unseal(
  { keys }: VaultDesk,
  { owner, name }: Omit<HandedOver, 'value'>,
  file: string,
): Promise<HandedOver> {
  const text = readTextFile(file, MAX_HANDED_OVER_BYTES);
  const opened = await openHandedOver(text, (await keys.openOrCreate()).sharing());
  if (opened.owner === owner && opened.name === name) return opened;
  opened.value.fill(0);
  const hint = 'give the owner and name that it was encrypted for';
  throw badQuery(`${file} is ${opened.name} of ${opened.owner}`, hint);
}
