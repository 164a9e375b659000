import { z } from 'zod';
import { writeBundleFile } from '../../evidence/bundle-file.js';
import { loadBundle } from '../../evidence/load-bundle.js';
import { isEnded, REQUEST_KINDS, REQUEST_STATES } from '../../requests/request-machine.js';
import type { RequestQuery, RequestView } from '../../requests/request-view.js';
import { Refusal } from '../problem.js';
import { jsonRoute, type Route } from '../route.js';
import { evidenceShape } from '../shapes/evidence-shape.js';
import {
  requestLifeShape,
  requestLifeWire,
  requestPageShape,
  requestWire,
} from '../shapes/request-shape.js';
import {
  accountText,
  cursorText,
  DEFAULT_PAGE,
  idText,
  limitText,
  nextCursor,
  wordText,
} from '../shapes/values.js';

/** Ids that one page looks through for what no index finds. */
const IDS_LOOKED_THROUGH = 20_000n;

const READ = { kind: 'scope', scope: 'read', publicGroup: 'requests', owners: 'own' } as const;
const params = z.strictObject({ id: idText('a request') });

const list = jsonRoute({
  method: 'GET',
  path: '/v1/requests',
  name: 'listRequests',
  group: 'requests',
  summary: 'Requests, newest first',
  description:
    'A page may have fewer items than `limit`, or none, and still have a `next`: go on until ' +
    '`next` is null.',
  access: READ,
  query: z.strictObject({
    state: wordText(...REQUEST_STATES).optional(),
    kind: wordText(...REQUEST_KINDS).optional(),
    requester: accountText('the contract or account that asked').optional(),
    limit: limitText(),
    cursor: cursorText('requests'),
  }),
  answer: requestPageShape,
  problems: [],
  handle({ sources, query, only }) {
    const { state, kind, requester, limit = DEFAULT_PAGE, cursor } = query;
    const views = sources.reads.requests;
    const filters: RequestQuery = {
      ...(state === undefined ? {} : { state }),
      ...(kind === undefined ? {} : { kind }),
      ...(requester === undefined ? {} : { requester }),
      ...(only === null ? {} : { payer: only }),
      ...(cursor === undefined ? {} : { beforeId: cursor }),
    };
    const fromId = lowestLookedAt(filters, cursor ?? views.latestId() + 1n);
    const found = views.list({ ...filters, ...(fromId > 0n ? { fromId } : {}), limit });
    const full = nextCursor(found, limit, ({ id }: RequestView) => id);
    return { items: found.map(requestWire), next: full ?? (fromId > 1n ? String(fromId) : null) };
  },
});

/** 0 where an index finds what is asked for, however far back it is. */
function lowestLookedAt({ state, kind, requester, payer }: RequestQuery, before: bigint): bigint {
  const isIndexed = state === undefined ? kind === undefined : !isEnded(state);
  if (isIndexed && requester === undefined && payer === undefined) return 0n;
  // An index finds those of the one or of the other, and not those of both.
  const isOfBoth = requester !== undefined && payer !== undefined;
  if (state === undefined && kind === undefined && !isOfBoth) return 0n;
  return before > IDS_LOOKED_THROUGH ? before - IDS_LOOKED_THROUGH : 0n;
}

const show = jsonRoute({
  method: 'GET',
  path: '/v1/requests/{id}',
  name: 'getRequest',
  group: 'requests',
  summary: 'The whole life of one request',
  access: READ,
  params,
  answer: requestLifeShape,
  problems: ['NO_SUCH_REQUEST'],
  handle({ sources, params: { id }, only }) {
    const found = sources.reads.requests.explain(id);
    if (found === null || (only !== null && found.payer !== only)) throw noSuchRequest(id);
    return requestLifeWire(found);
  },
});

const evidence = jsonRoute({
  method: 'GET',
  path: '/v1/requests/{id}/evidence',
  name: 'getEvidence',
  group: 'requests',
  summary: 'What an answer came from, as `dodona verify --bundle` reads it',
  access: { kind: 'scope', scope: 'evidence:read' },
  params,
  answer: evidenceShape,
  problems: ['NO_SUCH_REQUEST', 'NO_EVIDENCE', 'EVIDENCE_DAMAGED'],
  async handle({ sources, params: { id } }) {
    const { reads } = sources;
    if (reads.requests.explain(id) === null) throw noSuchRequest(id);
    const found = await loadBundle(reads.evidence, id);
    if (found.kind === 'kept') {
      const { bundle, text, blobs, answeredIn } = found.file;
      return JSON.parse(writeBundleFile({ bundle, text, blobs }, answeredIn));
    }
    if (found.kind === 'damaged') {
      throw new Refusal('EVIDENCE_DAMAGED', `it was changed in the database: ${found.problem}`);
    }
    const why =
      found.kind === 'dropped'
        ? 'it was dropped, by evidence.maxAge or evidence.maxTotal'
        : 'none was ever kept: one is kept from when the answer is found';
    throw new Refusal('NO_EVIDENCE', `request ${id} has none here: ${why}`);
  },
});

const noSuchRequest = (id: bigint): Refusal =>
  new Refusal('NO_SUCH_REQUEST', `no request has the id ${id} here; see /v1/requests`);

export const REQUEST_ROUTES: readonly Route[] = [list, show, evidence];
