import { z } from 'zod';
import { UPKEEP_STATES } from '../../automation/upkeep-machine.js';
import type { UpkeepView } from '../../automation/upkeep-view-store.js';
import { Refusal } from '../problem.js';
import { jsonRoute, type Route } from '../route.js';
import {
  upkeepLifeShape,
  upkeepLifeWire,
  upkeepPageShape,
  upkeepWire,
} from '../shapes/upkeep-shape.js';
import {
  accountText,
  cursorText,
  DEFAULT_PAGE,
  idText,
  limitText,
  nextCursor,
  wordText,
} from '../shapes/values.js';

const READ = { kind: 'scope', scope: 'read', publicGroup: 'upkeeps', owners: 'own' } as const;

const list = jsonRoute({
  method: 'GET',
  path: '/v1/upkeeps',
  name: 'listUpkeeps',
  group: 'upkeeps',
  summary: 'Upkeeps, newest first',
  access: READ,
  query: z.strictObject({
    state: wordText(...UPKEEP_STATES).optional(),
    owner: accountText('its owner').optional(),
    limit: limitText(),
    cursor: cursorText('upkeeps'),
  }),
  answer: upkeepPageShape,
  problems: [],
  handle({ sources, query: { state, owner, limit = DEFAULT_PAGE, cursor }, only }) {
    const wanted = only ?? owner;
    if (owner !== undefined && wanted !== owner) return { items: [], next: null };
    const found = sources.reads.upkeeps.list({
      ...(state === undefined ? {} : { state }),
      ...(wanted === undefined ? {} : { owner: wanted }),
      ...(cursor === undefined ? {} : { beforeId: cursor }),
      limit,
    });
    const next = nextCursor(found, limit, ({ id }: UpkeepView) => id);
    return { items: found.map(upkeepWire), next };
  },
});

const show = jsonRoute({
  method: 'GET',
  path: '/v1/upkeeps/{id}',
  name: 'getUpkeep',
  group: 'upkeeps',
  summary: 'One upkeep: when it is due, its last runs and what they cost',
  access: READ,
  params: z.strictObject({ id: idText('an upkeep') }),
  answer: upkeepLifeShape,
  problems: ['NO_SUCH_UPKEEP'],
  handle({ sources, params: { id }, only }) {
    const found = sources.reads.upkeeps.show(id);
    if (found === null || (only !== null && found.owner !== only)) {
      throw new Refusal('NO_SUCH_UPKEEP', `no upkeep has the id ${id} here; see /v1/upkeeps`);
    }
    return upkeepLifeWire(found);
  },
});

export const UPKEEP_ROUTES: readonly Route[] = [list, show];
