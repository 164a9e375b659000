import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener } from 'node:http';
import { NodeError } from '../../src/base/node-error.js';
import { ResponseCode as C, type Outcome } from '../../src/base/outcome.js';
import {
  createFunctionResolver,
  type FunctionRunner,
  type FunctionWork,
} from '../../src/resolvers/function.js';
import {
  createCodeFinder,
  type FindCode,
  type RegisteredCode,
  sha256Hex,
} from '../../src/resolvers/function-code.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import type { Reveal } from '../../src/vault/reveal.js';
import { createVault } from '../../src/vault/vault.js';
import { createBench } from '../net/sources.js';
import { ALICE, CONTRACT, vaultFixture } from '../vault/vault-fixture.js';

const NEVER = new AbortController().signal;
const VALUE = 'sk-"live"-0123456789';

/** Real sandbox, real vault, real servers. */
describe('functions', () => {
  const bench = createBench();
  let sandbox: Sandbox;
  let vault: ReturnType<typeof vaultFixture>;
  before(async () => {
    sandbox = createSandbox({ workers: 2 });
    await sandbox.ready();
  });
  beforeEach(() => {
    vault = vaultFixture();
  });
  afterEach(async () => {
    vault.remove();
    await bench.close();
  });
  after(() => sandbox.close());

  interface Run {
    readonly args?: string;
    readonly allowedHosts?: readonly string[];
    readonly maxResultBytes?: number;
    readonly findCode?: FindCode;
    readonly sandbox?: FunctionRunner;
    readonly reveal?: Reveal;
  }
  const run = (source: string, options: Run = {}): Promise<Outcome> => {
    const { args = 'null', allowedHosts = null, maxResultBytes = 1_000 } = options;
    const bytes = Buffer.from(source);
    const here: FindCode = async () => ({ kind: 'found', source: bytes, from: 'the test' });
    const resolver = createFunctionResolver({
      findCode: options.findCode ?? here,
      sandbox: options.sandbox ?? sandbox,
      fetch: bench.fetcher(),
      reveal: options.reveal ?? vault.vault.reveal,
      hostsOf: () => allowedHosts,
      maxResultBytes,
    });
    const work: FunctionWork = {
      requestId: 7n,
      requester: CONTRACT,
      functionId: 1n,
      codeHash: sha256Hex(bytes),
      args,
      block: { index: 12, timeMs: 1_767_225_600_000 },
      seed: 'seed',
    };
    return resolver(work, NEVER);
  };
  const body = (code: string): string => `export default async (args, ctx) => { ${code} }`;
  const answered = (outcome: Outcome, code: number): string => {
    if (outcome.kind !== 'answer') assert.fail(`${outcome.kind}: ${outcome.reason}`);
    assert.equal(outcome.code, code, outcome.reason);
    return outcome.code === C.Success ? outcome.result.toString() : outcome.reason;
  };
  const serve = async (answer: RequestListener) => {
    const asked: { headers: IncomingMessage['headers']; url: string }[] = [];
    const { port } = await bench.http((request, response) => {
      asked.push({ headers: request.headers, url: request.url ?? '' });
      answer(request, response);
    });
    return { origin: `http://127.0.0.1:${port}`, other: `http://localhost:${port}`, asked };
  };

  it('compute from their arguments and from what they know of the request', async () => {
    const code = body('return [args.a + 1, ctx.requestId, ctx.block.index, new Date().getTime()]');
    assert.equal(
      answered(await run(code, { args: '{"a":1}' }), C.Success),
      '[2,"7",12,1767225600000]',
    );
    assert.equal(answered(await run(body('return "é"')), C.Success), 'é');
    const bytes = await run(body('return new Uint8Array([1, 255])'));
    assert.ok(bytes.kind === 'answer' && bytes.result.equals(Buffer.from([1, 255])));
  });

  it('fetch, and are told what came back', async () => {
    const { origin, asked } = await serve((request, response) => {
      response.setHeader('x-was', request.method ?? '');
      response.statusCode = 201;
      response.end('{"price":4.8}');
    });
    const code = body(`const got = await ctx.fetch(${JSON.stringify(`${origin}/p?q=1`)}, {
      method: 'POST', headers: { 'X-A': 'b' }, body: 'hi' });
      const { price } = await got.json();
      return { status: got.status, was: got.headers.get('x-was'), price };`);
    const result = answered(await run(code), C.Success);
    assert.deepEqual(JSON.parse(result), { status: 201, was: 'POST', price: 4.8 });
    assert.deepEqual([asked[0]?.url, asked[0]?.headers['x-a']], ['/p?q=1', 'b']);
  });

  it('that throw are an Error, with the message and the line of the source', async () => {
    const reason = answered(await run(body('\n\nthrow new Error("no luck")')), C.Error);
    assert.match(reason, /no luck/);
    assert.match(reason, /:3/);
    answered(await run('not javascript at all'), C.Error);
    answered(await run(body('return () => 1')), C.Error);
  });

  it('end with a code of their own at each limit', async () => {
    answered(await run(body('for (;;) {}')), C.Timeout);
    answered(await run(body('const a = []; for (;;) a.push(new Array(1000).fill(1))')), C.Error);
    answered(await run(body('const f = () => f() + 1; return f()')), C.Error);
    const large = run(body('return "x".repeat(11)'), { maxResultBytes: 10 });
    assert.match(answered(await large, C.ResponseTooLarge), /11 bytes, at most 10/);
  }).timeout(20_000);

  it('reach only the hosts that the operator lets them, redirects included', async () => {
    const inside = await serve((_, response) => response.end('inside'));
    const away = await serve((_, response) => {
      response.writeHead(302, { location: `${inside.other}/x` });
      response.end();
    });
    const fetching = (url: string) => body(`return (await ctx.fetch("${url}")).text()`);
    const only = { allowedHosts: ['127.0.0.1'] };
    answered(await run(fetching(inside.origin), only), C.Success);
    answered(await run(fetching(inside.other), only), C.Forbidden);
    answered(await run(fetching(away.origin), only), C.Forbidden);
    assert.equal(inside.asked.length, 1);
  });

  it('get the secrets that were granted to requester and code, and no others', async () => {
    const { origin, other, asked } = await serve((_, response) => response.end('ok'));
    const code = body(`const key = await ctx.secrets.get('KEY');
      return (await ctx.fetch(args, { headers: { 'x-key': key } })).text();`);
    const codeHash = sha256Hex(Buffer.from(code));
    await vault.set(ALICE, 'KEY', VALUE);
    const ask = (url: string) => run(code, { args: JSON.stringify(url) });
    assert.match(answered(await ask(origin), C.Forbidden), /KEY is not granted/);
    vault.grant(ALICE, 'KEY', CONTRACT, { kind: 'function', codeHash }, [origin]);
    assert.equal(answered(await ask(origin), C.Success), 'ok');
    assert.equal(asked[0]?.headers['x-key'], VALUE);
    assert.match(answered(await ask(other), C.Forbidden), /may not be sent to/);
    const another = `${code} `;
    answered(await run(another, { args: JSON.stringify(origin) }), C.Forbidden);
    assert.equal(asked.length, 1);
  });

  it('that return a secret, in any of its forms, or throw it, show it to nobody', async () => {
    await vault.set(ALICE, 'KEY', VALUE);
    const forms = [
      'return key',
      'return { a: "x" + key }',
      'return new TextEncoder().encode("a" + key)',
      'return btoa("xy" + key)',
      `const hex = (byte) => byte.toString(16).padStart(2, '0');
       return [...new TextEncoder().encode(key)].map(hex).join('')`,
    ];
    for (const form of forms) {
      const code = body(`const key = await ctx.secrets.get('KEY'); ${form}`);
      const use = { kind: 'function', codeHash: sha256Hex(Buffer.from(code)) } as const;
      vault.grant(ALICE, 'KEY', CONTRACT, use);
      const outcome = await run(code);
      assert.match(answered(outcome, C.Forbidden), /the result holds the secret KEY/, form);
    }
    const thrower = body(`throw new Error(await ctx.secrets.get('KEY'))`);
    const use = { kind: 'function', codeHash: sha256Hex(Buffer.from(thrower)) } as const;
    vault.grant(ALICE, 'KEY', CONTRACT, use);
    const outcome = await run(thrower);
    answered(outcome, C.Error);
    assert.equal(JSON.stringify(outcome).includes('0123456789'), false);
  });

  /** What a function asks for, granted to it. */
  const granted = async (code: string, value: string | Buffer = VALUE): Promise<string> => {
    const source = body(code);
    await vault.vault.desk.set({
      owner: ALICE,
      name: 'KEY',
      value: Buffer.from(value),
      mayBeResult: false,
      actor: 'operator:test',
    });
    const use = { kind: 'function', codeHash: sha256Hex(Buffer.from(source)) } as const;
    vault.grant(ALICE, 'KEY', CONTRACT, use);
    return source;
  };

  it('that ask for a secret by the value of another leave it in no log', async () => {
    const code = `const key = await ctx.secrets.get('KEY');
      return ctx.secrets.get(args + key);`;
    for (const before of ['', 'x '.repeat(4)]) {
      const args = JSON.stringify(before);
      const outcome = await run(await granted(code, 'sk_live_0123456789'), { args });
      answered(outcome, C.Forbidden);
      const told = vault.entries().map(({ object, note }) => `${object} ${note}`);
      assert.match(String(told.at(-1)), /no grant/);
      assert.equal(told.concat(outcome.reason).join().includes('0123456789'), false);
    }
  });

  it('get no part of a secret that is not text, since it could not be found in a result', async () => {
    const source = await granted(
      `return ctx.secrets.get('KEY')`,
      Buffer.from('ab12cd34\xff', 'latin1'),
    );
    assert.match(answered(await run(source), C.Error), /KEY is not text/);
  });

  it('wait for a vault that cannot be used, and tell no more of it than its code', async () => {
    const source = await granted(`return (await ctx.secrets.get('KEY')).length`);
    vault.changePassword('another');
    const keys = vault.keysWith(() => 'another');
    const closed = createVault({ ...vault.parts, keys });
    const outcome = await run(source, { reveal: closed.reveal });
    assert.equal(outcome.kind, 'retry', outcome.reason);
    assert.match(outcome.reason, /^the vault cannot be used \([A-Z_]+\)$/);
  });

  it('whose thread died are run again, unless they may have had an effect', async () => {
    const { origin, asked } = await serve((_, response) => response.end('done'));
    const dying: FunctionRunner = {
      async run(call, host, signal) {
        const execution = await sandbox.run(call, host, signal);
        return { ...execution, end: { kind: 'crashed', reason: 'the thread died' } };
      },
    };
    const asking = (method: string) =>
      body(`await ctx.fetch("${origin}", { method: "${method}" })`);
    assert.equal((await run(asking('GET'), { sandbox: dying })).kind, 'retry');
    assert.match(answered(await run(asking('POST'), { sandbox: dying }), C.Error), /thread died/);
    assert.equal(asked.length, 2);
  });

  it('that could not reach a source are run again, unless they may have had an effect', async () => {
    const gone = await serve((request) => request.socket.destroy());
    const asking = (method: string) =>
      body(`return (await ctx.fetch("${gone.origin}", { method: "${method}" })).text()`);
    const outcome = await run(asking('GET'));
    assert.equal(outcome.kind, 'retry');
    answered(await run(asking('POST')), C.Error);
    const handled = body(`try { await ctx.fetch("${gone.origin}") } catch { return "without" }`);
    assert.equal(answered(await run(handled), C.Success), 'without');
  });

  describe('of which the code is to be found', () => {
    const source = Buffer.from(body('return 1'));
    const hash = sha256Hex(source);
    const finder = (onChain: RegisteredCode | Error | null, inStore: Buffer | null = null) =>
      createCodeFinder({
        inStore: async () => inStore,
        onChain: async () => {
          if (onChain instanceof Error) throw onChain;
          return onChain;
        },
        fetch: bench.fetcher(),
        maxSourceBytes: 1_000,
        maxKept: 2,
      });
    const none = Buffer.alloc(0);

    it('have it from the chain, from a uri or from the store, by its sha256 alone', async () => {
      const { origin } = await serve((request, response) => {
        response.end(request.url === '/good' ? source : 'other code');
      });
      const places: [RegisteredCode | Error | null, Buffer | null, string][] = [
        [{ source, uris: [] }, null, 'the chain'],
        [{ source: none, uris: [`${origin}/bad`, `${origin}/good`] }, null, '127.0.0.1'],
        [new Error('no endpoint'), source, "the node's store"],
        [{ source, uris: [] }, Buffer.from('forged'), 'the chain'],
      ];
      for (const [onChain, inStore, from] of places) {
        const found = await finder(onChain, inStore)(hash, NEVER);
        assert.equal(found.kind, 'found', JSON.stringify(found));
        if (found.kind === 'found') assert.ok(found.source.equals(source));
        if (found.kind === 'found') assert.match(found.from, new RegExp(from));
      }
    });

    it('do not wait for the slow uris that somebody else gave their code', async () => {
      const { origin } = await serve((request, response) => {
        if (request.url === '/good') response.end(source);
      });
      const slow = ['/1', '/2', '/3'].map((path) => origin + path);
      const onChain = { source: none, uris: [...slow, `${origin}/good`] };
      const found = await finder(onChain)(hash, NEVER);
      assert.equal(found.kind, 'found');
    }).timeout(5_000);

    it('are NotFound where it is nowhere, too large or other code', async () => {
      const { origin } = await serve((request, response) => {
        if (request.url === '/none') response.statusCode = 404;
        response.end(request.url === '/large' ? 'x'.repeat(1_001) : 'other code');
      });
      const cases: [RegisteredCode | null, RegExp][] = [
        [null, /neither on the chain nor has it a uri/],
        [{ source: none, uris: [`${origin}/other`] }, /other code, of sha256/],
        [{ source: none, uris: [`${origin}/large`] }, /1001 bytes, at most 1000/],
        [{ source: none, uris: [`${origin}/none`] }, /status 404/],
      ];
      for (const [onChain, why] of cases) {
        const findCode = finder(onChain);
        assert.match(answered(await run(source.toString(), { findCode }), C.NotFound), why);
      }
    });

    it('wait where somebody who has it could not be asked', async () => {
      const trouble = new NodeError('RPC_NO_ENDPOINT', 'no endpoint answers', { retryable: true });
      const outcome = await run(source.toString(), { findCode: finder(trouble) });
      assert.equal(outcome.kind, 'retry');
      assert.ok(outcome.kind === 'retry' && outcome.otherwise.code === C.NotFound);
    });
  });
});
