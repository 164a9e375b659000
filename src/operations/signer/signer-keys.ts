import type { Hash160 } from '../../base/hash.js';
import { messageOf } from '../../base/node-error.js';
import type { Signer } from '../../chain/signer.js';
import { canSign, readWalletEntries } from '../../config/wallet-file.js';
import { WALLET_WORDS } from '../../keystore/nep6-wallet.js';
import { openWallet } from '../../keystore/open-wallet.js';
import { readPrivateText } from '../../keystore/private-key-file.js';

/** An account of the signer's wallet, its key open. */
export interface OpenAccount {
  readonly signer: Signer;
  readonly label: string;
  readonly isDefault: boolean;
}

export interface SignerKeys {
  /** In the wallet's order. */
  all(): readonly OpenAccount[];
  find(account: Hash160): Signer | null;
  /** Opens what was put into the wallet since; what was taken out stays until the process ends. */
  refresh(): Promise<void>;
}

/**
 * All keys of a wallet that can sign, opened under one password. Throws a NodeError WALLET_FILE,
 * WALLET_PASSWORD.
 */
export async function openSignerKeys(options: {
  readonly file: string;
  readonly password: string;
  /** Told why a wallet that changed cannot be read. */
  readonly onTrouble: (reason: string) => void;
}): Promise<SignerKeys> {
  const { file, password, onTrouble } = options;
  const opened = new Map<Hash160, OpenAccount>();
  let stamp: string | null = null;

  async function open(): Promise<void> {
    // A wallet that cannot be read is told of once.
    stamp = stampOf(file);
    for (const entry of readWalletEntries(file).filter(canSign)) {
      const { label, isDefault } = entry;
      const signer = opened.get(entry.account)?.signer ?? (await openWallet(entry, password));
      opened.set(entry.account, { signer, label, isDefault });
    }
  }

  await open();
  return {
    all: () => [...opened.values()],
    find: (account) => opened.get(account)?.signer ?? null,
    async refresh() {
      try {
        if (stampOf(file) !== stamp) await open();
      } catch (error) {
        onTrouble(messageOf(error));
      }
    },
  };
}

const stampOf = (file: string): string | null =>
  readPrivateText(file, WALLET_WORDS, false)?.stamp ?? null;
