import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { readPasswordFile } from '../config/password-file.js';
import type { Rotated } from '../vault/rotate-keys.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { type VaultDesk, withVault } from './open-vault-desk.js';
import { badQuery } from './secret-options.js';

const HELP = `
Without an option: the key-encryption key and all data keys. The node may run meanwhile; a rotation
that was interrupted is finished by the next one. Back up the key file afterwards, together with the
database: an older copy of either does not fit.

--old-password-file is for after a change of the wallet's password: it encrypts the key file anew.

Examples:
  dodona secrets rotate
  dodona secrets rotate --old-password-file old.password
${EXIT_CODE_HELP}`;

interface RotateOptions extends CommonOptions {
  readonly keyEncryptionKey?: boolean;
  readonly dataKeys?: boolean;
  readonly publicKey?: boolean;
  readonly oldPasswordFile?: string;
}

export function secretsRotateCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('rotate'))
    .option('--key-encryption-key', 'only the key that data keys are encrypted under')
    .option('--data-keys', 'only the keys that values are encrypted under')
    .option('--public-key', 'the key that authors encrypt to; the one before still opens')
    .option('--old-password-file <file>', "the wallet's password before it was changed")
    .description('new keys for the vault, while it is in use')
    .addHelpText('after', HELP)
    .action(async (options: RotateOptions) => {
      const { keyEncryptionKey, dataKeys, publicKey, oldPasswordFile } = options;
      const chosen = [keyEncryptionKey, dataKeys, publicKey, oldPasswordFile];
      if (chosen.filter((one) => one !== undefined).length > 1) {
        throw badQuery('more than one kind of rotation is asked for', 'run them one by one');
      }
      const config = loadConfig(options.config);
      const done = await withVault(context, config, (desk) => rotate(desk, options));
      if (options.json === true) context.print(JSON.stringify({ ok: true, rotated: done }));
      else
        for (const { what, secrets, resumed } of done)
          context.print(textOf(what, secrets, resumed));
    });
}

interface Done extends Rotated {
  readonly what: 'key-encryption key' | 'data keys' | 'public key' | 'password';
}

async function rotate(desk: VaultDesk, options: RotateOptions): Promise<Done[]> {
  const { vault, keys, audit, actor } = desk;
  const note = (action: string): void =>
    audit.record((append) =>
      append({ actor, action, object: 'vault', outcome: 'done', requestId: null, note: '' }),
    );
  const rest = { secrets: 0, resumed: false };
  if (options.oldPasswordFile !== undefined) {
    await keys.reseal(readPasswordFile(options.oldPasswordFile));
    note('vault-key.reseal');
    return [{ what: 'password', ...rest }];
  }
  if (options.publicKey === true) {
    (await keys.openOrCreate()).renewSharing();
    note('public-key.rotate');
    return [{ what: 'public key', ...rest }];
  }
  const { rotation } = vault;
  const done: Done[] = [];
  if (options.dataKeys !== true) {
    done.push({ what: 'key-encryption key', ...(await rotation.rotateKeyEncryptionKey(actor)) });
  }
  if (options.keyEncryptionKey !== true) {
    done.push({ what: 'data keys', ...(await rotation.rotateDataKeys(actor)) });
  }
  return done;
}

function textOf(what: Done['what'], secrets: number, resumed: boolean): string {
  if (what === 'password') return 'The key file opens with the present password.';
  if (what === 'public key') return 'There is a new public key: see dodona secrets public-key.';
  const count = `${secrets} ${secrets === 1 ? 'secret' : 'secrets'}`;
  return resumed
    ? `The rotation of the ${what} that was interrupted is finished: ${count} moved.`
    : `The ${what} ${what === 'data keys' ? 'are' : 'is'} new: ${count} moved.`;
}
