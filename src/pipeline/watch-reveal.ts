import { type CommitmentKey, commitmentKeyFrom } from '../evidence/commitment.js';
import type { WorkRecorder } from '../evidence/record-work.js';
import type { Reveal } from '../vault/reveal.js';
import type { KeyEncryptionKeys } from '../vault/vault-keys.js';

/** Tells a recorder of each secret that is given out or refused. */
export function watchReveal(
  reveal: Reveal,
  recorder: Pick<WorkRecorder, 'granted' | 'refused'>,
  keys: Pick<KeyEncryptionKeys, 'open'>,
): Reveal {
  return async (ask) => {
    const revealed = await reveal(ask);
    if (revealed.kind === 'forbidden') {
      recorder.refused(ask.name, revealed.reason);
      return revealed;
    }
    const { value, hosts, optOut: mayBeResult } = revealed;
    // Without a key the bundle commits to nothing; the answer does not hang on that.
    const key = await latestKey(keys).catch(() => null);
    recorder.granted({ name: ask.name, value, hosts, mayBeResult, key });
    return revealed;
  };
}

async function latestKey(keys: Pick<KeyEncryptionKeys, 'open'>): Promise<CommitmentKey | null> {
  const ring = await keys.open();
  const id = ring?.ids().at(-1);
  const key = id === undefined ? null : (ring?.key(id) ?? null);
  return id === undefined || key === null ? null : commitmentKeyFrom(id, key);
}
