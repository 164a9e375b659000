import assert from 'node:assert/strict';
import { type Attack, QUICK_MS } from '../attack.js';

export default {
  against: 'getters and proxies on what the host is given and gives',
  attempts: [
    {
      it: 'reads what fetch is given once, as plain text, and takes no function for it',
      source: `export default async (args, ctx) => {
        let reads = 0;
        const shifty = new Proxy({}, { get: (_, key) => {
          if (key === 'method') { reads += 1; return reads === 1 ? 'GET' : 'DELETE'; }
          if (key === 'headers') return { get a() { return { toString: () => 'b' }; } };
        } });
        await ctx.fetch({ toString: () => 'https://a.example/' }, shifty);
        return reads;
      }`,
      ends: 'returned',
      returns: 1,
      holds: ({ fetches }) =>
        assert.deepEqual(fetches, [
          { method: 'GET', url: 'https://a.example/', outcome: 200, bytes: 16 },
        ]),
      withinMs: QUICK_MS,
    },
    {
      it: 'hands the error of a getter to the function, and goes on',
      source: `export default async (args, ctx) => {
        const bad = () => { throw new RangeError('mine'); };
        const results = [];
        for (const attempt of [
          () => ctx.fetch({ toString: bad }),
          () => ctx.fetch('https://a.example/', { get body() { bad(); } }),
          () => ctx.fetch('https://a.example/', { headers: new Proxy({}, { ownKeys: bad }) }),
          () => ctx.secrets.get({ [Symbol.toPrimitive]: bad }),
          async () => ctx.log({ toJSON: bad, toString: bad }),
          async () => ctx.crypto.sha256(new Proxy(new Uint8Array(3), {})),
          async () => ctx.base64.encode({ buffer: new ArrayBuffer(8), byteOffset: 0,
            byteLength: 8 }),
          async () => new TextDecoder().decode({ length: 2 ** 53 }),
        ]) {
          try { await attempt(); results.push('no'); } catch (error) { results.push(error.name); }
        }
        return results;
      }`,
      ends: 'returned',
      returns: [
        'RangeError',
        'RangeError',
        'RangeError',
        'RangeError',
        'RangeError',
        'TypeError',
        'TypeError',
        'TypeError',
      ],
      withinMs: QUICK_MS,
    },
    {
      it: 'reads the bytes of a view as they are, whatever was put over its properties',
      source: `export default (args, ctx) => {
        const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
        for (const [name, value] of Object.entries({ byteLength: 1e9, byteOffset: -5, length: 1e9,
          buffer: null }))
          Object.defineProperty(bytes, name, { get: () => value });
        class Sub extends Uint8Array { get byteLength() { return 1e9;
          } get [Symbol.toStringTag]() { return 'x'; } }
        return [ctx.hex.encode(bytes), ctx.hex.encode(new Sub([9])),
          new TextDecoder().decode(new Sub([65]))];
      }`,
      ends: 'returned',
      returns: ['0203', '09', 'A'],
      withinMs: QUICK_MS,
    },
    {
      it: 'returns the bytes of a Uint8Array as they are, with liars on it',
      source: `export default () => {
        const bytes = new Uint8Array([65, 66]);
        Object.defineProperty(bytes, 'byteLength', { get: () => 1e9 });
        Object.defineProperty(bytes, Symbol.iterator, { value: () => { throw 1; } });
        Object.defineProperty(bytes, 'toJSON', { value: () => 'no' });
        return bytes;
      }`,
      ends: 'returned',
      holds: ({ end }) =>
        assert.deepEqual(end, { kind: 'returned', bytes: new Uint8Array([65, 66]), how: 'bytes' }),
      withinMs: QUICK_MS,
    },
    {
      it: 'takes detached and resized buffers for what they are',
      source: `export default (args, ctx) => {
        const detached = new ArrayBuffer(8);
        const view = new Uint8Array(detached);
        detached.transfer();
        const shrunk = new ArrayBuffer(8, { maxByteLength: 16 });
        const tail = new Uint8Array(shrunk, 4, 4);
        shrunk.resize(2);
        return [view, tail, shrunk].map((data) => {
          try { return ctx.hex.encode(data); } catch (error) { return error.name; }
        });
      }`,
      ends: 'returned',
      returns: ['', '', '0000'],
      withinMs: QUICK_MS,
    },
    {
      it: 'gives frozen things, and a private part that no receiver can forge',
      source: `export default async (args, ctx) => {
        const answer = await ctx.fetch('https://a.example/');
        const forged = Object.create(answer);
        const results = [];
        for (const attempt of [
          () => { ctx.fetch = 1; }, () => { ctx.block.timeMs = 0; }, () => { ctx.secrets.get = 1; },
          () => { answer.status = 1; }, () => { answer.headers.x = 1; }, () => forged.text(),
          () => new answer.constructor({ body: 1 }).text.call({}),
          () => answer.headers.get.call({ '#pairs': [] }, 'a'),
        ]) { try { await attempt(); results.push('no'); } catch (error) {
          results.push(error.name); } }
        return results;
      }`,
      ends: 'returned',
      returns: [...Array(8).fill('TypeError')],
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
