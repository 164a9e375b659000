import { type Attack, BURN, BURNT_MS } from '../attack.js';

const flood = (it: string, body: string) => ({
  it,
  source: `export default () => { ${body} }`,
  call: { limits: BURN },
  ends: ['timeout', 'heap'] as const,
  withinMs: BURNT_MS,
});

export default {
  against: 'floods of promise jobs',
  attempts: [
    flood(
      'ends one short job after the other, each of which would not be interrupted',
      'const again = () => Promise.resolve().then(again); return again().then(() => 1);',
    ),
    flood(
      'ends an async loop that awaits nothing',
      'return (async () => { for (;;) await null; })();',
    ),
    flood(
      'ends jobs that double',
      'const two = () => { Promise.resolve().then(two); Promise.resolve().then(two); }; ' +
        'two(); return new Promise(() => {});',
    ),
    flood(
      'ends thenables that answer with thenables',
      'const then = (done) => done({ then }); return { then };',
    ),
    flood(
      'ends an async generator that never ends',
      'return (async () => { for await (const x of (async function* () { for (;;) yield 1; ' +
        '})()); })();',
    ),
    flood(
      'ends jobs of native loops',
      `const again = () => Promise.resolve().then(() => Array.prototype.indexOf.call({
        length: 5000 }, 1)).then(again);
       return again();`,
    ),
  ],
} satisfies Attack;
