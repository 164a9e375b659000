import type { Signer } from '../chain/signer.js';
import { readWalletFile } from '../config/wallet-file.js';
import type { CommandContext } from './command-context.js';
import { readAccount } from './order-options.js';
import { type PassphraseOptions, readPassphrase } from './passphrase-input.js';
import { badQuery } from './secret-options.js';

export interface OwnerOptions extends PassphraseOptions {
  readonly wallet?: string;
  readonly account?: string;
}

/**
 * The gateway's owner, by his wallet; null where none is named. Throws a NodeError BAD_QUERY,
 * WALLET_FILE, WALLET_PASSWORD, PASSWORD_FILE, PASSWORD_INPUT.
 */
export async function openOwner(
  context: CommandContext,
  options: OwnerOptions,
): Promise<Signer | null> {
  const { wallet: file, account, passwordFile, passwordFd } = options;
  if (file === undefined) {
    if ([account, passwordFile, passwordFd].every((each) => each === undefined)) return null;
    throw badQuery('--account and a password go with --wallet', "name the owner's wallet");
  }
  const { openWallet } = await import('../keystore/open-wallet.js');
  const named = account === undefined ? null : readAccount('account', account);
  const entry = readWalletFile({ file, account: named });
  return openWallet(entry, await readPassphrase(context, options, { of: "the owner's password" }));
}
