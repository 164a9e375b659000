import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuditLog } from '../../src/audit/audit-log.js';
import { createAuditStore } from '../../src/audit/audit-store.js';
import { verifyAudit } from '../../src/audit/verify-audit.js';
import { systemClock } from '../../src/base/clock.js';
import type { Hash160 } from '../../src/base/hash.js';
import { createVaultKeys } from '../../src/keystore/vault-keys.js';
import { openDatabase } from '../../src/storage/database.js';
import type { VaultCrashPoint } from '../../src/vault/rotate-keys.js';
import { listSecrets } from '../../src/vault/secret-desk.js';
import { createVault } from '../../src/vault/vault.js';
import { createVaultStore, type SecretUse } from '../../src/vault/vault-store.js';

const account = (digit: string): Hash160 => `0x${digit.repeat(40)}`;
export const ALICE = account('a');
export const BOB = account('b');
export const CONTRACT = account('c');
export const OTHER_CONTRACT = account('d');
export const WEB: SecretUse = { kind: 'web' };
export const CODE: SecretUse = { kind: 'function', codeHash: 'ef'.repeat(32) };
export const PASSWORD = 'correct horse';
export const ACTOR = 'operator:test';
export const HOST = 'https://api.example.org';

/** A vault over real files in a directory of its own, or in one that is there. */
export function vaultFixture(
  options: { readonly dir?: string; readonly crashPoint?: VaultCrashPoint } = {},
) {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'dodona-vault-'));
  const [keyFile, anchorFile] = [join(dir, 'vault.key'), join(dir, 'audit.head')];
  const db = openDatabase(join(dir, 'node.sqlite'));
  const clock = systemClock;
  const audit = createAuditLog({ db, clock, anchorFile });
  let password = PASSWORD;
  const keysWith = (readPassword: () => string) =>
    createVaultKeys({ file: keyFile, readPassword, random: randomBytes, cost: CHEAP });
  const keys = keysWith(() => password);
  const { crashPoint } = options;
  const parts = { db, clock, audit, keys, random: randomBytes };
  const vault = createVault(crashPoint === undefined ? parts : { ...parts, crashPoint });
  const store = createVaultStore(db);
  const auditStore = createAuditStore(db);

  return {
    dir,
    db,
    keyFile,
    anchorFile,
    audit,
    keys,
    keysWith,
    parts,
    vault,
    store,
    changePassword: (next: string): void => {
      password = next;
    },
    set: (owner: Hash160, name: string, value: string, mayBeResult = false) =>
      vault.desk.set({ owner, name, value: Buffer.from(value), mayBeResult, actor: ACTOR }),
    grant: (owner: Hash160, name: string, requester = CONTRACT, use = WEB, hosts = [HOST]) =>
      vault.desk.grant({ owner, name, requester, use, hosts, actor: ACTOR }),
    revoke: (owner: Hash160, name: string, requester = CONTRACT, use = WEB) =>
      vault.desk.revoke({ owner, name, requester, use, actor: ACTOR }),
    reveal: (name: string, requester = CONTRACT, use = WEB) =>
      vault.reveal({ requester, use, name, requestId: 7n }),
    /** What the requester gets: the value as text, or null. */
    async valueOf(name: string, requester = CONTRACT, use = WEB): Promise<string | null> {
      const revealed = await vault.reveal({ requester, use, name, requestId: 7n });
      return revealed.kind === 'granted' ? revealed.value.toString() : null;
    },
    list: (owner: Hash160 | null = null) => listSecrets(store, owner),
    entries: () => auditStore.list({ limit: 1_000 }).reverse(),
    auditFindings: () => verifyAudit(auditStore, anchorFile).findings,
    close: (): void => void db.close(),
    remove: (): void => {
      db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const CHEAP = { n: 2, r: 8, p: 1 };
