import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { after, afterEach, before, describe, it } from 'mocha';
import { systemClock } from '../../src/base/clock.js';
import { type Outcome, ResponseCode } from '../../src/base/outcome.js';
import { type Bundle, blobHash, LEFT_OUT, readBundle } from '../../src/evidence/bundle.js';
import { openWorkshop } from '../../src/node/open-workshop.js';
import { type ReRun, reRun } from '../../src/operations/re-run.js';
import type { FunctionRunner } from '../../src/resolvers/function.js';
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
    more: Partial<WatchingOptions & { readonly sandbox: FunctionRunner }> = {},
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
    const cases: [WatchedFunction, RegExp, ...string[]][] = [
      [{ code: "throw new TypeError('no ' + args.what)", args: '{"what":"way"}' }, /no way/],
      [{ code: 'return ctx.secrets.get("KEY")' }, /no vault/, 'the secret KEY was refused'],
      [
        {
          code: "return (await ctx.fetch('https://b.example/')).status",
          allowedHosts: ['a.example'],
        },
        /the host b\.example is not among/,
        'the function was let to fetch from a.example alone',
      ],
    ];
    for (const [asked, told, ...asRecorded] of cases) {
      const { outcome, again } = await twice(asked);
      assert.match(resultOf(outcome), told);
      assert.deepEqual(again, { ...SAME, asRecorded });
    }
    const code = `try { await ctx.fetch('${gone}'); } catch { return 'nobody'; }`;
    const { again, outcome } = await twice({ code });
    assert.equal(resultOf(outcome), 'nobody');
    assert.deepEqual(again, { kind: 'same', asRecorded: ['fetch 1 failed (connect)'] });
  });

  it('is no proof where the function computed with the value of a secret', async () => {
    const reveal: WatchingOptions['reveal'] = async () => {
      return { kind: 'granted', value: Buffer.from(VALUE), hosts: [], optOut: false };
    };
    const code = "return (await ctx.secrets.get('KEY')).length";
    const { outcome, again, loaded } = await twice({ code }, { reveal });
    assert.equal(resultOf(outcome), String(VALUE.length));
    assert.equal(again.kind, 'unproven');
    assert.match(String(again.kind === 'unproven' && again.why), /was given a secret/);
    // The secret may not have been asked for at all.
    const bundle = { ...loaded.bundle, secrets: [] };
    assert.equal((await reRun({ ...loaded, bundle }, workshop, never)).kind, 'differs');
  });

  it('says what of it is the word of the node: no code, no vault, a limit of its own', async () => {
    const { loaded } = await twice({ code: 'return args * 2', args: '21' });
    const empty = { sha256: blobHash(Buffer.alloc(0)), size: 0 };
    const ended = (from: 'answer' | 'trouble', code: number): Bundle => {
      const outcome = { ...loaded.bundle.outcome, from, code, result: empty };
      return { ...loaded.bundle, outcome };
    };
    const lies: [Bundle, RegExp][] = [
      [{ ...ended('answer', ResponseCode.NotFound), code: null }, /the code could not be had/],
      [
        { ...ended('answer', ResponseCode.ResponseTooLarge), limits: { maxResultBytes: 1 } },
        /let results have 1 bytes/,
      ],
    ];
    for (const [bundle, told] of lies) {
      const again = await reRun({ ...loaded, bundle }, workshop, never);
      assert.match(String(again.kind === 'same' && again.asRecorded), told);
    }
    const busy = await reRun({ ...loaded, bundle: ended('trouble', 255) }, workshop, never);
    assert.match(String(busy.kind === 'unproven' && busy.why), /trouble of its own/);
  });

  it('says so when the sandbox broke down after something was sent, and nothing differs', async () => {
    const url = await serve((_, response) => response.end('taken'));
    const broken: FunctionRunner = {
      run: async (...call) => {
        const end = { kind: 'crashed', reason: 'the thread of the function died' } as const;
        return { ...(await sandbox.run(...call)), end };
      },
    };
    const code = "await ctx.fetch(args.url, { method: 'POST', body: 'x' }); return 1";
    const asked = { code, args: JSON.stringify({ url }) };
    const { outcome, bundle, again } = await twice(asked, { sandbox: broken });
    assert.equal(outcome.kind === 'answer' && outcome.code, ResponseCode.Error);
    assert.equal(bundle.outcome.from, 'trouble');
    assert.equal(again.kind, 'unproven');
    assert.match(String(again.kind === 'unproven' && again.why), /trouble of its own/);
  });

  it('holds the lines that it logged, and no secret in them, alone or together', async () => {
    const reveal = async () => {
      const value = Buffer.from(VALUE);
      return { kind: 'granted', value, hosts: [], optOut: false } as const;
    };
    const plain = await twice({ code: "ctx.log('price', 480); ctx.log({ a: [1] }); return 1" });
    assert.deepEqual(plain.bundle.logs, ['price 480', '{"a":[1]}']);
    assert.deepEqual(plain.again, SAME);
    const key = "const key = await ctx.secrets.get('KEY');";
    const shown = `${key} ctx.log('the key is', key); ctx.log(ctx.hex.encode(key)); ctx.log('x');`;
    const one = await twice({ code: `${shown} return 1` }, { reveal });
    assert.equal(one.loaded.text.includes(VALUE), false);
    assert.equal(one.loaded.text.includes(Buffer.from(VALUE).toString('hex')), false);
    assert.match(one.bundle.logs[0] ?? '', /^the key is ~secret\.KEY\./);
    assert.equal(one.bundle.logs[2], 'x');
    const split = `${key} for (const letter of key) ctx.log(letter);`;
    const many = await twice({ code: `${split} return 1` }, { reveal });
    assert.deepEqual([...new Set(many.bundle.logs)], [LEFT_OUT]);
  });

  it('reads a bundle of a time when no lines were kept', async () => {
    const { loaded } = await twice({ code: 'return 1' });
    const { logs: _, ...before } = JSON.parse(loaded.text);
    const read = readBundle(before);
    assert.deepEqual(typeof read === 'string' ? read : read.logs, []);
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
