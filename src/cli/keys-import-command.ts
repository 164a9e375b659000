import { Command } from 'commander';
import { addedText, addNodeKey } from './add-node-key.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { readAccount } from './order-options.js';
import {
  askUnseen,
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  readDescriptor,
  readPassphrase,
  withPassphraseOptions,
} from './passphrase-input.js';
import { badQuery } from './secret-options.js';

const HELP = `
Takes a key of a node account over from elsewhere: a WIF, a key encrypted by NEP-2, or an account of
a NEP-6 wallet (--account chooses one), which are told apart by how they look. Without --file and
--fd a WIF or NEP-2 key is typed in. The key is put into the wallet of wallet.file, under that
wallet's own password, beside the accounts that are there.
${NO_ARGUMENT_HELP}

Examples:
  dodona keys import --file old-wallet.json --key-password-file old.password
  dodona keys import --fd 3 3< key.wif
${EXIT_CODE_HELP}`;

interface ImportOptions extends CommonOptions, PassphraseOptions {
  readonly file?: string;
  readonly fd?: string;
  readonly account?: string;
  readonly keyPasswordFile?: string;
  readonly keyPasswordFd?: string;
}

export function keysImportCommand(context: CommandContext): Command {
  const command = withCommonOptions(new Command('import'))
    .option('--file <file>', 'what holds the key: WIF, NEP-2 or NEP-6')
    .option('--fd <number>', 'or an open file descriptor')
    .option('--account <address>', 'which account of a NEP-6 wallet (default: its default)')
    .option('--key-password-file <file>', 'what the key is encrypted under, where it is: one line')
    .option('--key-password-fd <number>', 'or from this open file descriptor');
  return withPassphraseOptions(command, "of the node's wallet, in the place of the configuration's")
    .description('take a key into the wallet from a WIF, NEP-2 or NEP-6')
    .addHelpText('after', HELP)
    .action(async (options: ImportOptions) => {
      const report = await addNodeKey(
        context,
        options,
        () => readKey(context, options),
        'node-key.import',
      );
      context.print(options.json === true ? JSON.stringify(report) : addedText(report));
    });
}

async function readKey(context: CommandContext, options: ImportOptions) {
  const { keyTextOf, openKeyText } = await import('../keystore/key-text.js');
  const { account, keyPasswordFile, keyPasswordFd } = options;
  const { text, where } = await readText(context, options);
  const kind = keyTextOf(text, where);
  if (account !== undefined && kind.format !== 'NEP-6') {
    throw badQuery('--account chooses among the accounts of a wallet', `${where} is one key`);
  }
  const wanted = account === undefined ? null : readAccount('account', account);
  const source = {
    ...(keyPasswordFile === undefined ? {} : { passwordFile: keyPasswordFile }),
    ...(keyPasswordFd === undefined ? {} : { passwordFd: keyPasswordFd }),
  };
  const of = 'the password that the key is encrypted under';
  return openKeyText(text, kind, wanted, () => readPassphrase(context, source, { of }));
}

async function readText(context: CommandContext, { file, fd }: ImportOptions) {
  const { MAX_KEY_TEXT_BYTES } = await import('../keystore/key-text.js');
  const { readPrivateText } = await import('../keystore/private-key-file.js');
  if (file !== undefined && fd !== undefined) throw badQuery('a key has one source', 'drop one');
  if (file !== undefined) {
    const words = { code: 'KEY_TEXT', what: 'the key', setting: '--file' };
    const found = readPrivateText(file, words);
    if (found === null) throw badQuery(`there is no ${file}`, 'check --file');
    return { text: found.text, where: file };
  }
  if (fd === undefined) {
    return { text: await askUnseen(context, 'WIF or NEP-2 key: '), where: 'what was typed in' };
  }
  return { text: readDescriptor(fd, MAX_KEY_TEXT_BYTES), where: `file descriptor ${fd}` };
}
