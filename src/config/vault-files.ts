import { join } from 'node:path';
import type { NodeConfig } from './node-config.js';
import { otherPasswordFile } from './wallet-config.js';

type Paths = Pick<NodeConfig, 'storage' | 'vault' | 'audit'>;

/** Where the vault's key-encryption keys are. */
export const vaultKeyFile = ({ vault, storage }: Paths): string =>
  vault.keyFile ?? join(storage.dir, 'vault.key');

/** Where the end of the audit log is noted down, apart from its rows. */
export const auditAnchorFile = ({ audit, storage }: Paths): string =>
  audit.anchorFile ?? join(storage.dir, 'audit.head');

/** The password that the vault's keys are encrypted under: of their own, or the wallet's. */
export const vaultPasswordFile = (config: Pick<NodeConfig, 'vault' | 'wallet'>): string =>
  config.vault.passwordFile ?? otherPasswordFile(config, 'vault.passwordFile');
