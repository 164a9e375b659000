import type { AuditLog } from '../audit/audit-log.js';
import type { Clock } from '../base/clock.js';
import type { RandomBytes } from '../base/sealed-box.js';
import type { Database } from '../storage/database.js';
import { createReveal } from './reveal.js';
import { createKeyRotation, type VaultCrashPoint } from './rotate-keys.js';
import { createRotationStore } from './rotation-store.js';
import { createSecretDesk } from './secret-desk.js';
import type { KeyEncryptionKeys } from './vault-keys.js';
import { createVaultStore } from './vault-store.js';
import { vaultTroubles } from './vault-troubles.js';

export interface VaultOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly keys: KeyEncryptionKeys;
  readonly random: RandomBytes;
  readonly crashPoint?: VaultCrashPoint;
}

export type Vault = ReturnType<typeof createVault>;

/** The vault: secrets under envelope encryption, who may use them, and each use on record. */
export function createVault(options: VaultOptions) {
  const store = createVaultStore(options.db);
  const rotations = createRotationStore(options.db);
  const parts = { ...options, store, rotations };
  return {
    reveal: createReveal(parts),
    desk: createSecretDesk(parts),
    rotation: createKeyRotation(parts),
    troubles: () => vaultTroubles(parts),
  };
}
