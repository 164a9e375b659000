import { hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { createLocalSigner, type Signer } from '../chain/signer.js';
import type { WalletAccount } from '../config/wallet-file.js';
import { decryptNep2 } from './nep2.js';

/** What opening an account takes. */
export type WalletKey = Pick<
  WalletAccount,
  'account' | 'address' | 'encryptedKey' | 'scrypt' | 'verificationScript'
>;

/**
 * Decrypts the key (NEP-2) of a wallet's account and makes the signer of it. Throws a NodeError
 * WALLET_PASSWORD, without a word of the password or the key.
 */
export async function openWallet(wallet: WalletKey, password: string): Promise<Signer> {
  const key = await openWalletKey(wallet, password);
  const signer = createLocalSigner(key, wallet.verificationScript ?? undefined);
  key.fill(0);
  if (signer.account === wallet.account) return signer;
  throw new NodeError(
    'WALLET_PASSWORD',
    `the key in the wallet is of ${hash160ToAddress(signer.account)}, not of ${wallet.address}`,
    { hint: 'make the wallet file anew from a backup of the key' },
  );
}

/** The private key of a wallet's account, which the caller wipes. Throws as `openWallet`. */
export async function openWalletKey(
  { address, encryptedKey, scrypt }: Pick<WalletKey, 'address' | 'encryptedKey' | 'scrypt'>,
  password: string,
): Promise<Buffer> {
  const opened = await decryptNep2(encryptedKey, password, scrypt).catch(() => null);
  if (opened !== null) {
    const { account } = keyOf(opened.privateKey) ?? {};
    if (account !== undefined && opened.isOf(hash160ToAddress(account))) return opened.privateKey;
    opened.privateKey.fill(0);
  }
  throw new NodeError('WALLET_PASSWORD', `the password does not open ${address}`, {
    hint: 'check wallet.passwordFile: one line, the password of this very wallet',
  });
}

/** Null where the bytes are no private key, as a wrong password may give them. */
function keyOf(privateKey: Buffer): Signer | null {
  try {
    return createLocalSigner(privateKey);
  } catch {
    return null;
  }
}
