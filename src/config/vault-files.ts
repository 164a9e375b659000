import { join } from 'node:path';
import type { NodeConfig } from './node-config.js';

type Paths = Pick<NodeConfig, 'storage' | 'vault' | 'audit'>;

/** Where the vault's key-encryption keys are. */
export const vaultKeyFile = ({ vault, storage }: Paths): string =>
  vault.keyFile ?? join(storage.dir, 'vault.key');

/** Where the end of the audit log is noted down, apart from its rows. */
export const auditAnchorFile = ({ audit, storage }: Paths): string =>
  audit.anchorFile ?? join(storage.dir, 'audit.head');
