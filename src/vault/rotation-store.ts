import type { Hash160 } from '../base/hash.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import type { SecretId } from './secret-limits.js';

export type VaultKeyState = 'current' | 'old' | 'retired';

export type RotationStore = ReturnType<typeof createRotationStore>;

/**
 * Which key-encryption key new data keys go under (`current`), which still have some under them
 * (`old`) and which have none (`retired`); and which rotation of data keys is the latest.
 */
export function createRotationStore(db: Database) {
  const current = db.prepare("SELECT id FROM vault_key WHERE state = 'current'").pluck();
  const known = db.prepare('SELECT id FROM vault_key ORDER BY created_ms, id').pluck();
  const inState = db.prepare('SELECT id FROM vault_key WHERE state = ?').pluck();
  const demote = db.prepare("UPDATE vault_key SET state = 'old' WHERE state = 'current'");
  const add = db.prepare("INSERT INTO vault_key (id, state, created_ms) VALUES (?, 'current', ?)");
  const retire = db.prepare(`UPDATE vault_key SET state = 'retired' WHERE state = 'old'
    AND NOT EXISTS (SELECT 1 FROM vault_secret WHERE key_id = vault_key.id)`);
  const underOld = db.prepare(`SELECT owner, name FROM vault_secret WHERE key_id IN
    (SELECT id FROM vault_key WHERE state = 'old') LIMIT 1`);
  const epoch = db.prepare('SELECT epoch FROM vault_epoch').pluck();
  const nextEpoch = db.prepare('UPDATE vault_epoch SET epoch = epoch + 1');
  const before = db.prepare('SELECT owner, name FROM vault_secret WHERE epoch < ? LIMIT 1');

  const idOf = (row: unknown): SecretId | null => {
    const found = row as { owner: Hash160; name: string } | undefined;
    return found === undefined ? null : { owner: found.owner, name: found.name };
  };

  return {
    currentKey: (): string | null => (current.get() as string | undefined) ?? null,
    knownKeys: (): string[] => known.all() as string[],
    keysIn: (state: VaultKeyState): string[] => inState.all(state) as string[],

    /** From now on new data keys go under this key. */
    makeCurrent(id: string, nowMs: number): void {
      assertInTransaction(db);
      demote.run();
      add.run(id, nowMs);
    },

    /** Old keys that nothing is under any more. */
    retireOld(): void {
      assertInTransaction(db);
      retire.run();
    },

    /** A secret whose data key is under an old key. */
    nextUnderOldKey: (): SecretId | null => idOf(underOld.get()),

    epoch: (): number => Number(epoch.get()),

    beginEpoch(): void {
      assertInTransaction(db);
      nextEpoch.run();
    },

    /** A secret whose data key is older than the latest rotation. */
    nextBefore: (latest: number): SecretId | null => idOf(before.get(latest)),

    /** What is deleted is overwritten in the file from now on, by this connection. */
    overwriteDeleted: (): void => void db.pragma('secure_delete = ON'),
  };
}
