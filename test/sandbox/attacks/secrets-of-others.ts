import assert from 'node:assert/strict';
import { type Attack, QUICK_MS } from '../attack.js';

/** Names that lead elsewhere where a name is a path, a key or a query. */
const FORGED = [
  'other',
  'KNOWN',
  'known ',
  'known\\0',
  '../known',
  '0x2222:known',
  '*',
  '%',
  '',
  '__proto__',
]
  .concat([
    'constructor',
    'toString',
    'hasOwnProperty',
    "' OR 1=1 --",
    '{"name":"known"}',
    'known\\u200b',
  ])
  .concat(['\\ud800', '1', 'true', 'undefined', 'null', 'x'.repeat(5_000)]);

export default {
  against: "another tenant's secrets, by every name that can be forged",
  attempts: [
    {
      it: 'hands over the one that was granted',
      source: `export default (args, ctx) => ctx.secrets.get('known')`,
      ends: 'returned',
      holds: ({ end, secrets }) => {
        assert.equal(end.kind === 'returned' && Buffer.from(end.bytes).toString(), 'granted value');
        assert.deepEqual(secrets, ['known']);
      },
      withinMs: QUICK_MS,
    },
    ...FORGED.map((name) => ({
      it: `ends with forbidden for the name "${name.slice(0, 20)}"`,
      source: `export default async (args, ctx) => { try {
        return await ctx.secrets.get('${name.replaceAll("'", "\\'")}'); } catch (error) {
          return 'caught'; } }`,
      ends: 'forbidden' as const,
      holds: ({ secrets }: { secrets: readonly string[] }) => assert.deepEqual(secrets, []),
      withinMs: QUICK_MS,
    })),
    {
      it: 'finds none in what is left of an execution that had one',
      source: `export default (args, ctx) => {
        const found = [];
        const look = (value, path, depth) => {
          if (typeof value === 'string' && value.includes('granted')) found.push(path);
          if (depth === 0 || (typeof value !== 'object' && typeof value !== 'function') ||
            value === null) return;
          for (const key of Reflect.ownKeys(value)) {
            let next; try { next = value[key]; } catch { continue; }
            look(next, path + '.' + String(key), depth - 1);
          }
        };
        look(globalThis, 'globalThis', 4); look(ctx, 'ctx', 4);
        const room = new Uint8Array(4e5);
        return [found, room.some((byte) => byte !== 0)];
      }`,
      ends: 'returned',
      returns: [[], false],
      withinMs: 3_000,
    },
    {
      it: 'ends with too many when they are tried one after the other',
      source: `export default async (args, ctx) => { for (let at = 0; at < 100;
        at++) await ctx.secrets.get('known'); }`,
      ends: 'tooManySecrets',
      withinMs: QUICK_MS,
    },
  ],
} satisfies Attack;
