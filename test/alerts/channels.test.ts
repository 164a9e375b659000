import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testMessage } from '../../src/alerts/alert-message.js';
import { createCommandChannel } from '../../src/alerts/command-channel.js';
import { createDelivery } from '../../src/alerts/deliver-alerts.js';
import { type AlertChannel, createWebhookChannel } from '../../src/alerts/webhook-channel.js';
import { systemClock } from '../../src/base/clock.js';
import { hash160 } from '../../src/base/hash.js';
import { createGuardedFetch, type GuardedFetch } from '../../src/net/guarded-fetch.js';
import { DEFAULT_HTTP_LIMITS } from '../../src/net/http-limits.js';
import { silentLog } from '../../src/telemetry/log.js';
import { eventually } from '../chain/eventually.js';

const SENDER = {
  magic: 56753,
  gateway: hash160(`0x${'11'.repeat(20)}`),
  account: hash160(`0x${'22'.repeat(20)}`),
  version: '1.2.3',
};
const MESSAGE = testMessage(SENDER, 1_700_000_000_000);
const SECRET = 'correct horse battery staple';
const never = new AbortController().signal;

interface Got {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('the webhook of alerts', () => {
  let server: Server;
  let url: string;
  let fetch: GuardedFetch;
  let got: Got[];
  /** Statuses of the next answers; null: no answer at all. */
  let answers: (number | null)[];
  before(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        got.push({ headers: request.headers, body });
        const status = answers.shift();
        if (status === null) return;
        response.writeHead(status ?? 204, { location: '/elsewhere' }).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/of/mine`;
  });
  beforeEach(() => {
    got = [];
    answers = [];
    fetch = guarded();
  });
  afterEach(() => fetch.close());
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const guarded = (isAllowed = true, totalTimeoutMs = 5_000) =>
    createGuardedFetch({
      limits: { ...DEFAULT_HTTP_LIMITS, totalTimeoutMs, connectTimeoutMs: totalTimeoutMs },
      allow: { hosts: isAllowed ? [{ host: '127.0.0.1', http: true }] : [], cidrs: [] },
      clock: systemClock,
    });
  const hook = (readSecret: (() => string) | null = () => SECRET, over = fetch) =>
    createWebhookChannel({ url, readSecret, fetch: over, clock: systemClock, waitsMs: [1, 1, 1] });

  it('POSTs the message as JSON, signed so that its receiver can check who sent it and when', async () => {
    const sentMs = Date.now();
    assert.equal(await hook().deliver(MESSAGE, never), null);
    const [{ headers, body }] = got as [Got];
    assert.deepEqual(JSON.parse(body), { ...MESSAGE });
    assert.equal(headers['content-type'], 'application/json');
    const [, at = '', digest] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['dodona-signature'])) ?? [];
    assert.ok(Math.abs(Number(at) - sentMs) < 60_000, at);
    assert.equal(digest, createHmac('sha256', SECRET).update(`${at}.${body}`).digest('hex'));
    assert.ok(!JSON.stringify(got).includes(SECRET));
  });

  it('goes unsigned without a secret', async () => {
    assert.equal(await hook(null).deliver(MESSAGE, never), null);
    assert.equal(got[0]?.headers['dodona-signature'], undefined);
  });

  it('tries again while trouble may pass, and gives up after four tries', async () => {
    answers = [503, 429, 200];
    assert.equal(await hook().deliver(MESSAGE, never), null);
    assert.equal(got.length, 3);
    answers = [500, 500, 500, 500, 200];
    assert.equal(
      await hook().deliver(MESSAGE, never),
      'it answered with status 500 (tried 4 times)',
    );
    assert.equal(got.length, 7);
  });

  it('does not try again what would end the same, and follows no redirect', async () => {
    answers = [401];
    assert.match(String(await hook().deliver(MESSAGE, never)), /status 401 \(tried 1 times\)/);
    answers = [302];
    assert.match(String(await hook().deliver(MESSAGE, never)), /more than 0 redirects/);
    assert.ok(got.every(({ body }) => body === JSON.stringify(MESSAGE)));
  });

  it('waits for no answer longer than its time', async () => {
    answers = [null, null, null, null];
    const impatient = guarded(true, 100);
    const why = await hook(null, impatient).deliver(MESSAGE, never);
    impatient.close();
    assert.equal(why, 'no complete answer within 100 ms (tried 4 times)');
  });

  it('reaches no private address that the operator did not allow', async () => {
    const strict = guarded(false);
    const why = await hook(null, strict).deliver(MESSAGE, never);
    strict.close();
    assert.match(String(why), /http|127\.0\.0\.1/);
    assert.deepEqual(got, []);
  });

  it('tells why when its secret cannot be read', async () => {
    const channel = hook(() => {
      throw new Error('the secret is gone');
    });
    assert.match(String(await channel.deliver(MESSAGE, never)), /the secret is gone/);
    assert.deepEqual(got, []);
  });
});

describe('the command of alerts', () => {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-command-'));
  after(() => rmSync(dir, { recursive: true }));

  const script = (name: string, lines: string): string => {
    const file = join(dir, name);
    writeFileSync(file, `#!/bin/sh\n${lines}\n`);
    chmodSync(file, 0o700);
    return file;
  };
  const run = (argv: readonly string[], timeoutMs = 30_000) =>
    createCommandChannel({ argv, timeoutMs, clock: systemClock }).deliver(MESSAGE, never);

  it('gets the message as JSON on its standard input, and its arguments as they are', async () => {
    const out = join(dir, 'told');
    const file = script('tell', `cat > "$1"; printf '%s' "$2" >> "$1"`);
    assert.equal(await run([file, out, '$(id); "x"']), null);
    const [message = '', argument] = readFileSync(out, 'utf8').split('\n');
    assert.deepEqual(JSON.parse(message), { ...MESSAGE });
    assert.equal(argument, '$(id); "x"');
  });

  it('has nothing of the environment of the node', async () => {
    process.env.DODONA_TEST_SECRET = SECRET;
    const out = join(dir, 'environment');
    assert.equal(await run([script('env', `env > "$1"`), out]), null);
    delete process.env.DODONA_TEST_SECRET;
    assert.doesNotMatch(readFileSync(out, 'utf8'), /DODONA|HOME=|USER=/);
  });

  it('tells its exit code and the end of what it said', async () => {
    const file = script('fail', 'echo "first"; seq 1 20000; echo "no such pager" >&2; exit 3');
    const why = String(await run([file]));
    assert.match(why, /^it ended with exit code 3: /);
    assert.ok(why.length < 400, why);
  });

  it('is ended with all that it started when its time is over', async () => {
    const mark = join(dir, 'late');
    const file = script('hang', `(sleep 30; touch "$1") & sleep 30`);
    const why = await run([file, mark], 300);
    assert.equal(why, 'it ran for longer than 300 ms');
    assert.equal(existsSync(mark), false);
  });

  it('does not hang on a child that left its group and holds its output open', async () => {
    const file = script('leave', 'setsid sleep 5 & sleep 30');
    assert.equal(await run([file], 300), 'it ran for longer than 300 ms');
  });

  it('is a failure when it is not there', async () => {
    assert.match(String(await run([join(dir, 'nothing')])), /could not be started: .*ENOENT/);
  });

  it('is a failure, and not the end of the node, when no file can be opened any more', () => {
    const channel = new URL('../../src/alerts/command-channel.ts', import.meta.url);
    const lines = `
      import { openSync } from 'node:fs';
      import { createCommandChannel } from ${JSON.stringify(channel.href)};
      const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => new Promise(() => {}) };
      const given = { argv: ['/bin/true'], timeoutMs: 30_000, clock };
      try {
        for (;;) openSync('/dev/null');
      } catch {
        const { deliver } = createCommandChannel(given);
        console.log(await deliver({}, new AbortController().signal));
      }`;
    const file = join(dir, 'full.mjs');
    writeFileSync(file, lines);
    const limited = 'ulimit -n 256; exec "$0" --import tsx "$1"';
    const { status, stdout, stderr } = spawnSync('sh', ['-c', limited, process.execPath, file], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^it could not be started: .*EMFILE/);
  });

  it('may leave its input unread', async () => {
    assert.equal(await run(['/bin/true']), null);
  });
});

describe('the delivery of alerts', () => {
  it('sends one at a time by each channel, in order, and makes nobody wait', async () => {
    const gates: (() => void)[] = [];
    const seen: string[] = [];
    const slow: AlertChannel = {
      name: 'webhook',
      async deliver({ sentAt }) {
        seen.push(sentAt);
        await new Promise<void>((resolve) => gates.push(resolve));
        return null;
      },
    };
    const quick: AlertChannel = { name: 'command', deliver: async () => 'it failed' };
    const results: string[] = [];
    const delivery = createDelivery({
      channels: [slow, quick],
      log: silentLog,
      onResult: (channel, result) => void results.push(`${channel} ${result}`),
      signal: never,
    });
    for (const at of [1, 2]) delivery.send({ ...MESSAGE, sentAt: `${at}` });
    await eventually('the quick one is through', () => results.length === 2);
    assert.deepEqual(seen, ['1']);
    gates.shift()?.();
    await eventually('the second is sent', () => seen.length === 2);
    gates.shift()?.();
    await delivery.idle();
    assert.deepEqual(results, [
      ...['command failed', 'command failed', 'webhook delivered', 'webhook delivered'],
    ]);
  });

  it('drops the oldest when a channel hangs, and counts them', async () => {
    const results: string[] = [];
    const stop = new AbortController();
    const stuck: AlertChannel = {
      name: 'webhook',
      deliver: (_, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped'))),
    };
    const delivery = createDelivery({
      ...{ channels: [stuck], log: silentLog, signal: stop.signal },
      onResult: (_, result) => void results.push(result),
    });
    for (let at = 0; at < 30; at++) delivery.send(MESSAGE);
    assert.deepEqual(results, Array(9).fill('dropped'));
    stop.abort();
    await delivery.idle();
    assert.equal(results.at(-1), 'failed');
  });
});
