import assert from 'node:assert/strict';
import { join } from 'node:path';
import { SCOPES } from '../../src/api/access.js';
import { documentedProblems } from '../../src/api/documented-problems.js';
import { MAX_EVENT_STREAMS } from '../../src/api/event-feed.js';
import { PROBLEMS, type ProblemCode } from '../../src/api/problem.js';
import type { Route } from '../../src/api/route.js';
import { ROUTES } from '../../src/api/routes.js';
import { NodeError } from '../../src/base/node-error.js';
import { encryptForNode } from '../../src/vault/handed-over.js';
import { type Answer, API, type AskOptions, apiFixture } from './api-fixture.js';
import { OWNER, pathOf } from './route-paths.js';

type Ask = (path: string, how?: AskOptions) => Promise<Answer>;

const JSON_TYPE = { 'content-type': 'application/json' };

describe('the problems that the API documents', function () {
  this.timeout(60_000);
  const fixture = apiFixture();
  const { options, dir } = fixture;
  let trouble: Error | null = null;
  /** By what they are for; each is a server of its own over the same sources. */
  let asks: Record<'open' | 'readOnly' | 'full' | 'guessed' | 'broken', Ask>;
  let sealedShort = '';
  const seen = new Map<string, Set<string>>();

  before(async () => {
    fixture.book.add(1n);
    fixture.book.add(2n);
    fixture.book.log(2n, []);
    const serve = async (name: string, api: Partial<typeof API>, sources = options.sources) =>
      (await fixture.serve({ api: { ...API, ...api }, sources, storageDir: join(dir, name) })).ask;
    const { limits } = API;
    const broken = new Proxy(options.sources, {
      get(target, name) {
        if (trouble !== null) throw trouble;
        return target[name as keyof typeof target];
      },
    });
    asks = {
      open: await serve('open', { readOnly: false }),
      readOnly: await serve('read-only', {}),
      full: await serve('full', { limits: { ...limits, perAddress: 1 } }),
      guessed: await serve('guessed', { limits: { ...limits, failures: 1 } }),
      broken: await serve('broken', { readOnly: false }, broken),
    };
    const key = (await fixture.vault.keys.openOrCreate()).sharing().at(-1)?.publicKey;
    const short = { owner: OWNER, name: 'API_KEY', value: Buffer.from('short') };
    sealedShort = await encryptForNode(key ?? Buffer.alloc(0), short);
  });
  after(() => fixture.close());

  const method = ({ method: name }: Route): AskOptions => ({ method: name });

  /** A body that the route can read, where it has one. */
  function bodyOf(route: Route): AskOptions {
    const body = BODIES[route.name];
    const text = typeof body === 'function' ? body() : body;
    if (route.body === undefined) return method(route);
    const json = JSON.stringify(text ?? {});
    const headers = { ...JSON_TYPE, 'content-length': String(Buffer.byteLength(json)) };
    return { ...method(route), headers, body: json };
  }

  const BODIES: Readonly<Record<string, object | (() => object)>> = {
    createApiKey: { name: 'k', scopes: ['read'] },
    rotateApiKey: {},
    createChallenge: { account: OWNER },
    signIn: {
      ticket: 'none',
      publicKey: '02'.repeat(33),
      signature: '00'.repeat(64),
      salt: '00',
    },
    setSecret: () => ({ sealed: JSON.parse(sealedShort) }),
    grantSecret: { hosts: ['api.example.org'] },
  };

  const withText = (route: Route, text: string, type = 'application/json'): AskOptions => ({
    ...method(route),
    headers: { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) },
    body: text,
  });

  /** How each problem is met: by any route, unless the table of routes has another way. */
  const WAYS: Partial<Record<ProblemCode, (route: Route) => Promise<Answer>>> = {
    FOREIGN_HOST: (route) => {
      const how = bodyOf(route);
      return asks.open(pathOf(route), { ...how, headers: { ...how.headers, host: 'a.example' } });
    },
    TOKEN_IN_URL: (route) => asks.open(`${pathOf(route)}?access_token=x`, bodyOf(route)),
    TOO_LONG: (route) => asks.open(`${pathOf(route)}?${'x'.repeat(1_100)}`, bodyOf(route)),
    BAD_QUERY: (route) => asks.open(`${pathOf(route)}?nonsense=1`, bodyOf(route)),
    BAD_PARAMETER: (route) =>
      asks.open(pathOf(route, { id: '~', base: '~', owner: '~' }), bodyOf(route)),
    BAD_CREDENTIALS: (route) =>
      asks.open(pathOf(route), { ...bodyOf(route), token: `dodona_${'0'.repeat(12)}_x` }),
    NOT_SIGNED_IN: (route) => asks.open(pathOf(route), { ...bodyOf(route), token: null }),
    NOT_ALLOWED: (route) => {
      const needed = route.access.kind === 'scope' ? route.access.scope : 'admin';
      const others = SCOPES.filter((scope) => scope !== needed && scope !== 'admin');
      const how = { ...bodyOf(route), token: fixture.keyWith(...others) };
      return asks.open(pathOf(route), how);
    },
    READ_ONLY: (route) => asks.readOnly(pathOf(route), bodyOf(route)),
    NO_BODY: (route) => asks.open(pathOf(route), withText(route, '{}')),
    BAD_BODY: (route) => asks.open(pathOf(route), withText(route, '{"__proto__":1}')),
    BODY_TOO_LARGE: (route) => asks.open(pathOf(route), withText(route, ' '.repeat(65_537))),
    UNKNOWN_MEDIA_TYPE: (route) => asks.open(pathOf(route), withText(route, 'x', 'text/plain')),
    async TOO_MANY_REQUESTS(route) {
      const how = { ...bodyOf(route), token: null };
      await asks.full(pathOf(route), how);
      return asks.full(pathOf(route), how);
    },
    async TOO_MANY_FAILURES(route) {
      const how = { ...bodyOf(route), token: 'nonsense' };
      await asks.guessed(pathOf(route), how);
      return asks.guessed(pathOf(route), how);
    },
    INTERNAL: (route) => whileIn(new TypeError('private'), route),
    BUSY: (route) => whileIn(new NodeError('X', 'private', { retryable: true }), route),
    NO_SUCH_REQUEST: (route) => asks.open(pathOf(route, { id: '999' })),
    NO_EVIDENCE: (route) => asks.open(pathOf(route, { id: '1' })),
    EVIDENCE_DAMAGED: (route) => asks.open(pathOf(route, { id: '2' })),
    NO_SUCH_FUNCTION: (route) => asks.open(pathOf(route)),
    NO_SUCH_PAIR: (route) => asks.open(pathOf(route)),
    NO_SUCH_UPKEEP: (route) => asks.open(pathOf(route)),
    NO_SUCH_API_KEY: (route) => asks.open(pathOf(route), bodyOf(route)),
    NO_SUCH_SECRET: (route) => asks.open(pathOf(route), bodyOf(route)),
    SIGN_IN_REFUSED: (route) => asks.open(pathOf(route), bodyOf(route)),
    SECRET_SEALED: (route) => {
      const sealed = { ...JSON.parse(sealedShort), name: 'ANOTHER' };
      return asks.open(pathOf(route), withText(route, JSON.stringify({ sealed })));
    },
    async SECRET_REFUSED(route) {
      if (route.name === 'setSecret') return asks.open(pathOf(route), bodyOf(route));
      return asks.open(pathOf(route), withText(route, '{"hosts":[]}'));
    },
    async API_KEY_REFUSED(route) {
      if (route.name === 'createApiKey') {
        const past = { ...BODIES.createApiKey, expiresAt: '2020-01-01T00:00:00Z' };
        return asks.open(pathOf(route), withText(route, JSON.stringify(past)));
      }
      const id = fixture.keyWith('read').split('_')[1] ?? '';
      fixture.options.sources.apiKeys.revoke(id, 'operator:test');
      return asks.open(pathOf(route, { id }), bodyOf(route));
    },
    async TOO_MANY_STREAMS(route) {
      const { events } = options.sources;
      const stops = Array.from({ length: MAX_EVENT_STREAMS }, () => events.listen(null, () => {}));
      try {
        return await asks.open(pathOf(route));
      } finally {
        for (const stop of stops) stop();
      }
    },
  };

  async function whileIn(error: Error, route: Route): Promise<Answer> {
    trouble = error;
    try {
      const answer = await asks.broken(pathOf(route), bodyOf(route));
      assert.doesNotMatch(answer.text, /private/);
      return answer;
    } finally {
      trouble = null;
    }
  }

  function note(route: Route, { headers, body }: Answer): void {
    if (!String(headers['content-type']).startsWith('application/problem+json')) return;
    seen.set(route.name, (seen.get(route.name) ?? new Set()).add(body.code));
  }

  for (const route of ROUTES) {
    it(`of ${route.name} all happen, and are what the document says`, async () => {
      for (const code of documentedProblems(route)) {
        const way = WAYS[code];
        assert.ok(way, `no way is known to meet ${code}`);
        const answer = await way(route);
        note(route, answer);
        const { status, title } = PROBLEMS[code];
        assert.equal(answer.body?.code, code, `${route.name}: ${answer.text}`);
        assert.equal(answer.status, status);
        assert.equal(answer.body.title, title);
        assert.equal(answer.body.status, status);
        assert.match(answer.body.type, /^urn:dodona:problem:[a-z-]+$/);
        assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
        assert.ok(answer.body.detail.length > 10);
      }
    });
  }

  it('are all that were met', () => {
    assert.equal(seen.size, ROUTES.length);
    for (const route of ROUTES) {
      const documented: readonly string[] = documentedProblems(route);
      const stray = [...(seen.get(route.name) ?? [])].filter((code) => !documented.includes(code));
      assert.deepEqual(stray, [], route.name);
    }
  });

  it('are all that have a code, but for those of no route', () => {
    const documented = new Set<string>(ROUTES.flatMap((route) => documentedProblems(route)));
    const others = Object.keys(PROBLEMS).filter((code) => !documented.has(code));
    const ofNoRoute = ['BAD_REQUEST', 'NOT_FOUND', 'METHOD_NOT_ALLOWED', 'TIMEOUT'];
    assert.deepEqual(others.sort(), [...ofNoRoute, 'HEADERS_TOO_LARGE'].sort());
  });
});
