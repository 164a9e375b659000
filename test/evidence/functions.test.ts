import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { after, afterEach, before, describe, it } from 'mocha';
import { systemClock } from '../../src/base/clock.js';
import { type Outcome, ResponseCode } from '../../src/base/outcome.js';
import { openWorkshop } from '../../src/node/open-workshop.js';
import { type ReRun, reRun } from '../../src/operations/re-run.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { createBench } from '../net/sources.js';
import {
  type Watched,
  type WatchedFunction,
  type WatchingOptions,
  watchFunction,
} from './watched-work.js';

const never = new AbortController().signal;
const VALUE = 'sk-live-0123456789';

describe('the evidence of functions', () => {
  const bench = createBench();
  const workshop = openWorkshop(systemClock);
  let sandbox: Sandbox;
  before(async () => {
    sandbox = createSandbox({ workers: 1 });
    await sandbox.ready();
  });
  afterEach(() => bench.close());
  after(() => Promise.all([sandbox.close(), workshop.close()]));

  const serve = async (handler: RequestListener): Promise<string> => {
    const { port } = await bench.http(handler);
    return `http://127.0.0.1:${port}`;
  };

  /** Runs a function on real sockets, closes them all, and runs it again. */
  async function twice(
    asked: WatchedFunction,
    more: Partial<WatchingOptions> = {},
  ): Promise<Watched & { again: ReRun }> {
    const done = await watchFunction(asked, { fetch: bench.fetcher(), sandbox, ...more });
    await bench.close();
    return { ...done, again: await reRun(done.loaded, workshop, never) };
  }

  const resultOf = (outcome: Outcome): string => {
    if (outcome.kind !== 'answer') assert.fail(outcome.reason);
    return outcome.code === ResponseCode.Success ? String(outcome.result) : outcome.reason;
  };
  const SAME: ReRun = { kind: 'same', asRecorded: [] };

  it('runs the same code on the same answers, in the order in which they came', async () => {
    const url = await serve(async (request, response) => {
      await delay(request.url === '/slow' ? 60 : 0);
      response.setHeader('x-from', request.url ?? '');
      response.end(JSON.stringify({ path: request.url }));
    });
    const code = `const came = [];
      const get = async (path) => {
        const answer = await ctx.fetch(args.url + path);
        came.push([answer.headers.get('x-from'), (await answer.json()).path]);
      };
      await Promise.all([get('/slow'), get('/fast')]);
      return { came, dice: Math.random(), at: Date.now(), id: ctx.requestId };`;
    const { outcome, again, bundle, loaded } = await twice({ code, args: JSON.stringify({ url }) });
    assert.match(
      resultOf(outcome),
      /^{"came":\[\["\/fast","\/fast"\],\["\/slow","\/slow"\]\],"dice/,
    );
    assert.deepEqual(again, SAME);
    assert.equal(bundle.code?.functionId, '3');
    assert.match(String(loaded.blobs.get(bundle.code?.sha256 ?? '')), /Promise\.all/);
  });

  it('gives the function a commitment where the secret was, which it sends likewise', async () => {
    const url = await serve((request, response) => {
      response.end(JSON.stringify({ you: request.headers.authorization, ok: 1 }));
    });
    const code = `const key = await ctx.secrets.get('KEY');
      const answer = await ctx.fetch(args.url, { headers: { authorization: 'Bearer ' + key } });
      return (await answer.json()).ok;`;
    const reveal: WatchingOptions['reveal'] = async () => {
      return { kind: 'granted', value: Buffer.from(VALUE), hosts: [url], optOut: false };
    };
    const { outcome, again, loaded } = await twice(
      { code, args: JSON.stringify({ url }) },
      { reveal },
    );
    assert.equal(resultOf(outcome), '1');
    assert.deepEqual(again, SAME);
    for (const kept of [loaded.text, ...loaded.blobs.values()]) {
      assert.equal(String(kept).includes(VALUE), false);
    }
  });

  it('ends the same where it threw, was not let out, or found nobody', async () => {
    const gone = await serve(() => {}).then(async (url) => {
      await bench.close();
      return url;
    });
    const cases: [WatchedFunction, RegExp][] = [
      [{ code: "throw new TypeError('no ' + args.what)", args: '{"what":"way"}' }, /no way/],
      [{ code: 'return ctx.secrets.get("KEY")' }, /no vault/],
      [
        {
          code: "return (await ctx.fetch('https://b.example/')).status",
          allowedHosts: ['a.example'],
        },
        /the host b\.example is not among/,
      ],
    ];
    for (const [asked, told] of cases) {
      const { outcome, again } = await twice(asked);
      assert.match(resultOf(outcome), told);
      assert.deepEqual(again, SAME);
    }
    const code = `try { await ctx.fetch('${gone}'); } catch { return 'nobody'; }`;
    const { again, outcome } = await twice({ code });
    assert.equal(resultOf(outcome), 'nobody');
    assert.deepEqual(again, { kind: 'same', asRecorded: ['fetch 1 failed (connect)'] });
  });

  it('differs where the code is another one, or its answer', async () => {
    const { loaded } = await twice({ code: 'return args * 2', args: '21' });
    const bundle = structuredClone(loaded.bundle);
    bundle.request.filter = '22';
    const again = await reRun({ ...loaded, bundle }, workshop, never);
    assert.equal(again.kind, 'differs');
    const without = await reRun({ ...loaded, blobs: new Map() }, workshop, never);
    assert.equal(without.kind, 'differs');
  });
});
