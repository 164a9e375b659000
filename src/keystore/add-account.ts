import { createECDH } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { createLocalSigner } from '../chain/signer.js';
import { canSign, readWalletEntries } from '../config/wallet-file.js';
import { encryptNep2 } from './nep2.js';
import { addToWallet, costIn } from './nep6-wallet.js';
import { openWallet, openWalletKey } from './open-wallet.js';

const KEY_BYTES = 32;

/** A fresh private key of secp256r1, 32 bytes; the caller wipes it. */
export function freshPrivateKey(): Buffer {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  const key = Buffer.alloc(KEY_BYTES);
  const bytes = ecdh.getPrivateKey();
  bytes.copy(key, KEY_BYTES - bytes.length);
  bytes.fill(0);
  return key;
}

/** An account that was put into a wallet. */
export interface AddedAccount {
  readonly account: Hash160;
  readonly address: string;
  /** Compressed, 33 bytes. */
  readonly publicKey: Buffer;
}

/**
 * Puts a key into a NEP-6 wallet, which is made where there is none, and proves that it opens. All
 * accounts of a wallet are under one password: a wrong one is refused. Throws a NodeError
 * WALLET_FILE, WALLET_CHANGED, WALLET_HAS_ACCOUNT, WALLET_PASSWORD.
 */
export async function addAccount(
  file: string,
  key: { readonly privateKey: Uint8Array; readonly verificationScript: Buffer | null },
  { password, label }: { readonly password: string; readonly label: string },
): Promise<AddedAccount> {
  const signer = createLocalSigner(key.privateKey, key.verificationScript ?? undefined);
  const { account, publicKey, verificationScript } = signer;
  const address = hash160ToAddress(account);
  const entries = existsSync(file) ? readWalletEntries(file) : [];
  const [present] = entries.filter(canSign);
  if (present !== undefined) (await openWalletKey(present, password)).fill(0);
  const keyAddress = hash160ToAddress(createLocalSigner(key.privateKey).account);
  const cost = costIn(entries);
  const encryptedKey = await encryptNep2(key.privateKey, keyAddress, password, cost);
  addToWallet(file, { account, address, encryptedKey, verificationScript, label });
  const written = readWalletEntries(file).filter(canSign);
  const found = written.find((entry) => entry.account === account);
  if (found === undefined) throw new Error('bug: an account is not in the wallet it was put into');
  await openWallet(found, password);
  return { account, address, publicKey };
}
