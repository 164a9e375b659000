import { z } from 'zod';
import { SCOPES } from '../access.js';
import { alertsOf } from '../alerts.js';
import { jsonRoute, type Route } from '../route.js';
import { alertsShape } from '../shapes/alert-shape.js';
import { eventShape } from '../shapes/event-shape.js';
import { keysShape } from '../shapes/keys-shape.js';
import { statusShape, statusWire } from '../shapes/status-shape.js';
import { account, idText } from '../shapes/values.js';

const status = jsonRoute({
  method: 'GET',
  path: '/v1/status',
  name: 'getStatus',
  group: 'node',
  summary: 'What an operator wants to know first',
  access: { kind: 'scope', scope: 'read', publicGroup: 'status' },
  answer: statusShape,
  problems: [],
  handle: async ({ sources }) => statusWire(await sources.status()),
});

const alerts = jsonRoute({
  method: 'GET',
  path: '/v1/alerts',
  name: 'listAlerts',
  group: 'node',
  summary: 'What somebody should look at now, the worst first',
  access: { kind: 'scope', scope: 'read', publicGroup: 'alerts' },
  answer: alertsShape,
  problems: [],
  async handle({ sources, nowMs }) {
    return { items: alertsOf(await sources.status(), sources.reads, sources.feeds, nowMs) };
  },
});

const keys = jsonRoute({
  method: 'GET',
  path: '/v1/keys',
  name: 'getKeys',
  group: 'node',
  summary: 'Public parts of the keys of node, gateway and vault',
  access: { kind: 'scope', scope: 'read', publicGroup: 'keys', owners: 'all' },
  answer: keysShape,
  problems: [],
  handle: ({ sources }) => sources.keys(),
});

const sessionShape = z.object({
  kind: z.enum(['local', 'key', 'owner']),
  keyId: z.string().nullable(),
  account: account('who is signed in').nullable(),
  scopes: z.array(z.enum(SCOPES)),
});

const session = jsonRoute({
  method: 'GET',
  path: '/v1/session',
  name: 'getSession',
  group: 'access',
  summary: 'Who the server takes you for, and what you may do',
  access: { kind: 'anybody' },
  isSelfContained: true,
  answer: sessionShape,
  problems: [],
  handle({ caller }) {
    switch (caller.kind) {
      case 'key':
        return {
          kind: 'key' as const,
          keyId: caller.id,
          account: null,
          scopes: [...caller.scopes],
        };
      case 'owner':
        return { kind: 'owner' as const, keyId: null, account: caller.account, scopes: [] };
      case 'local':
        return { kind: 'local' as const, keyId: null, account: null, scopes: ['admin' as const] };
      case 'nobody':
        throw new Error('bug: nobody passed');
    }
  },
});

const events: Route = {
  kind: 'stream',
  method: 'GET',
  path: '/v1/events',
  name: 'streamEvents',
  group: 'node',
  summary: 'What happens, as it happens: server-sent events',
  description:
    'text/event-stream. Come back with `Last-Event-ID` (or `lastEventId`) to hear what you ' +
    'missed, as far as it is kept; what is gone is told as an event `gap`. A client that reads ' +
    'too slowly is dropped.',
  access: { kind: 'scope', scope: 'read', publicGroup: 'events' },
  query: z.strictObject({ lastEventId: idText('an event').optional() }),
  answer: eventShape,
  problems: ['TOO_MANY_STREAMS'],
};

export const NODE_ROUTES: readonly Route[] = [status, alerts, keys, session, events];
