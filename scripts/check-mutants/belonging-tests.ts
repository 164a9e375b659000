import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is mutated has its tests here; those of the node as a whole take too long. */
const FOLDERS = ['automation', 'chain', 'gasbank', 'pipeline'];
/** Who imports it starts a blockchain node, which takes too long for hundreds of mutants. */
const STARTS_NODE = /(^|\/)devnet\//;

/**
 * The tests that must notice a mutant of a source, without those that start a blockchain node:
 * all in the folder of tests that has the source folder's name, and whichever of the other three
 * import it, by themselves or by files beside them. Those that import it come first.
 */
export function belongingTests(root: string): (file: string) => string[] {
  const tests = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, 'test', folder)).map((name) => `test/${folder}/${name}`),
  )
    .filter((test) => test.endsWith('.test.ts'))
    .sort()
    .map((test) => ({ test, imported: importedBy(root, test) }))
    .filter(({ imported }) => ![...imported].some((file) => STARTS_NODE.test(file)));
  return (file) => {
    const folder = `test/${file.split('/')[1]}/`;
    const importing = tests.filter(({ imported }) => imported.has(file));
    const beside = tests.filter((each) => each.test.startsWith(folder));
    return [...new Set([...importing, ...beside])].map(({ test }) => test);
  };
}

/** What a test imports by itself or by files of tests and scripts; sources' own imports are not. */
function importedBy(root: string, file: string, found = new Set<string>()): Set<string> {
  const text = readFileSync(join(root, file), 'utf8');
  for (const [, name = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
    const written = join(file, '..', name);
    const source = [written.replace(/\.js$/, '.ts'), written].find((one) =>
      existsSync(join(root, one)),
    );
    if (source === undefined || found.has(source)) continue;
    found.add(source);
    if (!source.startsWith('src/')) importedBy(root, source, found);
  }
  return found;
}
