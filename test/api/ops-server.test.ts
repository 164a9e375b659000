import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeStatus, Readiness } from '../../src/api/node-status.js';
import { createOpsServer, type OpsServerOptions } from '../../src/api/ops-server.js';
import { readRuntimeFile, writeRuntimeFile } from '../../src/api/runtime-file.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import { ResponseCode } from '../../src/base/outcome.js';
import type { Log } from '../../src/telemetry/log.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { hash160Of, openRequestBook } from './request-book.js';

const STATUS: NodeStatus = {
  version: '0.1.0',
  startedAtMs: 1,
  magic: 56753,
  gateway: hash160Of(0x11),
  readiness: { ready: true, reasons: [] },
  chain: { height: 105, processed: 105, lagBlocks: 0, latestBlockAtMs: 2 },
  endpoints: [],
  queue: { received: 1 },
  oldestOpenAtMs: null,
  wallet: null,
  creditHeldDatoshi: 2n ** 60n,
  books: { agreedBlock: 9, agreedAtMs: 1, accounts: 3, stopped: null, differences: [] },
  spending: { held: [], budgets: [], inboxOnly: [] },
  random: null,
  earnedDatoshi: 0n,
  recentTrouble: [],
};

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

describe('the operations API', () => {
  const book = openRequestBook();
  const metrics = createMetrics({ version: '0.1.0', process: false });
  const dir = mkdtempSync(join(tmpdir(), 'dodona-ops-'));
  const errors: unknown[] = [];
  const log: Log = {
    debug() {},
    info() {},
    warn() {},
    error: (event, facts) => errors.push([event, facts]),
    child: () => log,
  };
  const options: OpsServerOptions = {
    host: '127.0.0.1',
    port: 0,
    hostNames: ['oracle.internal'],
    storageDir: dir,
    instance: 'first',
    clock: systemClock,
    log,
    readiness: () => readiness,
    status: () => STATUS,
    listRequests: (query) => book.views.list(query),
    explain: (id) => book.views.explain(id),
    metrics: async () => ({ text: await metrics.text(), contentType: metrics.contentType }),
  };
  const server = createOpsServer(options);
  let readiness: Readiness = { ready: true, reasons: [] };
  let url = '';

  before(async () => {
    for (let id = 1n; id <= 5n; id++) book.add(id);
    book.add(6n, { kind: 'oracle', requester: hash160Of(0xcc), subject: 'https://a.example' });
    book.resolve(6n, ResponseCode.Success, 'the source answered');
    url = await server.start();
  });
  after(async () => {
    await server.stop();
    book.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** As the client writes it: no path is tidied up on the way. */
  function ask(path: string, headers: Record<string, string> = {}, method = 'GET', body = '') {
    return new Promise<Answer>((resolve, reject) => {
      const { hostname, port } = new URL(url);
      const request = httpRequest(
        { hostname, port, path, method, headers, agent: false },
        (got) => {
          let text = '';
          got.setEncoding('utf8').on('data', (chunk) => {
            text += chunk;
          });
          got.on('end', () => resolve({ status: got.statusCode ?? 0, headers: got.headers, text }));
        },
      );
      request.on('error', reject).end(body);
    });
  }
  const get = async (path: string) => {
    const answer = await ask(path);
    return { ...answer, body: JSON.parse(answer.text) };
  };

  it('says that the process is alive, and which it is', async () => {
    const { status, body } = await get('/healthz');
    assert.equal(status, 200);
    assert.deepEqual(body, { alive: true, pid: process.pid, instance: 'first' });
  });

  it('is ready, or says with 503 what is missing', async () => {
    readiness = { ready: true, reasons: [] };
    assert.equal((await get('/readyz')).status, 200);
    readiness = { ready: false, reasons: ['7 blocks behind the chain', 'no endpoint answers'] };
    const { status, body } = await get('/readyz');
    assert.equal(status, 503);
    assert.deepEqual(body, readiness);
  });

  it('serves metrics as Prometheus reads them', async () => {
    metrics.queue({ received: 2 });
    const { status, headers, text } = await ask('/metrics');
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
    assert.match(text, /^dodona_requests\{state="received"\} 2$/m);
  });

  it('gives amounts as text, beyond what a JSON number carries', async () => {
    const { body } = await get('/status');
    assert.equal(body.creditHeldDatoshi, '1152921504606846976');
  });

  it('lists requests newest first, page by page', async () => {
    const first = (await get('/requests?limit=4')).body;
    assert.deepEqual(
      first.requests.map(({ id }: { id: string }) => id),
      ['6', '5', '4', '3'],
    );
    const second = (await get(`/requests?limit=4&cursor=${first.cursor}`)).body;
    assert.deepEqual(
      second.requests.map(({ id }: { id: string }) => id),
      ['2', '1'],
    );
    assert.equal(second.cursor, null);
  });

  it('filters by state, kind and requester', async () => {
    const ids = async (query: string): Promise<string> =>
      (await get(`/requests?${query}`)).body.requests.map(({ id }: { id: string }) => id).join();
    assert.equal(await ids('state=resolved'), '6');
    assert.equal(await ids('kind=http&limit=2'), '5,4');
    assert.equal(await ids(`requester=${hash160Of(0xcc)}`), '6');
    assert.equal(await ids('state=answered'), '');
  });

  it('explains a request, and says when there is none', async () => {
    const { status, body } = await get('/requests/6');
    assert.equal(status, 200);
    assert.equal(body.reason, 'the source answered');
    assert.deepEqual(
      body.steps.map(({ what }: { what: string }) => what),
      ['requested', 'resolved'],
    );
    assert.equal((await get('/requests/7')).status, 404);
  });

  it('refuses filters and ids that it cannot read, saying what it expects', async () => {
    const cases: [string, RegExp][] = [
      ['/requests?state=lost', /expected one of received, resolved/],
      ['/requests?kind=x', /expected one of oracle, http/],
      ['/requests?limit=0', /expected a number from 1 to 1000/],
      ['/requests?limit=1001', /expected a number from 1 to 1000/],
      ['/requests?limit=1e2', /expected a number from 1 to 1000/],
      ['/requests?requester=bob', /expected a contract's hash/],
      ['/requests?cursor=-1', /expected the decimal id/],
      ['/requests?stat=sent', /expected each of state, kind/],
      ['/requests?state=sent&state=sent', /given twice.*expected each of/],
      ['/requests/0x1', /expected the decimal id/],
      [`/requests/${'9'.repeat(20)}`, /expected the decimal id/],
    ];
    for (const [path, pattern] of cases) {
      const { status, text } = await ask(path);
      assert.equal(status, 400, path);
      assert.match(text, pattern, path);
    }
  });

  it('serves nothing but its own paths', async () => {
    const paths = ['/', '/metrics/', '//metrics', '/requests/../metrics', '/..%2f..%2fetc/passwd'];
    for (const path of [...paths, '/requests/1/x', '/__proto__', '/node.json', '*', '/requests/']) {
      const { status, text } = await ask(path);
      assert.equal(status, 404, path);
      assert.match(text, /known: .*\/requests\/ID/);
    }
    assert.equal((await ask(`/requests?${'x'.repeat(1_100)}`)).status, 414);
  });

  it('answers HEAD without a body, and refuses to be written to', async () => {
    const head = await ask('/status', {}, 'HEAD');
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    assert.ok(Number(head.headers['content-length']) > 100);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, headers } = await ask('/status', {}, method);
      assert.equal(status, 405);
      assert.equal(headers.allow, 'GET, HEAD');
    }
    assert.equal((await ask('/status', { 'content-length': '1' }, 'GET', 'x')).status, 400);
  });

  it("refuses a web page's own name that was pointed here", async () => {
    for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'a@b']) {
      const { status, text } = await ask('/status', { host });
      assert.equal(status, 403, host);
      assert.match(text, /FOREIGN_HOST/);
    }
    for (const host of ['127.0.0.1', 'LOCALHOST:1', '[::1]:7411', '10.1.2.3', 'oracle.internal']) {
      assert.equal((await ask('/status', { host })).status, 200, host);
    }
  });

  it('lets no page of another site read it, cache it or guess its type', async () => {
    const { headers } = await ask('/status', { origin: 'https://evil.example' });
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });

  it('refuses a request that names no host', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /status HTTP/1.0\r\n\r\n');
    const text = await new Promise((resolve) => socket.once('data', (data) => resolve(`${data}`)));
    assert.match(String(text), /^HTTP\/1\.1 40[03] /);
    socket.destroy();
  });

  it('refuses headers beyond 8 KiB', async () => {
    assert.equal((await ask('/status', { x: 'y'.repeat(9_000) })).status, 431);
  });

  it('tells its failures in the log, and the caller only what is safe', async () => {
    const broken = createOpsServer({
      ...options,
      storageDir: join(dir, 'broken'),
      status: () => {
        throw new TypeError('private detail');
      },
      explain: () => Promise.reject(new NodeError('DB_BUSY', 'busy', { retryable: true })),
    });
    const before = url;
    url = await broken.start();
    try {
      errors.length = 0;
      const { status, text } = await ask('/status');
      assert.equal(status, 500);
      assert.doesNotMatch(text, /private detail/);
      assert.equal((await ask('/requests/1')).status, 503);
      assert.equal(errors.length, 2);
    } finally {
      url = before;
      await broken.stop();
    }
  });

  it('does not let a figure that hangs hold its caller for ever', async () => {
    const waits: number[] = [];
    const impatient: Clock = {
      ...systemClock,
      sleep: async (timeoutMs) => {
        waits.push(timeoutMs);
      },
    };
    const stuck = createOpsServer({
      ...options,
      storageDir: join(dir, 'stuck'),
      clock: impatient,
      readiness: () => new Promise<Readiness>(() => {}),
    });
    const before = url;
    url = await stuck.start();
    try {
      const { status, text } = await ask('/readyz');
      assert.equal(status, 503);
      assert.match(text, /no answer within 5000 ms/);
      assert.deepEqual(waits, [5_000]);
    } finally {
      url = before;
      await stuck.stop();
    }
  });

  it('writes where it is found, and takes it away when it stops', async () => {
    const own = join(dir, 'own');
    const one = createOpsServer({ ...options, storageDir: own, instance: 'one' });
    const oneUrl = await one.start();
    assert.deepEqual(
      { ...readRuntimeFile(own), startedAtMs: 0 },
      { pid: process.pid, url: oneUrl, instance: 'one', startedAtMs: 0 },
    );
    await one.stop();
    assert.equal(existsSync(join(own, 'node.json')), false);
    await assert.rejects(fetch(`${oneUrl}/healthz`));
  });

  it('leaves the file of a successor in place', async () => {
    const own = join(dir, 'successor');
    const one = createOpsServer({ ...options, storageDir: own, instance: 'one' });
    await one.start();
    const next = { pid: 1, url: 'http://127.0.0.1:1', instance: 'two', startedAtMs: 1 };
    writeRuntimeFile(own, next);
    await one.stop();
    assert.deepEqual(readRuntimeFile(own), next);
  });

  it('takes a file that cannot be read for none', () => {
    assert.equal(readRuntimeFile(join(dir, 'absent')), null);
    for (const content of ['', '{', '{}', '{"pid":"1"}', '[]', '{"pid":1,"url":"file:///x"}']) {
      writeFileSync(join(dir, 'node.json'), content);
      assert.equal(readRuntimeFile(dir), null, content);
    }
  });

  it('says what to do when its port is taken', async () => {
    const second = createOpsServer({ ...options, port: Number(new URL(url).port) });
    await assert.rejects(
      second.start(),
      (error) =>
        error instanceof NodeError &&
        error.code === 'API_LISTEN' &&
        /EADDRINUSE/.test(error.message) &&
        /another api\.port/.test(error.hint ?? ''),
    );
    await second.stop();
  });

  it('stops although a client keeps its connection open', async () => {
    const one = createOpsServer({ ...options, storageDir: join(dir, 'open'), instance: 'open' });
    const { port } = new URL(await one.start());
    const socket = connect(Number(port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('GET /status HTTP/1.1\r\nhost: 127.0.0.1\r\n');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    const startMs = performance.now();
    await one.stop();
    await closed;
    assert.ok(performance.now() - startMs < 3_000);
  });
});
