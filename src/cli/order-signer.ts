import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { Signer } from '../chain/signer.js';
import type { NodeConfig } from '../config/node-config.js';
import { readWalletFile } from '../config/wallet-file.js';
import type { CommandContext } from './command-context.js';
import { type OrderOptions, readAccount } from './order-options.js';
import { ownAccount } from './own-account.js';
import { readPassphrase } from './passphrase-input.js';

export interface OrderSigner {
  readonly signer: Signer;
  /** True where the books of a node here tell of this account: then they must draw its fees. */
  readonly hasBooks: boolean;
  /** Worth knowing before it pays; else null. */
  readonly note: string | null;
}

/**
 * The account that an order is signed by: that of --wallet, else the node's. Throws a NodeError
 * WALLET_FILE, PASSWORD_FILE, PASSWORD_INPUT, WALLET_PASSWORD or BAD_QUERY.
 */
export async function openOrderSigner(
  config: NodeConfig,
  options: OrderOptions,
  context: CommandContext,
): Promise<OrderSigner> {
  const { wallet, passwordFile, passwordFd, account, rpc } = options;
  const hasPassword = passwordFile !== undefined || passwordFd !== undefined;
  if (wallet === undefined && hasPassword) {
    throw new NodeError('BAD_QUERY', 'a password goes with --wallet', {
      hint: "name the wallet that it opens, or give neither for the node's own account",
    });
  }
  if (rpc !== undefined && wallet === undefined) {
    throw new NodeError('BAD_QUERY', '--rpc goes with --wallet: there is no node here to sign', {
      hint: "give --wallet, or the node's configuration with --config",
    });
  }
  const named = account === undefined ? null : readAccount('account', account);
  const signer =
    wallet === undefined
      ? await openOwnSigner(config, named, context.clock)
      : await openGivenSigner({ file: wallet, account: named }, options, context);
  // The account decides, not the file that it came from.
  const isOwn = rpc === undefined && (await ownAccount(config, context.clock)) === signer.account;
  const hasBooks = isOwn && (await hasDatabase(config));
  return { signer, hasBooks, note: isOwn && !hasBooks ? noBooks(config) : null };
}

async function openGivenSigner(
  wallet: { readonly file: string; readonly account: Hash160 | null },
  options: OrderOptions,
  context: CommandContext,
): Promise<Signer> {
  const { openWallet } = await import('../keystore/open-wallet.js');
  const entry = readWalletFile(wallet);
  const of = `the password of ${wallet.file}`;
  return openWallet(entry, await readPassphrase(context, options, { of }));
}

/** With the node's own keys, which may be at a signer. */
async function openOwnSigner(
  config: NodeConfig,
  named: Hash160 | null,
  clock: Clock,
): Promise<Signer> {
  const { openConfiguredSigner, openKeys } = await import('../node/open-keys.js');
  const keys = openKeys(config, clock);
  return named === null ? openConfiguredSigner(keys) : keys.open(named);
}

const noBooks = ({ storage }: NodeConfig): string =>
  `no node has kept books in ${storage.dir} yet: neither budgets nor the wallet's floor are ` +
  'looked at, and the node finds the transaction on the chain when it starts';

async function hasDatabase({ storage }: NodeConfig): Promise<boolean> {
  const { DATABASE_FILE } = await import('../node/node-options.js');
  return existsSync(join(storage.dir, DATABASE_FILE));
}
