import { z } from 'zod';
import { addressToHash160, type Hash160, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { readOwnerOnly } from './owner-only-file.js';

/** What NEP-2's key derivation costs (scrypt, RFC 7914). */
export interface Nep2Cost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** An account of a NEP-6 wallet; its key is still encrypted. */
export interface WalletEntry {
  readonly account: Hash160;
  readonly address: string;
  /** NEP-2 text, 58 characters; null of an account that is only watched. */
  readonly encryptedKey: string | null;
  /** Of NEP-2's key derivation. */
  readonly scrypt: Nep2Cost;
  /** Verification script, where the wallet has it; it tells a multisignature. */
  readonly verificationScript: Buffer | null;
  readonly label: string;
  readonly isDefault: boolean;
}

/** One that can sign. */
export type WalletAccount = WalletEntry & { readonly encryptedKey: string };

/** A wallet of a few keys has some KiB. */
const MAX_WALLET_BYTES = 1_048_576;

const walletSchema = z.object({
  scrypt: z.object({
    n: z.number().int().min(2).max(1_048_576),
    r: z.number().int().min(1).max(64),
    p: z.number().int().min(1).max(64),
  }),
  accounts: z
    .array(
      z.object({
        address: z.string(),
        label: z.string().nullish(),
        isDefault: z.boolean().optional(),
        isdefault: z.boolean().optional(),
        key: z.string().nullish(),
        contract: z.object({ script: z.string() }).nullish(),
      }),
    )
    .min(1),
});

type Entry = z.output<typeof walletSchema>['accounts'][number];

/**
 * Reads the configured account of a NEP-6 wallet (https://github.com/neo-project/proposals, NEP-6):
 * the named one, else the default one, else the only one. The file must be for its owner only: who
 * has it can try passwords at leisure. Throws a NodeError WALLET_FILE.
 */
export function readWalletFile(config: {
  readonly file: string;
  readonly account: Hash160 | null;
}): WalletAccount {
  const { file } = config;
  const chosen = chooseAccount(readWalletEntries(file), config.account, file);
  if (canSign(chosen)) return chosen;
  throw refusal(`${chosen.address} in ${file} has no key`, 'choose an account that can sign');
}

export const canSign = (entry: WalletEntry): entry is WalletAccount => entry.encryptedKey !== null;

/** All accounts of a NEP-6 wallet, in its order. Throws as `readWalletFile`. */
export function readWalletEntries(file: string): WalletEntry[] {
  return walletEntries(readWalletText(file), file);
}

/** The accounts in the text of a NEP-6 wallet; `file` names it in errors. */
export function walletEntries(text: string, file: string): WalletEntry[] {
  const { accounts, scrypt } = parseWallet(text, file);
  return accounts.map((entry) => ({
    account: accountOf(entry, file),
    address: entry.address,
    encryptedKey: entry.key || null,
    scrypt,
    verificationScript: entry.contract ? Buffer.from(entry.contract.script, 'base64') : null,
    label: entry.label ?? '',
    isDefault: (entry.isDefault ?? entry.isdefault) === true,
  }));
}

const readWalletText = (path: string): string =>
  readOwnerOnly(path, {
    what: 'the wallet',
    setting: 'wallet.file',
    maxBytes: MAX_WALLET_BYTES,
    refusal,
  }).toString('utf8');

function parseWallet(text: string, file: string): z.output<typeof walletSchema> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // A syntax error quotes the text around it, which may be a key.
    const problem = `cannot read the wallet ${file}: it is not JSON`;
    throw refusal(problem, 'name a NEP-6 wallet in wallet.file');
  }
  const parsed = walletSchema.safeParse(content);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw refusal(
      `${file} is not a NEP-6 wallet (at "${where}")`,
      'make one with dodona keys create --kind node',
    );
  }
  return parsed.data;
}

/** The named account, else the default one, else the only one. Throws a NodeError WALLET_FILE. */
export function chooseAccount<T extends Pick<WalletEntry, 'account' | 'isDefault'>>(
  entries: readonly T[],
  wanted: Hash160 | null,
  file: string,
): T {
  const chosen =
    wanted === null
      ? (entries.find(({ isDefault }) => isDefault) ??
        (entries.length === 1 ? entries[0] : undefined))
      : entries.find(({ account }) => account === wanted);
  if (chosen !== undefined) return chosen;
  const listed = entries.map(({ account }) => hash160ToAddress(account)).join(', ');
  throw wanted === null
    ? refusal(`${file} has several accounts, none of them default: ${listed}`, 'set wallet.account')
    : refusal(
        `${file} doesn't have the account ${hash160ToAddress(wanted)}, but ${listed}`,
        'correct wallet.account',
      );
}

function accountOf(entry: Entry, file: string): Hash160 {
  try {
    return addressToHash160(entry.address);
  } catch (cause) {
    throw refusal(`in ${file}: ${messageOf(cause)}`, 'name a wallet of Neo N3 in wallet.file');
  }
}

const refusal = (message: string, hint: string): NodeError =>
  new NodeError('WALLET_FILE', message, { hint });
