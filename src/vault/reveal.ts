import { setImmediate as nextTurn } from 'node:timers/promises';
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

/** One who waits for his answer. */
interface Waiting {
  readonly ask: RevealRequest;
  resolve(revealed: Revealed): void;
  reject(error: unknown): void;
}

type Answered = Revealed | { readonly kind: 'failed'; readonly error: NodeError };

/**
 * Gives out values, to those that they were granted to. Each try is in the audit log before the
 * value leaves here; when that cannot be written, nothing is given out. Those who ask at the same
 * time share one transaction, since each waits for the disk. Rejects with a NodeError when key file
 * or database cannot be used.
 */
export function createReveal(parts: {
  readonly store: VaultStore;
  readonly audit: AuditLog;
  readonly keys: KeyEncryptionKeys;
}): Reveal {
  const { store, audit, keys } = parts;
  let waiting: Waiting[] = [];

  const findGrant = ({ requester, use, name }: RevealRequest): Grant | null =>
    isSecretName(name) ? store.grant(requester, use, name) : null;

  /** In the transaction, so that a grant revoked meanwhile gives nothing. */
  function give(ask: RevealRequest, ring: OpenedRing, append: AppendAudit): Answered {
    const grant = findGrant(ask);
    const stored = grant === null ? null : store.secret(grant);
    const tell = teller(ask, grant, append);
    if (grant === null || stored === null) {
      tell('refused', 'no grant');
      const what = `${shortName(ask.name)} is not granted to ${ask.requester}`;
      return { kind: 'forbidden', reason: `the secret ${what} ${purpose(ask.use)}` };
    }
    try {
      const key = requireKey(ring(), stored.keyId);
      const value = openValue(stored, stored, { id: stored.keyId, key });
      tell('done', `version ${stored.version}`);
      return { kind: 'granted', value, hosts: grant.hosts, optOut: stored.mayBeResult };
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      tell('failed', messageOf(error));
      return { kind: 'failed', error };
    }
  }

  async function answerAll(asking: readonly Waiting[]): Promise<void> {
    const answers: Answered[] = [];
    try {
      // Who has no grant costs no look at the key file.
      const isNeeded = asking.some(({ ask }) => findGrant(ask) !== null);
      const ring = isNeeded ? await openRing(keys) : () => null;
      audit.record((append) => {
        for (const { ask } of asking) answers.push(give(ask, ring, append));
      });
    } catch (error) {
      for (const answer of answers) if (answer.kind === 'granted') answer.value.fill(0);
      for (const { reject } of asking) reject(error);
      return;
    }
    for (const [at, { resolve, reject }] of asking.entries()) {
      const answer = answers[at] ?? assertAnswered();
      if (answer.kind === 'failed') reject(answer.error);
      else resolve(answer);
    }
  }

  async function answerNextTurn(): Promise<void> {
    await nextTurn();
    const asking = waiting;
    waiting = [];
    await answerAll(asking);
  }

  return (ask) =>
    new Promise((resolve, reject) => {
      waiting.push({ ask, resolve, reject });
      if (waiting.length === 1) void answerNextTurn();
    });
}

/** The ring, or what stood in its way. */
type OpenedRing = () => KeyRing | null;

async function openRing(keys: KeyEncryptionKeys): Promise<OpenedRing> {
  try {
    const ring = await keys.open();
    return () => ring;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function assertAnswered(): never {
  throw new Error('bug: somebody who asked for a secret got no answer');
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
