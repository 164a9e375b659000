import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener } from 'node:http';
import { NodeError } from '../../src/base/node-error.js';
import { ResponseCode as C, type Outcome } from '../../src/base/outcome.js';
import { createFilterPool, type FilterPool } from '../../src/filters/filter-pool.js';
import type { FetchRequest } from '../../src/net/request.js';
import { createHttpResolver } from '../../src/resolvers/http.js';
import type { Reveal } from '../../src/vault/reveal.js';
import { createBench } from '../net/sources.js';
import { ALICE, CONTRACT, OTHER_CONTRACT, vaultFixture, WEB } from '../vault/vault-fixture.js';

const VALUE = 'sk-"live"-0123456789';

/** Real vault, real servers. */
describe('secrets in web requests', () => {
  const bench = createBench();
  let filters: FilterPool;
  let vault: ReturnType<typeof vaultFixture>;
  before(() => {
    filters = createFilterPool({ workers: 1, profile: 'csharp', timeoutMs: 2_000 });
  });
  beforeEach(async () => {
    vault = vaultFixture();
    await vault.set(ALICE, 'KEY', VALUE);
  });
  afterEach(async () => {
    vault.remove();
    await bench.close();
  });
  after(() => filters.close());

  const run = async (
    spec: object,
    options: { filter?: string; requester?: typeof CONTRACT; reveal?: Reveal } = {},
  ): Promise<{ outcome: Outcome; sent: FetchRequest[] }> => {
    const { filter = '', requester = CONTRACT, reveal = vault.vault.reveal } = options;
    const fetcher = bench.fetcher();
    const sent: FetchRequest[] = [];
    const fetch: typeof fetcher.fetch = (request, signal) => {
      sent.push(request);
      return fetcher.fetch(request, signal);
    };
    const resolver = createHttpResolver({ fetch: { fetch }, filters, profile: 'csharp', reveal });
    const work = { requestId: 7n, requester, filter, style: 'spec' } as const;
    const signal = new AbortController().signal;
    return { outcome: await resolver({ ...work, spec: JSON.stringify(spec) }, signal), sent };
  };
  const grant = (...origins: string[]) => vault.grant(ALICE, 'KEY', CONTRACT, WEB, origins);

  /** A source that answers by the function; what it was asked is kept. */
  const serve = async (answer: RequestListener = (_, response) => response.end('{"ok":1}')) => {
    const asked: { headers: IncomingMessage['headers']; body: string; url: string }[] = [];
    const { port } = await bench.http(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      asked.push({ headers: request.headers, body, url: request.url ?? '' });
      answer(request, response);
    });
    const origin = `http://127.0.0.1:${port}`;
    return { origin, other: `http://localhost:${port}`, asked };
  };
  const withKey = (url: string) => ({ url, headers: { 'X-Key': 'Bearer {{secret:KEY}}' } });
  const answered = ({ outcome }: { outcome: Outcome }, code: number): string => {
    if (outcome.kind !== 'answer') assert.fail(`${outcome.kind}: ${outcome.reason}`);
    assert.equal(outcome.code, code, outcome.reason);
    assert.equal(JSON.stringify(outcome).includes(VALUE), false);
    return outcome.reason;
  };

  it('stand in header values and, escaped, in strings of the body', async () => {
    const { origin, asked } = await serve();
    grant(origin);
    const { outcome } = await run({
      ...withKey(`${origin}/a`),
      method: 'POST',
      body: { auth: { key: '<{{secret:KEY}}>' } },
    });
    answered({ outcome }, C.Success);
    assert.equal(asked[0]?.headers['x-key'], `Bearer ${VALUE}`);
    assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), { auth: { key: `<${VALUE}>` } });
    assert.equal(asked[0]?.url, '/a');
  });

  it('go to nobody without a grant, and the answer is Forbidden', async () => {
    const { origin, asked } = await serve();
    assert.match(answered(await run(withKey(origin)), C.Forbidden), /KEY is not granted to/);
    grant(origin);
    const other = await run(withKey(origin), { requester: OTHER_CONTRACT });
    assert.match(answered(other, C.Forbidden), /not granted/);
    const unknown = { url: origin, headers: { a: '{{secret:KEY}}{{secret:OTHER}}' } };
    assert.match(answered(await run(unknown), C.Forbidden), /OTHER is not granted/);
    assert.equal(asked.length, 0);
  });

  it('go to granted hosts only, on that port and by that scheme', async () => {
    const [granted, stranger] = [await serve(), await serve()];
    grant(granted.origin);
    const refused = await run(withKey(stranger.origin));
    assert.match(answered(refused, C.Forbidden), /may not be sent to http:\/\/127/);
    answered(await run(withKey(granted.other)), C.Forbidden);
    answered(await run(withKey(granted.origin.replace('http:', 'https:'))), C.Forbidden);
    assert.equal(stranger.asked.length + granted.asked.length, 0);
    answered(await run(withKey(granted.origin)), C.Success);
  });

  it('with several secrets go only where all of them may', async () => {
    const { origin, other, asked } = await serve();
    await vault.set(ALICE, 'SECOND', 'another value');
    grant(origin, other);
    vault.grant(ALICE, 'SECOND', CONTRACT, WEB, [other]);
    const both = (url: string) => ({ url, headers: { a: '{{secret:KEY}} {{secret:SECOND}}' } });
    answered(await run(both(origin)), C.Forbidden);
    assert.equal(asked.length, 0);
    answered(await run(both(other)), C.Success);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`do not follow a ${status} to a host that was not granted`, async () => {
      const stranger = await serve();
      const { origin, other } = await serve((request, response) => {
        const to = { '/away': `${stranger.origin}/x`, '/there': `${other}/y` }[request.url ?? ''];
        if (to === undefined) response.end('{"ok":1}');
        else response.writeHead(status, { location: to }).end();
      });
      grant(origin, other);
      const post = (url: string) => ({
        ...withKey(url),
        method: 'POST',
        body: { key: '{{secret:KEY}}' },
      });
      const reason = answered(await run(post(`${origin}/away`)), C.Forbidden);
      assert.match(reason, /redirect: the secret may not be sent to/);
      assert.equal(stranger.asked.length, 0);
      answered(await run(post(`${origin}/there`)), C.Success);
    });
  }

  it('never come back in a result, verbatim, in base64 or in hex', async () => {
    const bytes = Buffer.from(VALUE);
    for (const body of [
      VALUE,
      JSON.stringify({ echo: VALUE }),
      bytes.toString('hex'),
      Buffer.from(`user:${VALUE}`).toString('base64'),
    ]) {
      const { origin } = await serve((_, response) => response.end(body));
      grant(origin);
      const reason = answered(await run(withKey(origin)), C.Forbidden);
      assert.match(reason, /the result holds the secret KEY/);
    }
  });

  it('are looked for in what the filter selects, not in what it leaves out', async () => {
    const body = JSON.stringify({ echo: VALUE, price: 12.5 });
    const { origin } = await serve((_, response) => response.end(body));
    grant(origin);
    answered(await run(withKey(origin), { filter: '$.price' }), C.Success);
    answered(await run(withKey(origin), { filter: '$.echo' }), C.Forbidden);
  });

  it('may come back where their owner opted out of that', async () => {
    await vault.set(ALICE, 'KEY', VALUE, true);
    const { origin } = await serve((_, response) => response.end(VALUE));
    grant(origin);
    const { outcome } = await run(withKey(origin));
    assert.ok(outcome.kind === 'answer' && outcome.code === C.Success);
    assert.equal(outcome.result.toString(), VALUE);
  });

  it('are kept out of reasons, whatever the source does with them', async () => {
    await vault.set(ALICE, 'KEY', 'secretvalue0123456789');
    const { origin } = await serve((request, response) => {
      if (request.url === '/type') {
        response.writeHead(200, { 'content-type': 'text/x; charset=secretvalue0123456789' });
      }
      response.end('{"a":1}');
    });
    grant(origin);
    const { outcome } = await run(withKey(`${origin}/type`));
    assert.equal(outcome.kind === 'answer' && outcome.code, C.ContentTypeNotSupported);
    assert.doesNotMatch(outcome.reason, /secretvalue/);
    assert.match(outcome.reason, /not told/);
  });

  it('are wiped when the fetch is over, and named beside it while it lasts', async () => {
    const { origin } = await serve();
    grant(origin);
    const { sent } = await run({ ...withKey(origin), method: 'POST', body: ['{{secret:KEY}}'] });
    const [request] = sent;
    assert.deepEqual(
      request?.secrets?.map(({ name }) => name),
      ['KEY'],
    );
    for (const { value } of request?.secrets ?? []) assert.ok(value.every((byte) => byte === 0));
    assert.ok(request?.body?.every((byte) => byte === 0));
  });

  it('that are not text, or fit no header, are answered with Error', async () => {
    const { origin, asked } = await serve();
    for (const value of ['\u00ff\ud800'.repeat(8), 'line\r\nx-evil: 1']) {
      const bytes = value.startsWith('line') ? Buffer.from(value) : Buffer.from(value, 'latin1');
      const secret = { owner: ALICE, name: 'KEY', value: bytes, mayBeResult: false, actor: 'x' };
      await vault.vault.desk.set(secret);
      grant(origin);
      answered(await run(withKey(origin)), C.Error);
    }
    assert.equal(asked.length, 0);
  });

  it('in a vault that is out of order are tried again, and the reason tells no more', async () => {
    const reveal: Reveal = async () => {
      throw new NodeError('VAULT_KEYS_PASSWORD', 'the password does not open /somewhere/vault.key');
    };
    const { outcome } = await run(withKey('https://a.example'), { reveal });
    assert.ok(outcome.kind === 'retry');
    assert.equal(outcome.reason, 'the vault cannot be used (VAULT_KEYS_PASSWORD)');
  });
});
