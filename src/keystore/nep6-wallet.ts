import { basename, dirname, extname, join } from 'node:path';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { type Nep2Cost, type WalletEntry, walletEntries } from '../config/wallet-file.js';
import { NEP2_COST } from './nep2.js';
import {
  type KeyFileWords,
  type PrivateText,
  readPrivateText,
  refusal,
  writePrivateText,
} from './private-key-file.js';

export const WALLET_WORDS: KeyFileWords = {
  code: 'WALLET_FILE',
  what: 'the wallet',
  setting: 'wallet.file',
};

/** Accounts of one wallet: a new one each month for years. */
export const MAX_WALLET_ACCOUNTS = 256;

/** Labels an account that is made or taken to be the next node account. */
export const NEXT_LABEL = 'next node account';
/** And one that is, or was, the node account. */
export const NODE_LABEL = 'node account';

/** An account to be put into a wallet. */
export interface NewWalletEntry {
  readonly account: Hash160;
  readonly address: string;
  /** NEP-2 text, under the wallet's own cost. */
  readonly encryptedKey: string;
  readonly verificationScript: Buffer;
  readonly label: string;
}

type Json = Record<string, unknown>;
/** A NEP-6 file with all that is in it: what other programs wrote there stays. */
type WalletJson = Json & { accounts: Json[] };

/** Cost of the key derivation in a wallet; that of a new one where there is none. */
export const costIn = (entries: readonly WalletEntry[]): Nep2Cost =>
  entries[0]?.scrypt ?? NEP2_COST;

/**
 * Adds an account to a NEP-6 wallet; the first of a wallet, which is made for it, is its default.
 * Throws a NodeError WALLET_FILE, WALLET_CHANGED, WALLET_HAS_ACCOUNT.
 */
export function addToWallet(file: string, entry: NewWalletEntry): void {
  const found = readPrivateText(file, WALLET_WORDS);
  if (found === null) {
    const fresh = { name: 'dodona', version: '1.0', scrypt: NEP2_COST, accounts: [], extra: null };
    const text = wireText({ ...fresh, accounts: [entryJson(entry, true)] });
    if (!writePrivateText(file, text, 'create', WALLET_WORDS)) throw changed(file);
    return;
  }
  edit(file, found, (wallet, entries) => {
    if (entries.some(({ account }) => account === entry.account)) {
      throw new NodeError('WALLET_HAS_ACCOUNT', `${file} has ${entry.address} already`, {
        hint: 'nothing is to be done',
      });
    }
    if (entries.length >= MAX_WALLET_ACCOUNTS) {
      const problem = `${file} has ${entries.length} accounts, at most ${MAX_WALLET_ACCOUNTS}`;
      throw refusal(WALLET_WORDS, problem, 'move former accounts to another wallet');
    }
    return { ...wallet, accounts: [...wallet.accounts, entryJson(entry, false)] };
  });
}

/** Makes an account of the wallet its default, with a label. Changes nothing where it is so. */
export function makeDefault(file: string, account: Hash160, label: string): void {
  edit(file, required(file), (wallet, entries) => {
    const isDone = entries.every((each) =>
      each.account === account ? each.isDefault && each.label === label : !each.isDefault,
    );
    if (isDone) return null;
    const accounts = wallet.accounts.map(({ isdefault: _, ...each }, at) => {
      const isIt = entries[at]?.account === account;
      return { ...each, ...(isIt ? { label } : {}), isDefault: isIt };
    });
    return { ...wallet, accounts };
  });
}

/** Where an account that is not needed any more goes: a wallet of its own, beside the node's. */
export function asideFile(file: string, address: string): string {
  const extension = extname(file);
  const name = `${basename(file, extension)}.retired-${address}${extension}`;
  return join(dirname(file), name);
}

/**
 * Moves an account out of the wallet into one of its own. Its key is there at every moment: first
 * in both. Does nothing where that is done. Answers the new file.
 */
export function moveAside(file: string, { account, address }: WalletEntry): string {
  const aside = asideFile(file, address);
  edit(file, required(file), (wallet, entries) => {
    const at = entries.findIndex((each) => each.account === account);
    if (at < 0) return null;
    const own = { ...wallet.accounts[at], isDefault: true };
    const text = wireText({ ...wallet, accounts: [own] });
    if (!writePrivateText(aside, text, 'create', WALLET_WORDS)) requireHolds(aside, account);
    return { ...wallet, accounts: wallet.accounts.filter((_, place) => place !== at) };
  });
  return aside;
}

function requireHolds(aside: string, wanted: Hash160): void {
  const entries = walletEntries(required(aside).text, aside);
  if (entries.some(({ account }) => account === wanted)) return;
  throw refusal(WALLET_WORDS, `${aside} is there and holds something else`, 'move it away');
}

function edit(
  file: string,
  found: PrivateText,
  change: (wallet: WalletJson, entries: readonly WalletEntry[]) => WalletJson | null,
): void {
  const entries = walletEntries(found.text, file);
  const next = change(JSON.parse(found.text), entries);
  if (next === null) return;
  if (readPrivateText(file, WALLET_WORDS, false)?.stamp !== found.stamp) throw changed(file);
  writePrivateText(file, wireText(next), 'replace', WALLET_WORDS);
}

function required(file: string): PrivateText {
  const found = readPrivateText(file, WALLET_WORDS);
  if (found !== null) return found;
  throw refusal(WALLET_WORDS, `there is no ${file}`, 'check wallet.file');
}

const wireText = (wallet: Json): string => `${JSON.stringify(wallet, null, 2)}\n`;

const entryJson = (entry: NewWalletEntry, isDefault: boolean): Json => ({
  address: entry.address,
  label: entry.label,
  isDefault,
  lock: false,
  key: entry.encryptedKey,
  contract: {
    script: entry.verificationScript.toString('base64'),
    parameters: [{ name: 'signature', type: 'Signature' }],
    deployed: false,
  },
  extra: null,
});

const changed = (file: string): NodeError =>
  new NodeError('WALLET_CHANGED', `${file} was changed by somebody else meanwhile`, {
    retryable: true,
    hint: 'run the command again',
  });
