import assert from 'node:assert/strict';
import { request } from 'node:http';
import fc from 'fast-check';
import { ROUTES } from '../../../src/api/routes.js';
import { shorten } from '../../../src/base/bytes.js';
import { NodeError } from '../../../src/base/node-error.js';
import { type Answer, API, apiFixture, askAt } from '../../api/api-fixture.js';
import { OWNER, pathOf } from '../../api/route-paths.js';
import { breakages, writeJson } from '../broken-text.js';
import type { FuzzProperty } from '../fuzz-property.js';
import { type Json, mutate, mutations } from '../mutate-json.js';
import { CANARY } from '../typed-refusal.js';

/** A body that each route which takes one reads. */
const BODIES: Readonly<Record<string, Json>> = {
  'POST /v1/api-keys': { name: 'x', scopes: ['read'], expiresAt: '2030-01-01T00:00:00Z' },
  'POST /v1/api-keys/{id}/rotate': { overlapSeconds: 60 },
  'POST /v1/sign-in/challenge': { account: OWNER },
  'POST /v1/sign-in': {
    ...{ ticket: 'a.b', publicKey: `02${'ab'.repeat(32)}` },
    ...{ signature: 'cd'.repeat(64), salt: '00' },
  },
  'PUT /v1/secrets/{owner}/{name}': {
    sealed: {
      ...{ dodonaSecret: 1, key: 'x', owner: OWNER, name: 'API_KEY', enc: 'AA==' },
      ciphertext: CANARY,
    },
    mayBeResult: false,
  },
  'PUT /v1/secrets/{owner}/{name}/grants/{requester}/{use}': { hosts: ['api.example.org'] },
};
const QUERIES = {
  state: ['sent', 'received', 'active', ''],
  kind: ['http', 'oracle', 'x'],
  limit: ['1', '0', '-1', '100', '1e3', '99999999999999999999'],
  cursor: ['1', '0', '01', '9223372036854775807', '9223372036854775808', 'a.b', 'AAAA'],
  days: ['1', '0', '366', '1.5', '99999999'],
  ...{ owner: [OWNER, '0x', 'N'], requester: [OWNER], account: [OWNER, 'all'] },
  ...{ actor: ['operator:x', '%'], action: ['key.created', "' OR 1=1"], lastEventId: ['1', '-1'] },
} as const;
/** Own refusals with such a status are documented; each other one is a failure of the node. */
const DOCUMENTED_5XX = /^503 (?:BUSY|TOO_MANY_STREAMS)$/;

const stranges = fc.oneof(
  fc.constantFrom('0', '-1', '01', '1e1', '9223372036854775807', '9223372036854775808', '..', '.'),
  fc.constantFrom('__proto__', 'constructor', '\0', '%', "'", '[]', '\u202e', 'a'.repeat(900)),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
/** Shown by its name alone where one fails. */
const routes = fc.constantFrom(...ROUTES.map(({ name }) => name));
const queries = fc.array(
  fc.constantFrom(...(Object.keys(QUERIES) as (keyof typeof QUERIES)[])).chain((name) =>
    fc.record({
      name: fc.oneof({ weight: 9, arbitrary: fc.constant<string>(name) }, stranges),
      value: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom<string>(...QUERIES[name]) },
        stranges,
      ),
    }),
  ),
  { maxLength: 3 },
);
const encodings = fc.constantFrom(
  (text: string) => encoded(text),
  (text: string) => text.replace(/[^!-$&-~]|[#?]/gu, encoded),
);
const types = fc.oneof(
  { weight: 8, arbitrary: fc.constant('application/json') },
  fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'multipart/form-data', ''),
);
const tokens = fc.constantFrom('local', 'local', 'local', 'key', 'wrong', null);

/** Lone halves of characters have no URL encoding: they become what a text of bytes has. */
const encoded = (text: string): string => encodeURIComponent(Buffer.from(text).toString());

const ready: { server: Promise<Awaited<ReturnType<typeof startServer>>> | null } = { server: null };

/** Keys are read from the chain, and there is none here: a documented 503. */
const noChain = (): Promise<never> =>
  Promise.reject(new NodeError('RPC_UNREACHABLE', 'no chain', { retryable: true }));

async function startServer() {
  const fixture = apiFixture({ keys: noChain });
  for (let id = 1n; id <= 3n; id++) fixture.book.add(id);
  const { url } = await fixture.serve({ api: { ...API, readOnly: false } });
  const key = fixture.keyWith('read');
  return { fixture, url, of: { local: fixture.options.localToken, key, wrong: CANARY } };
}
const readyServer = () => {
  ready.server ??= startServer();
  return ready.server;
};
export async function close(): Promise<void> {
  await (await ready.server)?.fixture.close();
}

interface Given {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly token: string | null;
}

/** A stream goes on: it is left once it has begun. */
function begin(url: string, { path, method, headers, token }: Given): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const how = { hostname, port, path, method, headers: { ...headers, ...authorization } };
    const asked = request({ ...how, agent: false }, (got) => {
      const { statusCode: status = 0, headers } = got;
      if (status === 200) {
        resolve({ status, headers, text: '', body: null });
        asked.destroy();
        return;
      }
      let text = '';
      got.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      got.on('end', () => resolve({ status, headers, text, body: JSON.parse(text) }));
    });
    asked.on('error', reject).end();
  });
}

