import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import { readWalletFile } from '../config/wallet-file.js';

/** The account that the node signs with; null where its wallet's file is not here. */
export function ownAccount({ wallet }: Pick<NodeConfig, 'wallet'>): Hash160 | null {
  try {
    return readWalletFile(wallet).account;
  } catch (error) {
    if (error instanceof NodeError) return null;
    throw error;
  }
}
