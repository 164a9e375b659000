import { randomBytes } from 'node:crypto';
import { type AuditLog, createAuditLog } from '../audit/audit-log.js';
import type { Clock } from '../base/clock.js';
import type { NodeConfig } from '../config/node-config.js';
import { readPasswordFile } from '../config/password-file.js';
import { auditAnchorFile, vaultKeyFile, vaultPasswordFile } from '../config/vault-files.js';
import { createVaultKeys, type VaultKeys } from '../keystore/vault-keys.js';
import type { Database } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import { createVault, type Vault } from '../vault/vault.js';

export interface OpenedVault {
  readonly vault: Vault;
  readonly audit: AuditLog;
  /** They are not opened before they are needed. */
  readonly keys: VaultKeys;
}

/** Tells of what would only show when a request needs a secret. */
export async function warnOfVault({ vault, audit }: OpenedVault, log: Log): Promise<void> {
  for (const reason of await vault.troubles()) log.warn('the vault is not in order', { reason });
  const problem = audit.problem();
  const reason = `${problem}: run dodona audit verify`;
  if (problem !== null) log.warn('the audit log is not whole', { reason });
}

/** Puts vault, audit log and key file together, for the node and for the command line. */
export function openVault(config: NodeConfig, db: Database, clock: Clock): OpenedVault {
  const audit = createAuditLog({ db, clock, anchorFile: auditAnchorFile(config) });
  const keys = openVaultKeys(config);
  return { vault: createVault({ db, clock, audit, keys, random: randomBytes }), audit, keys };
}

/** The file of the vault's keys; it is opened when they are needed. */
export const openVaultKeys = (config: NodeConfig): VaultKeys =>
  createVaultKeys({
    file: vaultKeyFile(config),
    readPassword: () => readPasswordFile(vaultPasswordFile(config)),
    random: randomBytes,
  });
