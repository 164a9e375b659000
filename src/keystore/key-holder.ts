import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { Signer } from '../chain/signer.js';
import { readPasswordFile } from '../config/password-file.js';
import type { WalletFiles } from '../config/wallet-config.js';
import { canSign, chooseAccount, readWalletEntries } from '../config/wallet-file.js';
import { openWallet } from './open-wallet.js';

/** What anybody may know of an account whose key is held. */
export interface HeldAccount {
  readonly account: Hash160;
  /** Null where the wallet does not tell. */
  readonly verificationScript: Buffer | null;
  readonly label: string;
  /** The one that the wallet's file names. */
  readonly isDefault: boolean;
}

/** Where the keys of node accounts are: in a wallet here, or at a signer in another process. */
export interface KeyHolder {
  /** Accounts that it signs for, oldest first. Throws a NodeError. */
  accounts(): Promise<readonly HeldAccount[]>;
  /** The signer of one of them. Throws a NodeError KEY_NOT_HERE, and what opening it throws. */
  open(account: Hash160): Promise<Signer>;
}

/** With the account that the configuration names: it, else the default one, else the only one. */
export interface ConfiguredKeys extends KeyHolder {
  configured(): Promise<HeldAccount>;
}

/** Of the accounts that are held: the named one, else the default one, else the only one. */
export function choose(
  accounts: readonly HeldAccount[],
  wanted: Hash160 | null,
  where: string,
): HeldAccount {
  return chooseAccount(accounts, wanted, where);
}

/** The keys of a NEP-6 wallet, opened when they are asked for, each once. */
export function createWalletHolder({ file, passwordFile }: WalletFiles): KeyHolder {
  const opened = new Map<Hash160, Signer>();
  return {
    accounts: async () => readWalletEntries(file).filter(canSign),
    async open(account) {
      const known = opened.get(account);
      if (known !== undefined) return known;
      const entry = readWalletEntries(file)
        .filter(canSign)
        .find((each) => each.account === account);
      if (entry === undefined) throw notHere(account, file);
      const signer = await openWallet(entry, readPasswordFile(passwordFile));
      opened.set(account, signer);
      return signer;
    },
  };
}

export const notHere = (account: Hash160, where: string): NodeError =>
  new NodeError('KEY_NOT_HERE', `${where} has no key of ${hash160ToAddress(account)}`, {
    hint: 'dodona keys list shows which keys there are',
  });
