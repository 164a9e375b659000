import { join } from 'node:path';
import type { NodeConfig } from './node-config.js';
import { otherPasswordFile } from './wallet-config.js';

type Paths = Pick<NodeConfig, 'storage' | 'random' | 'wallet'>;

/** Where the secrets of the random keys are. */
export const randomKeyFile = ({ random, storage }: Paths): string =>
  random.keyFile ?? join(storage.dir, 'random.key');

/** The password that they are encrypted under: of their own, or the wallet's. */
export const randomPasswordFile = (config: Pick<Paths, 'random' | 'wallet'>): string =>
  config.random.passwordFile ?? otherPasswordFile(config, 'random.passwordFile');
