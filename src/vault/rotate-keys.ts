import type { AppendAudit, AuditLog } from '../audit/audit-log.js';
import type { Clock } from '../base/clock.js';
import type { RandomBytes } from '../base/sealed-box.js';
import { type Database, inTransaction } from '../storage/database.js';
import { currentKey } from './current-key.js';
import { openValue, rewrap, sealValue } from './envelope.js';
import { secretObject } from './reveal.js';
import type { RotationStore } from './rotation-store.js';
import type { SecretId } from './secret-limits.js';
import { type KeyEncryptionKeys, type KeyRing, requireKey } from './vault-keys.js';
import type { VaultStore } from './vault-store.js';

/** The places between which a kill must lose no secret and leave no rotation half done for good. */
export const VAULT_CRASH_POINTS = [
  'key added',
  'key current',
  'row moved',
  'old retired',
  'old removed',
  'epoch begun',
  'row sealed anew',
] as const;

/** Called at each of them. A test's kills the process there; otherwise it does nothing. */
export type VaultCrashPoint = (at: (typeof VAULT_CRASH_POINTS)[number]) => void;

export interface Rotated {
  /** Secrets that this run moved to new keys. */
  readonly secrets: number;
  /** An earlier rotation had been interrupted: this run has finished it, and begun none. */
  readonly resumed: boolean;
}

/**
 * Rotates the vault's keys while it is in use. Each secret moves in a transaction of its own; a run
 * that was interrupted anywhere is finished by the next one. Throws a NodeError: those of the key
 * file, VAULT_KEY_MISSING, VAULT_DAMAGED.
 */
export function createKeyRotation(parts: {
  readonly db: Database;
  readonly store: VaultStore;
  readonly rotations: RotationStore;
  readonly audit: AuditLog;
  readonly keys: KeyEncryptionKeys;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly crashPoint?: VaultCrashPoint | undefined;
}) {
  const { db, store, rotations, audit, keys, clock, random, crashPoint = () => {} } = parts;

  /** True when there was an interrupted rotation to go on with. */
  function beginKeyRotation(ring: KeyRing, actor: string, append: AppendAudit): boolean {
    const nowMs = clock.nowMs();
    currentKey(ring, rotations, nowMs);
    const retired = rotations.keysIn('retired');
    if (rotations.keysIn('old').length > 0) return true;
    if (ring.ids().some((id) => retired.includes(id))) return true;
    // A key of which the database knows nothing was added just before a crash.
    const known = rotations.knownKeys();
    const id = ring.ids().find((each) => !known.includes(each)) ?? ring.add();
    crashPoint('key added');
    rotations.makeCurrent(id, nowMs);
    append({ ...factOf(actor, 'vault-key'), note: `begins: ${id} takes over` });
    return false;
  }

  function moveRow(id: SecretId, ring: KeyRing): void {
    const stored = store.secret(id);
    if (stored === null) return;
    const to = currentKey(ring, rotations, clock.nowMs());
    const from = { id: stored.keyId, key: requireKey(ring, stored.keyId) };
    store.put({ ...stored, ...rewrap(stored, stored, from, to, random), keyId: to.id });
  }

  function sealAnew(id: SecretId, ring: KeyRing, actor: string, append: AppendAudit): void {
    const stored = store.secret(id);
    if (stored === null) return;
    const under = currentKey(ring, rotations, clock.nowMs());
    const from = { id: stored.keyId, key: requireKey(ring, stored.keyId) };
    const value = openValue(stored, stored, from);
    try {
      const label = { ...stored, version: stored.version + 1 };
      const sealed = sealValue(value, label, under, random);
      store.put({ ...label, ...sealed, keyId: under.id, epoch: rotations.epoch() });
    } finally {
      value.fill(0);
    }
    const object = secretObject(stored);
    append({ ...factOf(actor, 'data-key'), object, note: `version ${stored.version + 1}` });
  }

  return {
    /**
     * A new key-encryption key: all data keys are moved under it, one after the other, and what was
     * before is taken out of the key file.
     */
    async rotateKeyEncryptionKey(actor: string): Promise<Rotated> {
      rotations.overwriteDeleted();
      const ring = await keys.openOrCreate();
      const resumed = audit.record((append) => beginKeyRotation(ring, actor, append));
      crashPoint('key current');
      let secrets = 0;
      for (let id = rotations.nextUnderOldKey(); id !== null; id = rotations.nextUnderOldKey()) {
        const next = id;
        inTransaction(db, () => moveRow(next, ring));
        secrets += 1;
        crashPoint('row moved');
      }
      audit.record((append) => {
        rotations.retireOld();
        append({ ...factOf(actor, 'vault-key'), note: `ends: ${secrets} secrets moved` });
      });
      crashPoint('old retired');
      ring.remove(rotations.keysIn('retired'));
      crashPoint('old removed');
      return { secrets, resumed };
    },

    /** A fresh data key for every secret, and a version more of each. */
    async rotateDataKeys(actor: string): Promise<Rotated> {
      rotations.overwriteDeleted();
      const ring = await keys.openOrCreate();
      const resumed = audit.record((append) => {
        if (rotations.nextBefore(rotations.epoch()) !== null) return true;
        rotations.beginEpoch();
        append({ ...factOf(actor, 'data-key'), note: `begins: rotation ${rotations.epoch()}` });
        return false;
      });
      crashPoint('epoch begun');
      const latest = rotations.epoch();
      let secrets = 0;
      for (let id = rotations.nextBefore(latest); id !== null; id = rotations.nextBefore(latest)) {
        const next = id;
        audit.record((append) => sealAnew(next, ring, actor, append));
        secrets += 1;
        crashPoint('row sealed anew');
      }
      return { secrets, resumed };
    },
  };
}

const factOf = (actor: string, what: 'vault-key' | 'data-key') =>
  ({ actor, action: `${what}.rotate`, object: 'vault', outcome: 'done', requestId: null }) as const;
