import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { connect, Socket } from 'node:net';
import { join } from 'node:path';
import { createEventFeed } from '../../src/api/event-feed.js';
import { MAX_BEHIND_BYTES, streamEvents } from '../../src/api/event-stream.js';
import { ROUTES } from '../../src/api/routes.js';
import { systemClock } from '../../src/base/clock.js';
import { API, apiFixture } from './api-fixture.js';
import { listenTo } from './event-reader.js';
import { hash160Of } from './request-book.js';
import { pathOf } from './route-paths.js';

/** What would be headers of the answer, or an answer of its own, if it got there as it is. */
const INJECTED = '\r\nset-cookie: stolen=1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n';
const ENCODED = encodeURIComponent(INJECTED);

describe('attacks on the wire of the API', function () {
  this.timeout(60_000);
  const fixture = apiFixture();
  let url: string;
  let ask: Awaited<ReturnType<typeof fixture.serve>>['ask'];
  before(async () => {
    const api = { ...API, readOnly: false, corsOrigins: ['https://app.example'] };
    ({ url, ask } = await fixture.serve({ api }));
  });
  after(() => fixture.close());

  it('line ends in paths and queries stay within the document of the answer', async () => {
    let tried = 0;
    for (const route of ROUTES) {
      const ids = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      const changed = Object.fromEntries(ids.map((name) => [name, `1${ENCODED}`]));
      const paths = [
        ...(ids.length === 0 ? [] : [pathOf(route, changed)]),
        ...(route.query === undefined ? [] : [`${pathOf(route)}?${ENCODED}=${ENCODED}`]),
      ];
      tried += paths.length;
      for (const path of paths) {
        const { status, headers, text } = await ask(path, { method: route.method });
        assert.ok(status >= 400 && status < 500, `${route.name}: ${status}`);
        assert.equal(headers['set-cookie'], undefined, route.name);
        for (const value of Object.values(headers)) assert.doesNotMatch(String(value), /stolen/);
        assert.doesNotMatch(text.trimEnd(), /[\r\n]/, route.name);
      }
    }
    assert.ok(tried >= 25, String(tried));
  });

  it('line ends in headers are refused, or end them as the standard says', async () => {
    const { localToken } = fixture.options;
    for (const name of ['last-event-id', 'origin', 'x-forwarded-for', 'if-none-match']) {
      for (const end of ['\r', '\n', '\r\n ', '\0']) {
        const said = await answerTo(
          url,
          `GET /v1/status HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${localToken}\r\n` +
            `${name}: https://app.example${end}set-cookie: stolen=1\r\nconnection: close\r\n\r\n`,
        );
        assert.match(said, /^HTTP\/1\.1 [24]\d\d /, JSON.stringify([name, end]));
        assert.doesNotMatch(said, /stolen/, JSON.stringify([name, end]));
      }
    }
  });

  it('only an origin that is configured, letter by letter, is told back', async () => {
    const app = 'https://app.example';
    const others = [`${app}.evil.example`, `${app},https://evil.example`, `${app}/`, 'null'];
    for (const origin of others) {
      const { headers } = await ask('/v1/status', { headers: { origin } });
      assert.equal(headers['access-control-allow-origin'], undefined, origin);
    }
    const { headers } = await ask('/v1/status', { headers: { origin: app } });
    assert.equal(headers['access-control-allow-origin'], app);
  });

  it('an id to resume from is a number, or the stream is refused', async () => {
    const token = fixture.keyWith('read');
    for (const lastEventId of ['1 2', '-1', '0x1', '1e3', '9'.repeat(60), 'x: y']) {
      const { status, close } = await listenTo(url, '/v1/events', { token, lastEventId });
      assert.equal(status, 400, lastEventId);
      close();
    }
  });

  it('line ends in what an event tells make no other event', async () => {
    const token = fixture.keyWith('read');
    const { events } = fixture.options.sources;
    const listener = await listenTo(url, '/v1/events', { token });
    const text = 'x\n\nid: 1\nevent: block\ndata: {"event":"block","height":666}\n\n';
    events.publish({ event: 'block', height: 1, networkHeight: 1, text } as never);
    events.publish({ event: 'block', height: 2, networkHeight: 2 });
    await listener.until('the last', ({ data }) => 'height' in data && data.height === 2);
    const heights = listener.events.map(({ data }) => 'height' in data && data.height);
    assert.deepEqual(heights, [1, 2]);
    listener.close();
    await listener.closed;
  });

  it('a client that reads too slowly is dropped once it is 1 MiB behind, and no sooner', () => {
    const feed = createEventFeed({ clock: systemClock });
    // Without a connection to take them, bytes only add up.
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    let dropped = 0;
    const stop = new AbortController();
    streamEvents(response, {
      ...{ feed, afterId: null, headers: {} },
      clock: { ...systemClock, sleep: (_ms, signal) => untilAborted(signal) },
      onStop: (end) => {
        stop.signal.addEventListener('abort', end);
        return () => stop.signal.removeEventListener('abort', end);
      },
      isAllowed: () => true,
      onDropped: () => {
        dropped += 1;
      },
    });
    const hash = hash160Of(0xcc);
    const publish = () =>
      feed.publish({ event: 'block', height: 1, networkHeight: 1, hash } as never);
    publish();
    const before = response.writableLength;
    publish();
    const each = response.writableLength - before;
    assert.ok(each > 0 && each < MAX_BEHIND_BYTES / 100);
    while (response.writableLength + each <= MAX_BEHIND_BYTES) publish();
    assert.equal(dropped, 0);
    assert.equal(response.destroyed, false);
    publish();
    assert.equal(dropped, 1);
    assert.equal(response.destroyed, true);
    publish();
    assert.equal(dropped, 1);
  });

  it('who does not read at all loses his connection, and the others hear on', async () => {
    const token = fixture.keyWith('read');
    const storageDir = join(fixture.dir, 'slow-reader');
    const events = createEventFeed({ clock: systemClock });
    const sources = { ...fixture.options.sources, events };
    const served = await fixture.serve({ sources, storageDir });
    const reader = await listenTo(served.url, '/v1/events', { token });
    const idle = connect(Number(new URL(served.url).port), '127.0.0.1');
    const closed = new Promise<void>((resolve) => idle.on('close', () => resolve()));
    idle.on('error', () => {});
    idle.write(
      `GET /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n\r\n`,
    );
    await new Promise<void>((resolve) => idle.once('readable', () => resolve()));
    const text = 'x'.repeat(60_000);
    let heard = 0;
    // More than 1 MiB and all that the system holds for the two ends of a connection.
    for (; heard < 400; heard++) {
      events.publish({ event: 'block', height: heard, networkHeight: heard, text } as never);
      await reader.until('the block', ({ data }) => 'height' in data && data.height === heard);
    }
    idle.resume();
    await closed;
    reader.close();
    await reader.closed;
  });

  it('secrets are compared in a time that tells nothing of where they differ', async () => {
    const compare = crypto.timingSafeEqual;
    let compared = 0;
    crypto.timingSafeEqual = (one, other) => {
      compared += 1;
      return compare(one, other);
    };
    syncBuiltinESMExports();
    try {
      const countOf = async (what: () => unknown): Promise<number> => {
        compared = 0;
        await what();
        return compared;
      };
      const { apiKeys, signIn } = fixture.options.sources;
      const right = fixture.keyWith('read');
      const wrong = `${right.slice(0, -1)}${right.endsWith('A') ? 'B' : 'A'}`;
      assert.equal(await countOf(() => assert.ok(apiKeys.find(right))), 1);
      assert.equal(await countOf(() => assert.equal(apiKeys.find(wrong), null)), 1);
      // As much work for a key that is not there, so that its time does not tell that either.
      const unknown = right.replace(/_[0-9a-f]{12}_/, `_${'0'.repeat(12)}_`);
      assert.notEqual(unknown, right);
      assert.equal(await countOf(() => assert.equal(apiKeys.find(unknown), null)), 1);
      const { localToken } = fixture.options;
      assert.ok((await countOf(() => ask('/v1/status', { token: localToken }))) >= 1);
      const near = `${localToken.slice(0, -1)}${localToken.endsWith('A') ? 'B' : 'A'}`;
      assert.ok((await countOf(() => ask('/local/status', { token: near }))) >= 1);
      const { ticket } = signIn.challenge(hash160Of(1), url);
      const forged = `${ticket.slice(0, -2)}AA`;
      const signed = { publicKey: '', signature: '', salt: '' } as never;
      assert.equal(await countOf(() => assert.throws(() => signIn.signIn(forged, url, signed))), 1);
    } finally {
      crypto.timingSafeEqual = compare;
      syncBuiltinESMExports();
    }
  });
});

/** All that a server says to a request as it stands, until it closes. */
function answerTo(url: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let said = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      said += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(said));
    socket.write(request, 'latin1');
  });
}

const untilAborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
