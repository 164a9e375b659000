import type { Clock } from '../base/clock.js';
import type { NodeConfig } from '../config/node-config.js';
import { listPublicKeys, type PublicKeys } from '../keystore/public-keys.js';
import { withKeys } from '../node/open-keys.js';

/** The public parts of all keys, of this machine's files and of the signer. */
export const listKeys = (config: NodeConfig, clock: Clock): Promise<PublicKeys> =>
  config.wallet.signer === null
    ? listPublicKeys(config, null)
    : withKeys(config, clock, ({ remote }) => listPublicKeys(config, remote));
