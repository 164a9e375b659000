import { z } from 'zod';
import { viewOfSecret } from '../../vault/secret-desk.js';
import { Refusal } from '../problem.js';
import { jsonRoute, type Route } from '../route.js';
import { functionPageShape, functionShape } from '../shapes/function-shape.js';
import { secretPageShape, secretWire } from '../shapes/secret-shape.js';
import {
  accountText,
  cursorText,
  DEFAULT_PAGE,
  idText,
  limitText,
  plainText,
} from '../shapes/values.js';

/** Functions of one page: each is read from the chain. */
const MAX_FUNCTIONS = 40;

const FUNCTIONS = {
  kind: 'scope',
  scope: 'read',
  publicGroup: 'functions',
  owners: 'own',
} as const;

const listFunctions = jsonRoute({
  method: 'GET',
  path: '/v1/functions',
  name: 'listFunctions',
  group: 'functions',
  summary: "The gateway's functions, by their ids, with where their code is",
  description:
    'Read from the chain. With `owner` a page may have fewer items than `limit`, or none, and ' +
    'still have a `next`: go on until `next` is null.',
  access: FUNCTIONS,
  query: z.strictObject({
    owner: accountText('who registered it').optional(),
    limit: limitText(MAX_FUNCTIONS),
    cursor: cursorText('functions'),
  }),
  answer: functionPageShape,
  problems: [],
  async handle({ sources, query: { owner, limit = MAX_FUNCTIONS, cursor = 0n }, only, signal }) {
    const found = await sources.functions(cursor + 1n, limit, signal);
    const items = found.filter((each) =>
      [only ?? each.owner, owner ?? each.owner].every((own) => own === each.owner),
    );
    return { items, next: found.length < limit ? null : (found.at(-1)?.id ?? null) };
  },
});

const showFunction = jsonRoute({
  method: 'GET',
  path: '/v1/functions/{id}',
  name: 'getFunction',
  group: 'functions',
  summary: 'One function',
  access: FUNCTIONS,
  params: z.strictObject({ id: idText('a function') }),
  answer: functionShape,
  problems: ['NO_SUCH_FUNCTION'],
  async handle({ sources, params: { id }, only, signal }) {
    const [found] = await sources.functions(id, 1, signal);
    if (found === undefined || (only !== null && found.owner !== only)) {
      throw new Refusal('NO_SUCH_FUNCTION', `no function has the id ${id}; see /v1/functions`);
    }
    return found;
  },
});

const listSecrets = jsonRoute({
  method: 'GET',
  path: '/v1/secrets',
  name: 'listSecrets',
  group: 'secrets',
  summary: 'Names and grants of secrets; no answer ever has a value',
  access: { kind: 'scope', scope: 'secrets:read', owners: 'own' },
  query: z.strictObject({
    owner: accountText('their owner').optional(),
    limit: limitText(),
    cursor: plainText(
      'OWNER:NAME, the cursor of a page',
      /^0x[0-9a-f]{40}:[A-Za-z_][A-Za-z0-9_-]{0,63}$/,
    ).optional(),
  }),
  answer: secretPageShape,
  problems: [],
  handle({ sources, query: { owner, limit = DEFAULT_PAGE, cursor = ':' }, only }) {
    if (only !== null && owner !== undefined && owner !== only) return { items: [], next: null };
    const store = sources.reads.secrets;
    const [afterOwner = '', name = ''] = cursor.split(':');
    const found = store.secretsAfter(only ?? owner ?? null, { owner: afterOwner, name }, limit);
    const last = found.at(-1);
    return {
      items: found.map((stored) => secretWire(viewOfSecret(store, stored))),
      next: last === undefined || found.length < limit ? null : `${last.owner}:${last.name}`,
    };
  },
});

export const OWNER_ROUTES: readonly Route[] = [listFunctions, showFunction, listSecrets];
