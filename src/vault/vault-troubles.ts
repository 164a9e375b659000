import { messageOf, NodeError } from '../base/node-error.js';
import type { RotationStore } from './rotation-store.js';
import { type KeyEncryptionKeys, requireKey } from './vault-keys.js';
import type { VaultStore } from './vault-store.js';

/** What an operator should mend before a request meets it, in sentences. */
export async function vaultTroubles(parts: {
  readonly store: VaultStore;
  readonly rotations: RotationStore;
  readonly keys: KeyEncryptionKeys;
}): Promise<string[]> {
  const { store, rotations, keys } = parts;
  if (store.isEmpty()) return [];
  const interrupted =
    rotations.keysIn('old').length > 0 || rotations.nextBefore(rotations.epoch()) !== null;
  const todo = 'a rotation of its keys was interrupted: run dodona secrets rotate';
  return [...(await keyTrouble(rotations, keys)), ...(interrupted ? [todo] : [])];
}

async function keyTrouble(rotations: RotationStore, keys: KeyEncryptionKeys): Promise<string[]> {
  try {
    const ring = await keys.open();
    for (const id of [...rotations.keysIn('current'), ...rotations.keysIn('old')]) {
      requireKey(ring, id);
    }
    return [];
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return [`no secret can be used: ${messageOf(error)}`];
  }
}
