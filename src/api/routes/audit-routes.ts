import { z } from 'zod';
import { jsonRoute, type Route } from '../route.js';
import { auditPageShape, auditWire } from '../shapes/audit-shape.js';
import { cursorText, DEFAULT_PAGE, limitText, nextCursor, plainText } from '../shapes/values.js';

/** Entries that one page looks through: no index finds actors and actions. */
const ENTRIES_LOOKED_THROUGH = 20_000;

const word = (what: string) => plainText(what, /^[\x21-\x7e]{1,80}$/).optional();

const list = jsonRoute({
  method: 'GET',
  path: '/v1/audit',
  name: 'listAudit',
  group: 'audit',
  summary: 'Who did what, newest first',
  description:
    'With filters a page may have fewer items than `limit`, or none, and still have a `next`: ' +
    'go on until `next` is null. `dodona audit verify` checks the chain of hashes.',
  access: { kind: 'scope', scope: 'audit:read' },
  query: z.strictObject({
    actor: word('the whole actor, or its kind before the colon, such as operator'),
    action: word('the whole action, or what it is about before the dot, such as secret'),
    limit: limitText(),
    cursor: cursorText('entries'),
  }),
  answer: auditPageShape,
  problems: [],
  handle({ sources, query: { actor, action, limit = DEFAULT_PAGE, cursor } }) {
    const store = sources.reads.audit;
    const beforeSeq = Math.min(Number(cursor ?? 0n) || Number.POSITIVE_INFINITY, newest(store));
    const afterSeq = Math.max(0, beforeSeq - ENTRIES_LOOKED_THROUGH - 1);
    const found = store.list({ actor, action, beforeSeq, afterSeq, limit });
    const full = nextCursor(found, limit, ({ seq }) => seq);
    return {
      items: found.map(auditWire),
      next: full ?? (afterSeq > 0 ? String(afterSeq + 1) : null),
    };
  },
});

const newest = (store: { head(): { readonly seq: number } }): number => store.head().seq + 1;

export const AUDIT_ROUTES: readonly Route[] = [list];
