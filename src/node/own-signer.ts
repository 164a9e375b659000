import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { ChainFacts } from '../chain/chain-check.js';
import type { Signer } from '../chain/signer.js';
import type { NodeConfig } from '../config/node-config.js';
import { readPasswordFile } from '../config/password-file.js';
import { canSign, readWalletEntries, readWalletFile } from '../config/wallet-file.js';
import { openWallet } from '../keystore/open-wallet.js';
import type { Log } from '../telemetry/log.js';

/** The account that the configuration names. Throws a NodeError for what is to be mended. */
export async function openConfiguredSigner({
  wallet,
}: Pick<NodeConfig, 'wallet'>): Promise<Signer> {
  return openWallet(readWalletFile(wallet), readPasswordFile(wallet.passwordFile));
}

/**
 * The signer of the account that the gateway takes answers from, where the wallet holds it: so a
 * node finds by itself which of its keys is in use. Null where it is not here, or is `present`
 * already. What is in its way is logged: the present account may still answer for a while.
 */
export async function signerOfGateway(
  { config, log }: { readonly config: Pick<NodeConfig, 'wallet'>; readonly log: Log },
  { nodeAccount }: Pick<ChainFacts, 'nodeAccount'>,
  present: Hash160,
): Promise<Signer | null> {
  if (nodeAccount === null || nodeAccount === present) return null;
  const { wallet } = config;
  try {
    const held = readWalletEntries(wallet.file).filter(canSign);
    const entry = held.find(({ account }) => account === nodeAccount);
    if (entry === undefined) return null;
    return await openWallet(entry, readPasswordFile(wallet.passwordFile));
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    const account = hash160ToAddress(nodeAccount);
    log.warn("the gateway's node account cannot be opened", { account, reason: messageOf(error) });
    return null;
  }
}
