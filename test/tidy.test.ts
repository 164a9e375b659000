import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../scripts/ensure/paths.mjs';
import {
  type AmbientAllowance,
  ambientAccess,
  bareLimits,
  floatingAmounts,
  moduleState,
  strayQueries,
} from './tidy/code-rules.js';
import { LAYERS, layerViolations } from './tidy/layer-rules.js';
import { brokenLinks } from './tidy/link-rules.js';
import { type Finding, type SourceFile, sourceFile } from './tidy/source-text.js';
import {
  emptyNames,
  longFile,
  longFunctions,
  longLines,
  machineTraces,
  openEnds,
} from './tidy/text-rules.js';

/** Everything that is or is going to be committed, relative to the checkout. */
const paths = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: projectRoot,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(projectRoot, path)));

/** Generated, or data of others: no style of ours. */
const FOREIGN = /^contracts\/build\/|\/fixtures\/|^package-lock\.json$|(?:^|\/)go\.(?:mod|sum)$/;
const TEXT = /\.(?:ts|mts|mjs|js|json|ya?ml|md|go|sh|toml|html|css)$|^\.ci\/|^\.[a-z]+rc/;

const files = paths
  .filter((path) => TEXT.test(path) && !FOREIGN.test(path))
  .map((path) => sourceFile(path, readFileSync(join(projectRoot, path), 'utf8')));
const own = (pattern: RegExp) => files.filter(({ path }) => pattern.test(path));
const sources = own(/^src\/.*\.ts$/);
const scripts = own(/^(?:src|scripts|test)\/.*\.(?:ts|mts|mjs)$/);

/**
 * Who reaches outside by himself. The console belongs to the command line; time and the rest come
 * in through base/clock, and the composition root is where the real ones are put in.
 */
const AMBIENT_ALLOWED: readonly AmbientAllowance[] = [
  { path: /^src\/base\/clock\.ts$/, what: /clock|timers/ },
  { path: /^src\/cli\//, what: /./ },
  { path: /^src\/node\.ts$/, what: /process/ },
  // What runs in a browser has a composition root of its own.
  { path: /^src\/api\/console\/page\/main\.ts$/, what: /clock|timers/ },
];

function holds(subject: readonly SourceFile[], rule: (file: SourceFile) => Finding[]): void {
  assert.ok(subject.length > 0, 'the rule looks at no file');
  report(subject.flatMap(rule));
}

function report(findings: readonly Finding[]): void {
  const lines = findings.map(({ file, line, problem }) => `${file}:${line}: ${problem}`);
  if (lines.length > 0) assert.fail(`\n${lines.join('\n')}`);
}

describe('the layout of src', () => {
  it('is that of the design: imports go down the layers or stay in their folder', () => {
    holds(sources, layerViolations);
  });

  it('has every folder in a layer, and nothing but folders and node.ts', () => {
    const known = LAYERS.flat();
    const unknown = readdirSync(join(projectRoot, 'src')).filter((name) => !known.includes(name));
    assert.deepEqual(unknown, []);
    assert.equal(new Set(known).size, known.length);
    assert.ok(Object.isFrozen(LAYERS) && LAYERS.every((folders) => Object.isFrozen(folders)));
  });

  it('gives no folder or file a name that tells nothing', () => report(paths.flatMap(emptyNames)));
});

describe('the code of src', () => {
  it('has SQL in stores only', () => holds(sources, strayQueries));
  it('has no query planned at each run', () => holds(sources, bareLimits));
  it('keeps amounts away from floats', () => holds(sources, floatingAmounts));
  it('is handed clock, timers, randomness, environment and console', () =>
    holds(sources, (file) => ambientAccess(file, AMBIENT_ALLOWED)));
  it('has no state in modules', () => holds(sources, moduleState));
});

describe('every file', () => {
  it('has lines that fit the screen', () => holds(scripts, longLines));
  it('is one idea, so it stays short', () => holds(scripts, longFile));
  it('has functions that fit a screen', () =>
    holds(own(/^(?:src|scripts)\/.*\.(?:ts|mts|mjs)$/), longFunctions));
  it('names no place of one machine and no registry', () => holds(files, machineTraces));
  it('leaves nothing for later', () => holds(files, openEnds));
  it('links to what is there', () => {
    const documents = own(/\.md$/);
    report(documents.flatMap(({ path, text }) => brokenLinks(path, text, contentOf)));
  });
});

function contentOf(path: string): string | null {
  const file = join(projectRoot, path);
  if (!existsSync(file)) return null;
  return statSync(file).isDirectory() ? '' : readFileSync(file, 'utf8');
}
