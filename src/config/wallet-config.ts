import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { FileValues } from './config-schema.js';

/** A signer in a process of its own, which has the wallet. */
export interface RemoteSignerConfig {
  readonly socketPath: string;
  /** Of one answer. */
  readonly timeoutMs: number;
}

/** The wallet's file and its password's. */
export interface WalletFiles {
  readonly file: string;
  readonly passwordFile: string;
}

export interface WalletConfig {
  /** Null where the key is at a signer. */
  readonly files: WalletFiles | null;
  /** Null: the node signs by itself. */
  readonly signer: RemoteSignerConfig | null;
  /** null: the wallet's default account, or its only one. */
  readonly account: Hash160 | null;
  /** Accounts that the node signed with before: their GAS is on the books. */
  readonly formerAccounts: readonly Hash160[];
}

export function walletConfig(
  { file, passwordFile, signer, account, formerAccounts }: FileValues['wallet'],
  path: (text: string) => string,
): WalletConfig {
  const isHere = file !== undefined && passwordFile !== undefined;
  const { socket, timeout } = signer;
  return {
    files: isHere ? { file: path(file), passwordFile: path(passwordFile) } : null,
    signer: socket === undefined ? null : { socketPath: path(socket), timeoutMs: timeout },
    account: account ?? null,
    formerAccounts,
  };
}

/**
 * The wallet's files. Throws a NodeError KEY_AT_SIGNER where a signer has them; `forWhat` says what
 * cannot be done here, `todo` what to do instead.
 */
export function walletFilesOf(
  { wallet }: { readonly wallet: Pick<WalletConfig, 'files' | 'signer'> },
  forWhat = 'the wallet cannot be read here',
  todo = "do it as the signer's user, with a configuration that names wallet.file: docs/keys.md",
): WalletFiles {
  if (wallet.files !== null) return wallet.files;
  const where = `the node account's key is at the signer of ${wallet.signer?.socketPath}`;
  throw new NodeError('KEY_AT_SIGNER', `${where}: ${forWhat}`, { hint: todo });
}

/** Where the password is that key files without one of their own are under. */
export function otherPasswordFile(
  config: { readonly wallet: Pick<WalletConfig, 'files' | 'signer'> },
  setting: 'vault.passwordFile' | 'random.passwordFile',
): string {
  const todo = `set ${setting} to a file of mode 0600 with a password of their own`;
  return walletFilesOf(config, `there is no wallet.passwordFile, and no ${setting}`, todo)
    .passwordFile;
}
