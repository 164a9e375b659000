import { toHex } from '../base/bytes.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { publicKeyId } from '../base/sealed-box.js';
import { readVerificationScript } from '../chain/verification-script.js';
import type { NodeConfig } from '../config/node-config.js';
import { randomKeyFile } from '../config/random-files.js';
import { vaultKeyFile } from '../config/vault-files.js';
import { canSign, readWalletEntries } from '../config/wallet-file.js';
import type { HeldAccount, KeyHolder } from './key-holder.js';
import { readRandomKeyFile } from './random-key-file.js';
import { readKeyFile } from './vault-key-file.js';

/** An account of the wallet. */
export interface NodeKeyPart {
  readonly kind: 'node';
  readonly account: Hash160;
  readonly address: string;
  /**
   * Compressed, 66 hex digits each; of a multisignature all its keys. Empty where the wallet does
   * not tell.
   */
  readonly publicKeys: readonly string[];
  /** Signatures that the account asks for; null where the wallet does not tell. */
  readonly threshold: number | null;
  readonly label: string;
  /** The one that the wallet's file names. */
  readonly isDefault: boolean;
  /** False of an account that is only watched. */
  readonly canSign: boolean;
}

/** A key of random numbers. */
export interface RandomKeyPart {
  readonly kind: 'random';
  /** 16 hex digits. */
  readonly id: string;
  /** A compressed point of G2, 192 hex digits. */
  readonly publicKey: string;
}

/** A key that authors encrypt secrets to; the last one is in use. */
export interface VaultKeyPart {
  readonly kind: 'vault';
  /** 16 hex digits. */
  readonly id: string;
  /** Of X25519, 64 hex digits. */
  readonly publicKey: string;
}

/** Where keys of a kind are, and what of them anybody may know. */
export interface PublicKeysOf<Part> {
  readonly file: string;
  /** Why the file tells nothing; null when it does, and when there is none. */
  readonly problem: string | null;
  readonly keys: readonly Part[];
}

export interface PublicKeys {
  readonly node: PublicKeysOf<NodeKeyPart>;
  readonly random: PublicKeysOf<RandomKeyPart>;
  readonly vault: PublicKeysOf<VaultKeyPart>;
}

type Places = Pick<NodeConfig, 'wallet' | 'random' | 'vault' | 'storage' | 'audit'>;

/**
 * The public parts of all of the node's keys, oldest first; those at a signer are asked of it. No
 * password is asked for, and nothing is decrypted; a file that cannot be used is told of in the
 * place of its keys.
 */
export async function listPublicKeys(
  config: Places,
  remote: KeyHolder | null,
): Promise<PublicKeys> {
  const { files, signer } = config.wallet;
  return {
    node:
      remote === null
        ? partsIn(files?.file ?? '', (file) =>
            readWalletEntries(file).map((entry) => nodeKey({ ...entry, canSign: canSign(entry) })),
          )
        : await partsAt(signer?.socketPath ?? '', remote),
    random: partsIn(randomKeyFile(config), (file) =>
      (readRandomKeyFile(file)?.keys ?? []).map(({ publicKey }) => ({
        kind: 'random',
        id: publicKeyId(publicKey),
        publicKey: toHex(publicKey),
      })),
    ),
    vault: partsIn(vaultKeyFile(config), (file) =>
      (readKeyFile(file)?.sharing ?? []).map(({ id, publicKey }) => ({
        kind: 'vault',
        id,
        publicKey: toHex(publicKey),
      })),
    ),
  };
}

function partsIn<Part>(file: string, read: (file: string) => readonly Part[]): PublicKeysOf<Part> {
  try {
    return { file, problem: null, keys: read(file) };
  } catch (error) {
    return { file, problem: messageOf(error), keys: [] };
  }
}

async function partsAt(socket: string, remote: KeyHolder): Promise<PublicKeysOf<NodeKeyPart>> {
  try {
    const keys = (await remote.accounts()).map((held) => nodeKey({ ...held, canSign: true }));
    return { file: socket, problem: null, keys };
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return { file: socket, problem: messageOf(error), keys: [] };
  }
}

function nodeKey(entry: HeldAccount & { readonly canSign: boolean }): NodeKeyPart {
  const { verificationScript: script, account, label, isDefault } = entry;
  const asks = script === null ? null : readVerificationScript(script);
  return {
    kind: 'node',
    account,
    address: hash160ToAddress(account),
    publicKeys: asks?.publicKeys.map(toHex) ?? [],
    threshold: asks?.threshold ?? null,
    label,
    isDefault,
    canSign: entry.canSign,
  };
}
