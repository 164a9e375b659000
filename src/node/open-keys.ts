import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import type { Signer } from '../chain/signer.js';
import type { NodeConfig } from '../config/node-config.js';
import { walletFilesOf } from '../config/wallet-config.js';
import { readWalletFile } from '../config/wallet-file.js';
import {
  type ConfiguredKeys,
  choose,
  createWalletHolder,
  type HeldAccount,
} from '../keystore/key-holder.js';
import { createRemoteSigner, type Refused, type RemoteSigner } from '../keystore/remote-signer.js';

type KeysConfig = Pick<NodeConfig, 'wallet' | 'network' | 'gateway'>;

/** The keys that a node signs with, wherever they are. */
export interface NodeKeys extends ConfiguredKeys {
  /** Null where the wallet is here. */
  readonly remote: RemoteSigner | null;
  close(): void;
}

export function openKeys(
  config: KeysConfig,
  clock: Clock,
  onRefused?: (refused: Refused) => void,
): NodeKeys {
  const { signer, account } = config.wallet;
  if (signer === null) {
    const files = walletFilesOf(config);
    const configured = async () => readWalletFile({ ...files, account });
    return { ...createWalletHolder(files), configured, remote: null, close: () => {} };
  }
  const network = { magic: config.network.magic, gateway: config.gateway.hash };
  const told = onRefused === undefined ? {} : { onRefused };
  const remote = createRemoteSigner({ config: signer, network, clock, ...told });
  const configured = async (): Promise<HeldAccount> =>
    choose(await remote.accounts(), account, 'the signer');
  return { ...remote, configured, remote };
}

/** Opens the keys for one thing, and closes them. */
export async function withKeys<T>(
  config: KeysConfig,
  clock: Clock,
  use: (keys: NodeKeys) => Promise<T>,
): Promise<T> {
  const keys = openKeys(config, clock);
  try {
    return await use(keys);
  } finally {
    keys.close();
  }
}

/** The signer of the account that the configuration names. Throws as opening it does. */
export async function openConfiguredSigner(keys: ConfiguredKeys): Promise<Signer> {
  return keys.open((await keys.configured()).account);
}

/** The account that the configuration names, whoever has its key. */
export const configuredAccount = (config: KeysConfig, clock: Clock): Promise<Hash160> =>
  config.wallet.signer !== null && config.wallet.account !== null
    ? Promise.resolve(config.wallet.account)
    : withKeys(config, clock, async (keys) => (await keys.configured()).account);
