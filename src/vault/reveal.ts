import type { AppendAudit, AuditLog } from '../audit/audit-log.js';
import { shorten } from '../base/bytes.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { openValue } from './envelope.js';
import { isSecretName, MAX_SECRET_NAME_CHARS, type SecretId } from './secret-limits.js';
import { type KeyEncryptionKeys, type KeyRing, requireKey } from './vault-keys.js';
import type { Grant, SecretUse, VaultStore } from './vault-store.js';

/** Who wants a secret, for what. */
export interface RevealRequest {
  readonly requester: Hash160;
  readonly use: SecretUse;
  readonly name: string;
  readonly requestId: bigint;
}

export type Revealed =
  | {
      readonly kind: 'granted';
      /** Whoever asked wipes it when it has done its work. */
      readonly value: Buffer;
      /** Origins that it may be sent to, e.g. `https://api.example.org`. */
      readonly hosts: readonly string[];
      /** The owner lets results hold the value. */
      readonly optOut: boolean;
    }
  | {
      readonly kind: 'forbidden';
      /** For the request's record. */
      readonly reason: string;
    };

export type Reveal = (ask: RevealRequest) => Promise<Revealed>;

/**
 * Gives out values, to those that they were granted to. Each try is in the audit log before the
 * value leaves here; when that cannot be written, nothing is given out. Rejects with a NodeError
 * when key file or database cannot be used.
 */
export function createReveal(parts: {
  readonly store: VaultStore;
  readonly audit: AuditLog;
  readonly keys: KeyEncryptionKeys;
}): Reveal {
  const { store, audit, keys } = parts;

  const findGrant = ({ requester, use, name }: RevealRequest): Grant | null =>
    isSecretName(name) ? store.grant(requester, use, name) : null;

  /** In one transaction, so that a grant revoked meanwhile gives nothing. */
  function give(ask: RevealRequest, ring: KeyRing | null, append: AppendAudit): Revealed {
    const grant = findGrant(ask);
    const stored = grant === null ? null : store.secret(grant);
    const tell = teller(ask, grant, append);
    if (grant === null || stored === null) {
      tell('refused', 'no grant');
      const what = `${shortName(ask.name)} is not granted to ${ask.requester}`;
      return { kind: 'forbidden', reason: `the secret ${what} ${purpose(ask.use)}` };
    }
    const key = requireKey(ring, stored.keyId);
    const value = openValue(stored, stored, { id: stored.keyId, key });
    tell('done', `version ${stored.version}`);
    return { kind: 'granted', value, hosts: grant.hosts, optOut: stored.mayBeResult };
  }

  return async (ask) => {
    let given: Revealed | null = null;
    try {
      // Who has no grant costs no look at the key file.
      const ring = findGrant(ask) === null ? null : await keys.open();
      return audit.record((append) => {
        given = give(ask, ring, append);
        return given;
      });
    } catch (error) {
      wipe(given);
      if (!(error instanceof NodeError) || NOT_TO_BE_WRITTEN.has(error.code)) throw error;
      const grant = findGrant(ask);
      audit.record((append) => teller(ask, grant, append)('failed', messageOf(error)));
      throw error;
    }
  };
}

/** Troubles of the audit log itself. */
const NOT_TO_BE_WRITTEN = new Set(['AUDIT_ANCHOR', 'DB_TROUBLE']);

function wipe(given: Revealed | null): void {
  if (given?.kind === 'granted') given.value.fill(0);
}

/** How secrets are named in the audit log. */
export const secretObject = ({ owner, name }: SecretId): string =>
  `secret:${name} of ${hash160ToAddress(owner)}`;

function teller(ask: RevealRequest, grant: Grant | null, append: AppendAudit) {
  const { requester, requestId, use } = ask;
  const object = grant === null ? `secret:${shortName(ask.name)}` : secretObject(grant);
  return (outcome: 'done' | 'refused' | 'failed', why: string): void =>
    append({
      actor: `contract:${requester}`,
      action: 'secret.reveal',
      object,
      outcome,
      requestId,
      note: `${purpose(use)}: ${why}`,
    });
}

const shortName = (name: string): string => shorten(name, MAX_SECRET_NAME_CHARS);

export const purpose = (use: SecretUse): string =>
  use.kind === 'web' ? 'for web requests' : `for the code ${use.codeHash}`;
