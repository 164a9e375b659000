import { z } from 'zod';
import { AUDIT_OUTCOMES, type AuditEntry } from '../../audit/audit-entry.js';
import { toHex } from '../../base/bytes.js';
import { count, cursor, id, isoTime, textOrNull, time } from './values.js';

export const auditEntryShape = z.object({
  seq: count('its place in the chain of entries, from 1'),
  at: time(),
  actor: z.string(),
  action: z.string(),
  object: z.string(),
  outcome: z.enum(AUDIT_OUTCOMES),
  requestId: id('the request that it was for').nullable(),
  note: z.string(),
  hash: z.string().meta({ description: 'SHA-256 over this entry and the hash before it, hex' }),
});

export const auditPageShape = z.object({ items: z.array(auditEntryShape), next: cursor() });

export const auditWire = ({ previous: _, ...entry }: AuditEntry) => ({
  ...{ seq: entry.seq, actor: entry.actor, action: entry.action, object: entry.object },
  at: isoTime(entry.atMs),
  outcome: entry.outcome,
  requestId: textOrNull(entry.requestId),
  note: entry.note,
  hash: toHex(entry.hash),
});
