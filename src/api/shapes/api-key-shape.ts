import { z } from 'zod';
import { SCOPES } from '../access.js';
import type { StoredApiKey } from '../api-key-store.js';
import { stateOf } from '../api-keys.js';
import { isoOrNull, isoTime, time } from './values.js';

const keyId = () => z.string().meta({ description: 'id of the key; it stands in the token' });

export const apiKeyShape = z.object({
  id: keyId(),
  name: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  state: z.enum(['living', 'revoked', 'expired']),
  createdAt: time(),
  expiresAt: time().nullable().meta({ description: 'null: never' }),
  revokedAt: time().nullable(),
  replacedBy: keyId().nullable(),
  lastUsedAt: time('to the minute').nullable(),
});

export const apiKeysShape = z.object({ items: z.array(apiKeyShape) });

export const issuedKeyShape = z.object({
  key: apiKeyShape,
  token: z.string().meta({ description: 'shown this once, and stored nowhere' }),
});

export const apiKeyWire = (key: StoredApiKey, nowMs: number): z.input<typeof apiKeyShape> => ({
  id: key.id,
  name: key.name,
  scopes: [...key.scopes],
  state: stateOf(key, nowMs),
  createdAt: isoTime(key.createdMs),
  expiresAt: isoOrNull(key.expiresMs),
  revokedAt: isoOrNull(key.revokedMs),
  replacedBy: key.replacedBy,
  lastUsedAt: isoOrNull(key.lastUsedMs),
});