function assertAnswered({ status, headers, text, body }: Answer, asked: string): void {
  const told = `${shorten(asked, 300)}: ${status} ${text.slice(0, 300)}`;
  if (status >= 500) assert.match(`${status} ${body?.code}`, DOCUMENTED_5XX, told);
  assert.ok(status >= 200 && status < 600, told);
  assert.doesNotMatch(text, /\bat .*\.[jt]s:\d+|node_modules|SqliteError|TypeError/, told);
  assert.ok(!text.includes(CANARY), `a secret is in ${told}`);
  assert.ok(text.length < 200_000, `${text.length} characters answer ${asked}`);
  if (status < 400) return;
  assert.match(String(headers['content-type']), /^application\/problem\+json/, told);
  assert.match(String(body?.code), /^[A-Z_]+$/, told);
}

export const PROPERTIES: readonly FuzzProperty[] = [
  {
    name: 'of any route is answered, or refused as documented, and the server goes on',
    runs: 500,
    make: () =>
      fc.asyncProperty(
        routes,
        fc.option(fc.tuple(stranges, fc.nat(3)), { freq: 3, nil: null }),
        ...([queries, encodings, fc.option(mutations, { freq: 4 }), breakages] as const),
        ...([types, tokens] as const),
        async (called, strange, query, encode, changes, breakage, type, who) => {
          const { fixture, url, of } = await readyServer();
          const route = ROUTES.find(({ name }) => name === called);
          assert.ok(route);
          const name = `${route.method} ${route.path}`;
          const params = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one as string);
          const [odd, nth] = strange ?? ['', 0];
          const at = strange === null ? undefined : params[nth % params.length];
          const given = at === undefined ? {} : { [at]: encode(odd) };
          const asked = query.map(({ name, value }) => `${encode(name)}=${encode(value)}`);
          const path = `${pathOf(route, given)}${asked.length > 0 ? `?${asked.join('&')}` : ''}`;
          const example = BODIES[name];
          const hasBody = example !== undefined;
          const whole = hasBody ? writeJson(mutate(example, changes ?? [])) : '';
          const request: Given = {
            ...{ path, method: route.method, token: who === null ? null : of[who] },
            headers: hasBody ? { 'content-type': type } : {},
            body: hasBody ? breakage(whole) : '',
          };
          const answer =
            route.kind === 'stream'
              ? await begin(url, request)
              : await askAt(url, path, { ...request });
          const errors = fixture.errors.splice(0);
          assertAnswered(answer, `${route.method} ${path}`);
          const isOfChain = answer.status === 503;
          if (!isOfChain) assert.deepEqual(errors, [], path);
        },
      ),
  },
];
