import type { NamedKey } from './envelope.js';
import type { RotationStore } from './rotation-store.js';
import { type KeyRing, requireKey } from './vault-keys.js';

/**
 * The key-encryption key that new data keys go under, as the database says: asked within the
 * transaction that uses it, so that a rotation by another process cannot come between. A database
 * that knows no key takes the file's latest.
 */
export function currentKey(ring: KeyRing, rotations: RotationStore, nowMs: number): NamedKey {
  const known = rotations.currentKey();
  const id = known ?? ring.ids().at(-1);
  if (id === undefined) throw new Error('bug: a key file without a key');
  const key = requireKey(ring, id);
  if (known === null) rotations.makeCurrent(id, nowMs);
  return { id, key };
}
