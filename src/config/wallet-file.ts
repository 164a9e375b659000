import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { addressToHash160, type Hash160, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { WalletConfig } from './node-config.js';

/** The account of a NEP-6 wallet that a node signs with; its key is still encrypted. */
export interface WalletAccount {
  readonly account: Hash160;
  readonly address: string;
  /** NEP-2 text, 58 characters. */
  readonly encryptedKey: string;
  /** Of NEP-2's key derivation. */
  readonly scrypt: { readonly n: number; readonly r: number; readonly p: number };
  /** Verification script, where the wallet has it; it tells a multisignature. */
  readonly verificationScript: Buffer | null;
}

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
 * the named one, else the default one, else the only one. Throws a NodeError WALLET_FILE.
 */
export function readWalletFile(config: Pick<WalletConfig, 'file' | 'account'>): WalletAccount {
  const { file } = config;
  const wallet = parseWallet(file);
  const entry = chooseAccount(wallet.accounts, config.account, file);
  if (!entry.key) {
    throw refusal(`${entry.address} in ${file} has no key`, 'choose an account that can sign');
  }
  return {
    account: accountOf(entry, file),
    address: entry.address,
    encryptedKey: entry.key,
    scrypt: wallet.scrypt,
    verificationScript: entry.contract ? Buffer.from(entry.contract.script, 'base64') : null,
  };
}

function parseWallet(file: string): z.output<typeof walletSchema> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    // A syntax error quotes the text around it, which may be a key.
    const why = cause instanceof SyntaxError ? 'it is not JSON' : messageOf(cause);
    throw refusal(`cannot read the wallet ${file}: ${why}`, 'name a NEP-6 wallet in wallet.file');
  }
  const parsed = walletSchema.safeParse(content);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw refusal(
      `${file} is not a NEP-6 wallet (at "${where}")`,
      'make one with neo-go or neo-cli',
    );
  }
  return parsed.data;
}

function chooseAccount(entries: readonly Entry[], wanted: Hash160 | null, file: string): Entry {
  const isDefault = (entry: Entry): boolean => (entry.isDefault ?? entry.isdefault) === true;
  const chosen =
    wanted === null
      ? (entries.find(isDefault) ?? (entries.length === 1 ? entries[0] : undefined))
      : entries.find((entry) => accountOf(entry, file) === wanted);
  if (chosen !== undefined) return chosen;
  const listed = entries.map(({ address }) => address).join(', ');
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
