import { existsSync } from 'node:fs';
import { toHex } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import { readPasswordFile } from '../config/password-file.js';
import { type WalletFiles, walletFilesOf } from '../config/wallet-config.js';
import type { GivenKey } from '../keystore/key-text.js';
import type { CommandContext } from './command-context.js';
import type { CommonOptions } from './command-options.js';
import { askUnseen, type PassphraseOptions, readPassphrase } from './passphrase-input.js';
import { badQuery } from './secret-options.js';
import { labelled } from './text-table.js';

/** What `keys create --kind node` and `keys import` print with --json. */
export interface AddedKeyReport {
  readonly ok: true;
  readonly kind: 'node';
  readonly account: Hash160;
  readonly address: string;
  /** Compressed, 66 hex digits. */
  readonly publicKey: string;
  readonly file: string;
}

/**
 * Puts a key into the node's wallet, and notes it down in the audit log, which is opened first:
 * what cannot be noted down is not done.
 */
export async function addNodeKey(
  context: CommandContext,
  options: CommonOptions & PassphraseOptions,
  readKey: (config: NodeConfig) => Promise<GivenKey>,
  action: 'node-key.create' | 'node-key.import',
): Promise<AddedKeyReport> {
  const { addAccount } = await import('../keystore/add-account.js');
  const { NEXT_LABEL, NODE_LABEL } = await import('../keystore/nep6-wallet.js');
  const { withVault } = await import('./open-vault-desk.js');
  const config = loadConfig(options.config);
  const files = walletFilesOf(config, 'no key can be put there from here');
  const { file } = files;
  return withVault(context, config, async ({ audit, actor }) => {
    const given = await readKey(config);
    try {
      const password = await walletPassword(context, files, options);
      const label = existsSync(file) ? NEXT_LABEL : NODE_LABEL;
      const { account, address, publicKey } = await addAccount(file, given, { password, label });
      const done = { actor, action, object: `node-key:${address}` };
      audit.record((append) => append({ ...done, outcome: 'done', requestId: null, note: '' }));
      return { ok: true, kind: 'node', account, address, publicKey: toHex(publicKey), file };
    } finally {
      given.privateKey.fill(0);
    }
  });
}

/** That of the configuration's file where there is one; of a new wallet it is typed in twice. */
async function walletPassword(
  context: CommandContext,
  wallet: WalletFiles,
  options: PassphraseOptions,
): Promise<string> {
  const { passwordFile } = wallet;
  const isConfigured = existsSync(passwordFile);
  const fallback = isConfigured ? () => readPasswordFile(passwordFile) : undefined;
  const of = existsSync(wallet.file) ? "the wallet's password" : 'a password for the new wallet';
  const password = await readPassphrase(context, options, { of, fallback });
  const isTyped = !isConfigured && options.passwordFile === undefined && !options.passwordFd;
  if (!isTyped) return password;
  if (password === '') throw badQuery('the password is empty', 'run the command again');
  if (existsSync(wallet.file)) return password;
  if ((await askUnseen(context, 'the same once more: ')) === password) return password;
  throw badQuery('the passwords are not the same', 'run the command again');
}

export function addedText({ address, publicKey, file }: AddedKeyReport): string {
  return [
    labelled('account', `${address}, in ${file}`),
    labelled('public', publicKey),
    labelled('next', 'back the file up; then: dodona keys rotate, or dodona keys status'),
  ].join('\n');
}
