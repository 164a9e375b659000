import type { AuditLog } from '../audit/audit-log.js';
import type { Clock } from '../base/clock.js';
import { hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { RandomBytes } from '../base/sealed-box.js';
import { currentKey } from './current-key.js';
import { sealValue } from './envelope.js';
import { purpose, secretObject } from './reveal.js';
import type { RotationStore } from './rotation-store.js';
import {
  checkValue,
  grantedOrigin,
  MAX_GRANTS_PER_SECRET,
  MAX_HOSTS_PER_GRANT,
  MAX_SECRETS,
  MAX_SECRETS_PER_OWNER,
  refused,
  type SecretId,
  secretName,
} from './secret-limits.js';
import type { KeyEncryptionKeys } from './vault-keys.js';
import type { Grant, StoredSecret, VaultStore } from './vault-store.js';

/** A change of the vault, and who makes it: the name that stands in the audit log. */
export interface ByActor {
  readonly actor: string;
}

export interface NewSecret extends SecretId, ByActor {
  readonly value: Buffer;
  /** Lets results hold the value. */
  readonly mayBeResult: boolean;
}

export type NewGrant = Omit<Grant, 'createdMs'> & ByActor;

/** What is told of a secret; never its value. */
export interface SecretView extends SecretId {
  readonly version: number;
  readonly mayBeResult: boolean;
  readonly createdMs: number;
  readonly changedMs: number;
  readonly grants: readonly Grant[];
}

export type SecretDesk = ReturnType<typeof createSecretDesk>;

/**
 * Where owners, or the operator for them, set and give out secrets. Each change and its entry in
 * the audit log stand together. Throws a NodeError SECRET_REFUSED, NO_SUCH_SECRET, and those of the
 * key file.
 */
export function createSecretDesk(parts: {
  readonly store: VaultStore;
  readonly rotations: RotationStore;
  readonly audit: AuditLog;
  readonly keys: KeyEncryptionKeys;
  readonly clock: Clock;
  readonly random: RandomBytes;
}) {
  const { store, rotations, audit, keys, clock, random } = parts;

  function requireSecret(id: SecretId) {
    const stored = store.secret(id);
    if (stored !== null) return stored;
    const message = `${hash160ToAddress(id.owner)} has no secret ${id.name}`;
    throw new NodeError('NO_SUCH_SECRET', message, { hint: 'see dodona secrets list' });
  }

  function requireRoom(id: SecretId): void {
    if (store.countSecrets(null) >= MAX_SECRETS) {
      throw refused(
        `the vault has ${MAX_SECRETS} secrets already`,
        'delete some that are not used',
      );
    }
    if (store.countSecrets(id.owner) < MAX_SECRETS_PER_OWNER) return;
    const message = `${hash160ToAddress(id.owner)} has ${MAX_SECRETS_PER_OWNER} secrets already`;
    throw refused(message, 'delete some that are not used');
  }

  return {
    /** Sets a secret, or gives it a new value; its grants stay. Answers its version. */
    async set({ owner, name, value, mayBeResult, actor }: NewSecret): Promise<number> {
      secretName(name);
      checkValue(value, mayBeResult);
      const ring = await keys.openOrCreate();
      return audit.record((append) => {
        const nowMs = clock.nowMs();
        const before = store.secret({ owner, name });
        if (before === null) requireRoom({ owner, name });
        const under = currentKey(ring, rotations, nowMs);
        const version = (before?.version ?? 0) + 1;
        const label = { owner, name, version, mayBeResult };
        store.put({
          ...label,
          ...sealValue(value, label, under, random),
          keyId: under.id,
          epoch: rotations.epoch(),
          createdMs: before?.createdMs ?? nowMs,
          changedMs: nowMs,
        });
        const fact = { actor, action: 'secret.set', object: secretObject(label) } as const;
        const note = `version ${version}${mayBeResult ? ', may be in results' : ''}`;
        append({ ...fact, outcome: 'done', requestId: null, note });
        return version;
      });
    },

    /** Deletes a secret with its grants: nobody can read it again, but from a backup. */
    delete({ owner, name, actor }: SecretId & ByActor): void {
      rotations.overwriteDeleted();
      audit.record((append) => {
        const stored = requireSecret({ owner, name });
        store.remove(stored);
        const fact = { actor, action: 'secret.delete', object: secretObject(stored) } as const;
        append({ ...fact, outcome: 'done', requestId: null, note: '' });
      });
    },

    /** Lets a requester use a secret; replaces what was granted to it for the same use. */
    grant({ owner, name, requester, use, hosts: given, actor }: NewGrant): void {
      const hosts = [...new Set(given.map(grantedOrigin))];
      if (hosts.length > MAX_HOSTS_PER_GRANT) {
        const message = `${hosts.length} hosts are too many, at most ${MAX_HOSTS_PER_GRANT}`;
        throw refused(message, 'give the secret to fewer hosts');
      }
      if (use.kind === 'web' && hosts.length === 0) {
        throw refused('a grant for web requests names no host', 'name one with --host');
      }
      audit.record((append) => {
        const stored = requireSecret({ owner, name });
        const present = store.grant(requester, use, name);
        if (present !== null && present.owner !== owner) {
          // Whose it is, is for the operator alone, and he has his list.
          throw refused(
            `${requester} uses another owner's ${name} already`,
            'have that grant revoked first, or give this secret another name',
          );
        }
        if (present === null && store.grants(stored).length >= MAX_GRANTS_PER_SECRET) {
          throw refused(
            `${name} has ${MAX_GRANTS_PER_SECRET} grants already`,
            'revoke some that are not used',
          );
        }
        store.putGrant({ owner, name, requester, use, hosts, createdMs: clock.nowMs() });
        const fact = { actor, action: 'secret.grant', object: secretObject(stored) } as const;
        const note = `to ${requester} ${purpose(use)}, hosts: ${hosts.join(' ') || 'none'}`;
        append({ ...fact, outcome: 'done', requestId: null, note });
      });
    },

    /** Takes a grant back, from now on. */
    revoke({ owner, name, requester, use, actor }: Omit<NewGrant, 'hosts'>): void {
      audit.record((append) => {
        const stored = requireSecret({ owner, name });
        if (!store.removeGrant({ owner, name, requester, use })) {
          const message = `${name} is not granted to ${requester} ${purpose(use)}`;
          throw new NodeError('NO_SUCH_SECRET', message, { hint: 'see dodona secrets list' });
        }
        const fact = { actor, action: 'secret.revoke', object: secretObject(stored) } as const;
        const note = `from ${requester} ${purpose(use)}`;
        append({ ...fact, outcome: 'done', requestId: null, note });
      });
    },
  };
}

/** Secrets with their grants, by owner and name; of one owner where one is given. */
export const listSecrets = (store: VaultStore, owner: SecretId['owner'] | null): SecretView[] =>
  store.secrets(owner).map((stored) => viewOfSecret(store, stored));

/** What is told of a stored secret. */
export const viewOfSecret = (store: VaultStore, stored: StoredSecret): SecretView => ({
  owner: stored.owner,
  name: stored.name,
  version: stored.version,
  mayBeResult: stored.mayBeResult,
  createdMs: stored.createdMs,
  changedMs: stored.changedMs,
  grants: store.grants(stored),
});
