import { wallet } from '@cityofzion/neon-js';
import { toHex } from '../base/bytes.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { createLocalSigner, type Signer } from '../chain/signer.js';
import { multisigScript } from '../chain/verification-script.js';

/** An account of a development network: its key is no secret. */
export interface DevnetAccount {
  readonly hash: Hash160;
  readonly address: string;
  /** The private key in wallet import format. */
  readonly wif: string;
  readonly signer: Signer;
}

/** An account of one key; a fresh random one, or that of a WIF. Throws on a malformed WIF. */
export function createAccount(wif?: string): DevnetAccount {
  const privateKey = wif === undefined ? wallet.generatePrivateKey() : privateKeyOf(wif);
  const signer = createLocalSigner(Buffer.from(privateKey, 'hex'));
  return {
    hash: signer.account,
    address: hash160ToAddress(signer.account),
    wif: wallet.getWIFFromPrivateKey(privateKey),
    signer,
  };
}

/** The 1-of-1 multisignature account of the same key: what a committee of one member signs by. */
export function multisigOf(account: DevnetAccount): DevnetAccount {
  const script = multisigScript(1, [account.signer.publicKey]);
  const signer = createLocalSigner(Buffer.from(privateKeyOf(account.wif), 'hex'), script);
  return {
    hash: signer.account,
    address: hash160ToAddress(signer.account),
    wif: account.wif,
    signer,
  };
}

const privateKeyOf = (wif: string): string => wallet.getPrivateKeyFromWIF(wif);

/** Cheap on purpose: the password stands beside the wallet. */
const SCRYPT = { n: 2, r: 1, p: 1 };

/**
 * A NEP-6 wallet with these accounts, the first being the default, encrypted (NEP-2) with the
 * password. Text of the file.
 */
export async function walletFileText(
  accounts: readonly DevnetAccount[],
  password: string,
): Promise<string> {
  const entries = await Promise.all(
    accounts.map(async ({ address, wif, signer }, at) => ({
      address,
      label: '',
      isDefault: at === 0,
      lock: false,
      key: await wallet.encrypt(privateKeyOf(wif), password, SCRYPT),
      contract: {
        script: signer.verificationScript.toString('base64'),
        parameters: [{ name: 'signature', type: 'Signature' }],
        deployed: false,
      },
      extra: null,
    })),
  );
  const file = { name: 'devnet', version: '1.0', scrypt: SCRYPT, accounts: entries, extra: null };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** The public key as configuration files write it. */
export const publicKeyHex = (account: DevnetAccount): string => toHex(account.signer.publicKey);
