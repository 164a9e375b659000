import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import type { FunctionCall } from '../../src/sandbox/execution.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { callOf, hostOf, responseOf, returned } from './function-calls.js';

describe('a function in the sandbox', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = createSandbox({ workers: 1 });
    await sandbox.ready();
  });
  after(() => sandbox.close());

  const run = async (body: string, given: Partial<FunctionCall> = {}, host = hostOf()) =>
    sandbox.run(callOf(`export default async (args, ctx) => { ${body} }`, given), host);
  const result = async (body: string, given: Partial<FunctionCall> = {}, host = hostOf()) =>
    returned(await run(body, given, host));

  it('gets its arguments, and what it may know of the request', async () => {
    const known = await result(
      'return [args, ctx.requestId, ctx.requester, ctx.block, Object.keys(ctx).sort()];',
      { args: '{"a":[1,"é",null]}', requestId: '9007199254740993' },
    );
    assert.deepEqual(known, [
      { a: [1, 'é', null] },
      '9007199254740993',
      '0x1111111111111111111111111111111111111111',
      { index: 123, timeMs: Date.UTC(2026, 0, 2, 3, 4, 5) },
      [
        'base64',
        'block',
        'crypto',
        'decimal',
        'fetch',
        'hex',
        'log',
        'price',
        'requestId',
        'requester',
        'secrets',
      ],
    ]);
  });

  it('returns bytes as they are, text in UTF-8, and anything else as compact JSON', async () => {
    const ends = await Promise.all(
      ['new Uint8Array([0, 255])', '"é"', '({ b: 1, a: [null, "x"] })', 'null', '7'].map(
        async (value) => (await run(`return ${value};`)).end,
      ),
    );
    assert.deepEqual(
      ends.map(
        (end) => end.kind === 'returned' && [end.how, Buffer.from(end.bytes).toString('hex')],
      ),
      [
        ['bytes', '00ff'],
        ['text', 'c3a9'],
        ['json', Buffer.from('{"b":1,"a":[null,"x"]}').toString('hex')],
        ['json', Buffer.from('null').toString('hex')],
        ['json', Buffer.from('7').toString('hex')],
      ],
    );
  });

  it('may be no async function at all', async () => {
    const execution = await sandbox.run(
      callOf('export default (a) => a.x', { args: '{"x":2}' }),
      hostOf(),
    );
    assert.equal(returned(execution), 2);
  });

  it('fetches with method, headers and body, and reads all of the answer', async () => {
    const host = hostOf(({ url }) =>
      url.endsWith('json')
        ? responseOf('{"a":1}', { status: 201, headers: { 'x-a': 'b' } })
        : responseOf(Buffer.from([0xef, 0xbb, 0xbf, 65, 0, 66])),
    );
    const read = await result(
      `const json = await ctx.fetch(new URL('/json', 'https://a.example'), { method: 'POST',
         headers: { 'X-B': 'c' }, body: new Uint8Array([1, 2]) });
       const text = await ctx.fetch('https://a.example/text', { headers: [['A', 'b']], body: 'é' });
       const bytes = await ctx.fetch('https://a.example/bytes');
       return [json.status, json.ok, json.url, json.headers.get('X-A'), [...json.headers],
         await json.json(),
         await text.text(), ctx.hex.encode(await bytes.arrayBuffer())];`,
      {},
      host,
    );
    assert.deepEqual(read, [
      201,
      true,
      'https://source.example/',
      'b',
      [['x-a', 'b']],
      { a: 1 },
      'A\0B',
      'efbbbf410042',
    ]);
    assert.deepEqual(
      host.fetched.map(({ url, method, headers, body }) => [
        url,
        method,
        headers,
        body && [...body],
      ]),
      [
        ['https://a.example/json', 'POST', [['X-B', 'c']], [1, 2]],
        ['https://a.example/text', 'GET', [['A', 'b']], [0xc3, 0xa9]],
        ['https://a.example/bytes', 'GET', [], null],
      ],
    );
  });

  it('is told of a fetch that failed, and may go on', async () => {
    const host = hostOf(() => ({ kind: 'failed', reason: 'no connection to a.example' }));
    const told = await run(
      `try { await ctx.fetch('https://a.example/'); } catch (error) { return [error.name,
        error.message]; }`,
      {},
      host,
    );
    assert.deepEqual(returned(told), ['TypeError', 'no connection to a.example']);
    assert.equal(told.fetches[0]?.outcome, 'failed');
  });

  it('asks for several things at once', async () => {
    const host = hostOf(async () => responseOf('1'), { key: 'value' });
    const read = await result(
      `const answers = await Promise.all([1, 2,
        3].map((at) => ctx.fetch('https://a.example/' + at)));
       return [await Promise.all(answers.map((answer) => answer.json())),
         await ctx.secrets.get('key')];`,
      {},
      host,
    );
    assert.deepEqual(read, [[1, 1, 1], 'value']);
  });

  it('logs texts as they are and anything else as JSON, by console too', async () => {
    const { logs } = await run(
      `ctx.log('a', 1, { b: [2] }); console.warn(new RangeError('x')); ctx.log(undefined,
        Symbol('s'), 3n); return 1;`,
    );
    assert.deepEqual(logs, ['a 1 {"b":[2]}', 'RangeError: x', 'undefined Symbol(s) 3']);
  });

  it('shows an error with the lines of its own source', async () => {
    const source = ['', 'function inner() {', '  throw new RangeError("no");', '}'].concat([
      'export default async () => {',
      '  await null;',
      '  inner();',
      '};',
    ]);
    const { end } = await sandbox.run(callOf(source.join('\n')), hostOf());
    assert.deepEqual(end, {
      kind: 'thrown',
      message: 'RangeError: no',
      stack: ['at inner (function.js:3:23)', 'at default (function.js:7:8)'],
    });
  });

  it('shows where a syntax error is', async () => {
    const { end } = await sandbox.run(
      callOf('export default () => {\n  let let = 1;\n};'),
      hostOf(),
    );
    assert.equal(end.kind === 'thrown' && end.stack[0], 'at function.js:2:7');
  });

  it('hashes, and writes bytes as base64 and hex, as Node does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.string({ unit: 'binary' }),
        async (data, text) => {
          const bytes = Buffer.from(data);
          assert.deepEqual(
            await result(
              `const bytes = ctx.base64.decode(args.data);
             return [ctx.hex.encode(ctx.crypto.sha256(bytes)),
               ctx.hex.encode(ctx.crypto.hmacSha256(args.text, bytes)),
               ctx.base64.encode(bytes), ctx.hex.encode(ctx.hex.decode(args.hex)),
                 btoa(atob(args.data)),
               new TextDecoder().decode(new TextEncoder().encode(args.text))
                 === args.text.toWellFormed()];`,
              {
                args: JSON.stringify({
                  data: bytes.toString('base64'),
                  hex: bytes.toString('hex'),
                  text,
                }),
              },
            ),
            [
              createHash('sha256').update(bytes).digest('hex'),
              createHmac('sha256', text).update(bytes).digest('hex'),
              bytes.toString('base64'),
              bytes.toString('hex'),
              bytes.toString('base64'),
              !text.startsWith('\ufeff'),
            ],
          );
        },
      ),
      { numRuns: 30, examples: [[new Uint8Array(), '\0\ud800']] },
    );
  });

  it('refuses what is neither base64 nor hex nor UTF-8', async () => {
    const refused =
      await result(`return ['a', 'ab!=', 'abcde'].map((text) => () => ctx.base64.decode(text))
      .concat(() => ctx.hex.decode('abc'), () => ctx.hex.decode('zz'), () => btoa('\u20ac'),
        () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])),
          () => new TextDecoder('latin1'))
      .map((attempt) => { try { return attempt(); } catch (error) { return error.name; } });`);
    assert.deepEqual(refused, [...Array(7).fill('TypeError'), 'RangeError']);
  });

  it('takes URLs apart and puts them together as the web does', async () => {
    const urls = await result(`const url = new URL('../b?x=1&y=%20#h',
        'HTTPS://User@Bücher.example:8443/a/c/');
      url.searchParams.append('z', 'é');
      url.port = '443'; url.pathname = '/new path'; url.hash = '';
      const query = new URLSearchParams({ a: '1', b: ' &' });
      query.set('a', '2'); query.delete('c'); query.sort();
      return [url.href, url.origin, url.hostname, url.searchParams.get('z'), String(query),
        query.has('b'),
        URL.canParse('no'), JSON.stringify({ url }),
          [...new URLSearchParams('?q=1&q=2').entries()], query.size,
        (() => { try { new URL('no'); } catch (error) { return error.name; } })()];`);
    assert.deepEqual(urls, [
      'https://User@xn--bcher-kva.example/new%20path?x=1&y=+&z=%C3%A9',
      'https://xn--bcher-kva.example',
      'xn--bcher-kva.example',
      'é',
      'a=2&b=+%26',
      true,
      false,
      '{"url":"https://User@xn--bcher-kva.example/new%20path?x=1&y=+&z=%C3%A9"}',
      [
        ['q', '1'],
        ['q', '2'],
      ],
      2,
      'TypeError',
    ]);
  });
});
