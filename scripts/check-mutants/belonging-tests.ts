import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The quick tests of what is mutated are here; those of whole processes take too long. */
const FOLDERS = ['automation', 'chain', 'evidence', 'gasbank', 'pipeline', 'requests'];
/** Who imports it starts a blockchain node, which takes too long for hundreds of mutants. */
const STARTS_NODE = /(^|\/)devnet\//;

/**
 * The tests that must notice a mutant of a source, without those that start a blockchain node:
 * first, of the folder of tests that has the source folder's name, those that import it, by
 * themselves or by files beside them; then the others there; then those elsewhere that run it by
 * whatever sources, the nearest first.
 */
export function belongingTests(root: string): (file: string) => string[][] {
  const tests = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, 'test', folder)).map((name) => `test/${folder}/${name}`),
  )
    .filter((test) => test.endsWith('.test.ts'))
    .sort()
    .map((test) => ({ test, steps: importsOf(root, test) }))
    .filter(({ steps }) => ![...steps.keys()].some((file) => STARTS_NODE.test(file)));
  return (file) => {
    const beside = tests.filter(({ test }) => test.startsWith(`test/${file.split('/')[1]}/`));
    const importing = beside.filter(({ steps }) => steps.get(file) === 0);
    const others = beside.filter(({ steps }) => steps.get(file) !== 0);
    const elsewhere = tests
      .filter((each) => !beside.includes(each) && each.steps.has(file))
      .sort((one, other) => Number(one.steps.get(file)) - Number(other.steps.get(file)));
    return [importing, others, elsewhere].map((group) => group.map(({ test }) => test));
  };
}

/** What shows on a blockchain node what a source is for, the quickest first. */
const ON_NODE: readonly (readonly [sources: RegExp, tests: readonly string[]])[] = [
  [/^src\/chain\/|gateway/, ['chain/gateway', 'chain/contract-events', 'chain/stack-item']],
  [/^src\/gasbank\/order/, ['cli/gasbank-orders']],
  [/spend|hold|held/, ['node/spending']],
  [/reconcile|proof|compare-books|checked|first-diff|unanimous/, ['node/reconcile']],
  [/charge|round-diff|prediction|fault/, ['node/charges']],
  [/canary/, ['node/canary']],
  [/create-pipeline|start-too-late/, ['node/start-block']],
  [
    /^src\/pipeline\/(estimate|answer-fees|gateway-costs)/,
    ['pipeline/estimate', 'node/small-fees'],
  ],
  [/estimate-upkeep/, ['node/estimated-upkeeps']],
  [/price/, ['node/prices']],
  [
    /trial|rehearse|judge|bounded/,
    ['pipeline/estimate', 'node/calling-callbacks', 'node/small-fees'],
  ],
  [/reveal|random/, ['node/random']],
  [/upkeep|automation|run|perform|due|watch/, ['node/upkeep-books', 'node/upkeeps']],
  [/^src\/pipeline\/(?!.*(run|upkeep|price))/, ['node/answers-requests']],
];

/** The tests on a blockchain node that a mutant is put to which nothing else notices. */
export const nodeTestsOf = (file: string): string[] => [
  ...new Set(
    ON_NODE.filter(([sources]) => sources.test(file)).flatMap(([, tests]) =>
      tests.map((test) => `test/${test}.test.ts`),
    ),
  ),
];

/** All that runs with a test, and by how many sources each is imported before it. */
function importsOf(root: string, test: string): Map<string, number> {
  const steps = new Map<string, number>();
  let level = [test];
  for (let step = 0; level.length > 0; step++) {
    const next: string[] = [];
    for (let file = level.pop(); file !== undefined; file = level.pop()) {
      for (const imported of importedBy(root, file)) {
        if (steps.has(imported)) continue;
        steps.set(imported, step);
        (imported.startsWith('src/') ? next : level).push(imported);
      }
    }
    level = next;
  }
  return steps;
}

function importedBy(root: string, file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const imports = text.matchAll(/(?:^(?:im|ex)port (?!type\b)[^;]*?from|import\()\s*'(\.[^']+)'/gm);
  return [...imports].flatMap(([, name = '']) => {
    const written = join(file, '..', name);
    const source = [written.replace(/\.js$/, '.ts'), written];
    return source.find((one) => existsSync(join(root, one))) ?? [];
  });
}
