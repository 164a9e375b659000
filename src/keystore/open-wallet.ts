import { createRequire } from 'node:module';
import { fromHex } from '../base/bytes.js';
import { hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { createLocalSigner, type Signer } from '../chain/signer.js';
import type { WalletAccount } from '../config/wallet-file.js';

// neon-js is CommonJS with a `default` of its own: loaders disagree on what an import of it is.
const neon = createRequire(import.meta.url)(
  '@cityofzion/neon-js',
) as typeof import('@cityofzion/neon-js');

/**
 * Decrypts the key (NEP-2) of a wallet's account and makes the signer of it. Throws a NodeError
 * WALLET_PASSWORD, without a word of the password or the key.
 */
export async function openWallet(wallet: WalletAccount, password: string): Promise<Signer> {
  const key = await decrypt(wallet, password);
  const signer = createLocalSigner(key, wallet.verificationScript ?? undefined);
  if (signer.account !== wallet.account) {
    throw new NodeError(
      'WALLET_PASSWORD',
      `the key in the wallet belongs to ${hash160ToAddress(signer.account)}, ` +
        `not to ${wallet.address}`,
      { hint: 'make the wallet file anew from a backup of the key' },
    );
  }
  return signer;
}

async function decrypt(wallet: WalletAccount, password: string): Promise<Buffer> {
  try {
    const account = new neon.wallet.Account(wallet.encryptedKey);
    await account.decrypt(password, wallet.scrypt);
    return fromHex(account.privateKey);
  } catch {
    // The library's error is left out: nobody promised what it quotes.
    throw new NodeError('WALLET_PASSWORD', `the password does not open ${wallet.address}`, {
      hint: 'check wallet.passwordFile: one line, the password of this very wallet',
    });
  }
}
