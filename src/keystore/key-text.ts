import { createRequire } from 'node:module';
import { fromHex } from '../base/bytes.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { createLocalSigner } from '../chain/signer.js';
import { canSign, type WalletEntry, walletEntries } from '../config/wallet-file.js';
import { decryptNep2, isNep2, NEP2_COST } from './nep2.js';
import { openWalletKey } from './open-wallet.js';

/** A wallet of another program. */
export const MAX_KEY_TEXT_BYTES = 1_048_576;

/** What a key was handed over as. */
export type KeyText =
  | { readonly format: 'WIF' }
  | { readonly format: 'NEP-2' }
  | { readonly format: 'NEP-6'; readonly entries: readonly WalletEntry[] };

/** A key that was read; the caller wipes it. */
export interface GivenKey {
  readonly privateKey: Buffer;
  /** Null: that of the key alone. */
  readonly verificationScript: Buffer | null;
}

/** Tells a WIF, a key encrypted by NEP-2 and a NEP-6 wallet apart. Throws a NodeError KEY_TEXT. */
export function keyTextOf(text: string, where: string): KeyText {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) {
    return { format: 'NEP-6', entries: walletEntries(trimmed, where) };
  }
  if (isNep2(trimmed)) return { format: 'NEP-2' };
  if (readWif(trimmed) !== null) return { format: 'WIF' };
  throw new NodeError('KEY_TEXT', `${where} holds no key`, {
    hint: 'expected a WIF (52 characters), a NEP-2 key (58, begins with 6P) or a NEP-6 wallet',
  });
}

/**
 * Reads the key. `wanted` chooses an account of a wallet; without it the default or only one.
 * Throws a NodeError KEY_TEXT, WALLET_PASSWORD.
 */
export async function openKeyText(
  text: string,
  kind: KeyText,
  wanted: Hash160 | null,
  readPassphrase: () => Promise<string>,
): Promise<GivenKey> {
  const trimmed = text.trim();
  if (kind.format === 'WIF') {
    return { privateKey: readWif(trimmed) as Buffer, verificationScript: null };
  }
  if (kind.format === 'NEP-6') {
    const entry = chooseEntry(kind.entries, wanted);
    const privateKey = await openWalletKey(entry, await readPassphrase());
    return { privateKey, verificationScript: entry.verificationScript };
  }
  const opened = await decryptNep2(trimmed, await readPassphrase(), NEP2_COST);
  if (opened !== null) {
    const { privateKey, isOf } = opened;
    if (isOf(addressOf(privateKey))) return { privateKey, verificationScript: null };
    privateKey.fill(0);
  }
  throw new NodeError('WALLET_PASSWORD', 'the password does not open the key', {
    hint: 'give the password that this very key was encrypted under',
  });
}

function chooseEntry(entries: readonly WalletEntry[], wanted: Hash160 | null) {
  const able = entries.filter(canSign);
  const chosen =
    wanted === null
      ? (able.find(({ isDefault }) => isDefault) ?? (able.length === 1 ? able[0] : undefined))
      : able.find(({ account }) => account === wanted);
  if (chosen !== undefined) return chosen;
  const listed = able.map(({ address }) => address).join(', ') || 'none that can sign';
  throw new NodeError('KEY_TEXT', `the wallet has these accounts: ${listed}`, {
    hint: 'choose one with --account',
  });
}

/** An address of nobody where the bytes are no key. */
function addressOf(privateKey: Buffer): string {
  try {
    return hash160ToAddress(createLocalSigner(privateKey).account);
  } catch {
    return '';
  }
}

/** Null when it is none. What the library says of it is left out: it may quote the key. */
function readWif(text: string): Buffer | null {
  // CommonJS with a `default` of its own: loaders disagree on what an import of it is.
  const neon = createRequire(import.meta.url)(
    '@cityofzion/neon-js',
  ) as typeof import('@cityofzion/neon-js');
  try {
    const key = fromHex(neon.wallet.getPrivateKeyFromWIF(text));
    return key.length === 32 ? key : null;
  } catch {
    return null;
  }
}
