import assert from 'node:assert/strict';
import { type Attack, QUICK_MS } from '../attack.js';

const NAMES = [
  './x.js',
  'host.js',
  'main.js',
  './guest/host.js',
  'function.js',
  'node:fs',
  'fs',
  'std',
]
  .concat([
    'os',
    'bjson',
    'https://a.example/x.js',
    'data:text/javascript,export default 1',
    '',
    '/etc/passwd',
  ])
  .concat(['../../package.json', 'file:///etc/passwd', '\\0', 'host.js\\0']);

export default {
  against: 'the module loader',
  attempts: [
    ...NAMES.map((name) => ({
      it: `imports nothing by the name "${name}"`,
      source: `import * as found from '${name}'; export default () => Object.keys(found)`,
      ends: 'thrown' as const,
      withinMs: QUICK_MS,
    })),
    {
      it: 'imports nothing while it runs, and says why',
      source: `export default async () => { const results = [];
        for (const name of ${JSON.stringify(NAMES)}) {
          try { results.push(Object.keys(await import(name))); } catch (error) {
            results.push(error.message); }
        }
        return [...new Set(results)];
      }`,
      ends: 'returned',
      returns: ['a function is one module: it cannot import anything'],
      withinMs: QUICK_MS,
    },
    {
      it: 'exports nothing of another module',
      source: `export { host } from 'host.js'; export default () => 1`,
      ends: 'thrown',
      withinMs: QUICK_MS,
    },
    {
      it: 'tells nothing by import.meta',
      source: `export default () => Object.entries(import.meta).flat()
        .filter((x) => typeof x === 'string' && x.includes('/'))`,
      ends: 'returned',
      returns: [],
      withinMs: QUICK_MS,
    },
    {
      it: 'takes an export named then for what it is, a trick',
      source: `export function then(resolve) { resolve({ default: () => 'tricked' });
        } export default () => 'plain'`,
      ends: 'returned',
      holds: ({ end }) =>
        assert.equal(end.kind === 'returned' && Buffer.from(end.bytes).toString(), 'plain'),
      withinMs: QUICK_MS,
    },
    ...[
      'export default 1',
      'export const a = 1',
      '',
      'export default class { constructor() { return 1; } }',
    ].map((source) => ({
      it: `refuses a module that exports no function: ${source}`,
      source,
      ends: 'thrown' as const,
      withinMs: QUICK_MS,
    })),
    ...[
      'export default (',
      'with ({}) {}; export default () => 1',
      'var undefined = 1; delete x;',
      '<!-- export default () => 1',
    ].map((source) => ({
      it: `refuses what is no strict module: ${source}`,
      source,
      ends: 'thrown' as const,
      withinMs: QUICK_MS,
    })),
  ],
} satisfies Attack;
