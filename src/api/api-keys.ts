import type { AuditLog } from '../audit/audit-log.js';
import { sha256, toHex } from '../base/bytes.js';
import type { Clock } from '../base/clock.js';
import { NodeError } from '../base/node-error.js';
import type { RandomBytes } from '../base/sealed-box.js';
import { type Database, inTransaction } from '../storage/database.js';
import { SCOPES, type Scope } from './access.js';
import { createApiKeyStore, type StoredApiKey } from './api-key-store.js';
import { isSame } from './authenticate.js';

/** Keys that open something. */
export const MAX_API_KEYS = 1_000;
/** Those that ended are listed for so long. */
const KEPT_AFTER_END_MS = 90 * 86_400_000;
export const MAX_KEY_NAME_CHARS = 60;
/** How long the old key works beside the new one, unless somebody says otherwise. */
export const DEFAULT_OVERLAP_MS = 24 * 3_600_000;
export const MAX_OVERLAP_MS = 30 * 86_400_000;
/** When a key was used last is written no more often. */
const USE_WRITTEN_EVERY_MS = 60_000;
const ID_BYTES = 6;
const SECRET_BYTES = 32;
const TOKEN = /^dodona_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

export interface NewApiKey {
  /** What it is for. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null: never. */
  readonly expiresMs: number | null;
  /** The name that stands in the audit log. */
  readonly actor: string;
}

/** A key with its token, which is told this once and stored nowhere. */
export interface IssuedApiKey {
  readonly key: StoredApiKey;
  readonly token: string;
}

export type ApiKeys = ReturnType<typeof createApiKeys>;

/**
 * Where keys of the API are made and taken back. Each change and its entry in the audit log stand
 * together. Throws a NodeError API_KEY_REFUSED, NO_SUCH_API_KEY.
 */
export function createApiKeys(parts: {
  readonly db: Database;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
}) {
  const { db, audit, clock, random } = parts;
  const store = createApiKeyStore(db);

  function issue({ name, scopes, expiresMs }: Omit<NewApiKey, 'actor'>): IssuedApiKey {
    const nowMs = clock.nowMs();
    store.forgetEnded(nowMs - KEPT_AFTER_END_MS);
    if (store.countLiving(nowMs) >= MAX_API_KEYS) {
      throw refused(`there are ${MAX_API_KEYS} living keys`, 'revoke some that are not used');
    }
    const secret = random(SECRET_BYTES).toString('base64url');
    const key: StoredApiKey = {
      id: toHex(random(ID_BYTES)),
      name,
      scopes: SCOPES.filter((scope) => scopes.includes(scope)),
      secretHash: sha256(secret),
      createdMs: Math.round(nowMs),
      expiresMs: expiresMs === null ? null : Math.round(expiresMs),
      revokedMs: null,
      replacedBy: null,
      lastUsedMs: null,
    };
    store.add(key);
    return { key, token: `dodona_${key.id}_${secret}` };
  }

  function requireLiving(id: string): StoredApiKey {
    const key = store.get(id);
    if (key === null) {
      throw new NodeError('NO_SUCH_API_KEY', `no key has the id ${JSON.stringify(id)}`, {
        hint: 'see dodona api-keys list',
      });
    }
    if (stateOf(key, clock.nowMs()) === 'living') return key;
    throw refused(`the key ${id} is ${stateOf(key, clock.nowMs())} already`, 'make a new one');
  }

  /** Who reads is not kept from it by a disk that is full. */
  function noteUse(id: string, nowMs: number): void {
    try {
      inTransaction(db, () => store.used(id, nowMs));
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
    }
  }

  const entry = (actor: string, action: string, id: string, note: string) =>
    ({ actor, action, object: `api key ${id}`, outcome: 'done', requestId: null, note }) as const;

  return {
    list: (): StoredApiKey[] => store.all(),

    create(wanted: NewApiKey): IssuedApiKey {
      checkWanted(wanted, clock.nowMs());
      return audit.record((append) => {
        const issued = issue(wanted);
        const { id, name, scopes } = issued.key;
        append(entry(wanted.actor, 'apiKey.create', id, `${name}: ${scopes.join(' ')}`));
        return issued;
      });
    },

    /** Makes a key of the same scopes and expiry, and lets the old one end after the overlap. */
    rotate(id: string, overlapMs: number, actor: string): IssuedApiKey {
      if (!(overlapMs >= 0 && overlapMs <= MAX_OVERLAP_MS)) {
        throw refused('the overlap is too long', 'expected up to 30 days');
      }
      return audit.record((append) => {
        const old = requireLiving(id);
        if (old.replacedBy !== null) {
          throw refused(`the key ${id} was rotated to ${old.replacedBy}`, 'rotate that one');
        }
        const issued = issue(old);
        const endMs = clock.nowMs() + overlapMs;
        store.replace(id, issued.key.id, Math.min(old.expiresMs ?? endMs, endMs));
        append(entry(actor, 'apiKey.rotate', id, `to ${issued.key.id}`));
        return issued;
      });
    },

    /** From now on it opens nothing. */
    revoke(id: string, actor: string): void {
      audit.record((append) => {
        requireLiving(id);
        store.revoke(id, clock.nowMs());
        append(entry(actor, 'apiKey.revoke', id, ''));
      });
    },

    /** The living key of a token; null for any other text. */
    find(token: string): StoredApiKey | null {
      const [, id = '', secret = ''] = TOKEN.exec(token) ?? [];
      const key = store.get(id);
      const isRight = isSame(sha256(secret), key?.secretHash ?? Buffer.alloc(SECRET_BYTES));
      if (key === null || !isRight) return null;
      const nowMs = clock.nowMs();
      if (stateOf(key, nowMs) !== 'living') return null;
      if (Math.abs(nowMs - (key.lastUsedMs ?? 0)) >= USE_WRITTEN_EVERY_MS) {
        noteUse(key.id, nowMs);
      }
      return key;
    },
  };
}

/** Whether a key opens anything. */
export function stateOf(
  { revokedMs, expiresMs }: StoredApiKey,
  nowMs: number,
): 'living' | 'revoked' | 'expired' {
  if (revokedMs !== null) return 'revoked';
  return expiresMs !== null && expiresMs <= nowMs ? 'expired' : 'living';
}

function checkWanted({ name, scopes, expiresMs }: NewApiKey, nowMs: number): void {
  if (!/^[\x20-\x7e]+$/.test(name) || name.trim() === '' || name.length > MAX_KEY_NAME_CHARS) {
    throw refused('the name is not one', `expected up to ${MAX_KEY_NAME_CHARS} plain characters`);
  }
  if (scopes.length === 0) throw refused('no scope is named', `name some of ${SCOPES.join(', ')}`);
  if (expiresMs !== null && !(expiresMs > nowMs)) {
    throw refused('the expiry has passed already', 'expected a time to come');
  }
}

const refused = (message: string, hint: string): NodeError =>
  new NodeError('API_KEY_REFUSED', message, { hint });
