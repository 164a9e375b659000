import assert from 'node:assert/strict';
import {
  ambientAccess,
  bareLimits,
  floatingAmounts,
  moduleState,
  strayQueries,
} from './code-rules.js';
import { layerViolations } from './layer-rules.js';
import { brokenLinks } from './link-rules.js';
import { type Finding, type SourceFile, sourceFile } from './source-text.js';
import {
  emptyNames,
  longFile,
  longFunctions,
  longLines,
  MAX_FILE_LINES,
  MAX_FUNCTION_LINES,
  machineTraces,
  openEnds,
} from './text-rules.js';

const problems = (findings: readonly Finding[]) => findings.map(({ problem }) => problem);
const inFile = (path: string, text: string) => sourceFile(path, text);
const lines = (count: number, line = '  call();') => `${line}\n`.repeat(count);

/** The lines at which a rule finds something. */
const found = (rule: (file: SourceFile) => Finding[], path: string, text: string) =>
  rule(inFile(path, text)).map(({ line }) => line);

describe('the rule of layers', () => {
  it('lets imports go down and stay in the folder', () => {
    const text = `
      import { toHex } from '../base/bytes.js';
      import type { Log } from '../telemetry/log.js';
      export { tail } from './tail.js';
      import { readFile } from 'node:fs';`;
    assert.deepEqual(found(layerViolations, 'src/chain/blocks.ts', text), []);
    assert.deepEqual(found(layerViolations, 'src/cli/start.ts', "import '../node.js';"), []);
  });

  it('finds imports upwards, sideways, out of src, and those that only look different', () => {
    const in2 = (text: string) => problems(layerViolations(inFile('src/chain/blocks.ts', text)));
    assert.deepEqual(in2("import { plan } from '../pipeline/plan.js';"), [
      'chain (layer 2) imports upwards from pipeline (layer 6)',
    ]);
    assert.deepEqual(in2("import type { F } from '../net/fetch.js';"), [
      'chain (layer 2) imports sideways from net (layer 2)',
    ]);
    assert.deepEqual(in2("import { x } from '../../scripts/x.js';"), [
      'imports scripts/x.js, not of src',
    ]);
    assert.deepEqual(in2("import { x } from '../odds/x.js';"), [
      'imports src/odds/x.js, which is in no layer',
    ]);
    for (const text of [
      "export * from '../node.js';",
      "const late = await import('../api/server.js');",
      "new Worker(new URL('../net/worker.js', import.meta.url));",
      "import {\n  one,\n} from '../cli/one.js';",
      "import '../cli/one.js';",
    ]) {
      assert.equal(in2(text).length, 1, text);
    }
  });

  it('finds a folder that is in no layer, and takes no comment for an import', () => {
    assert.equal(found(layerViolations, 'src/odds/x.ts', '').length, 1);
    const comment = "// import { plan } from '../pipeline/plan.js';";
    assert.deepEqual(found(layerViolations, 'src/chain/blocks.ts', comment), []);
  });
});

describe('the rule of names', () => {
  it('finds names that say nothing, as words of their own', () => {
    for (const path of ['src/base/utils.ts', 'test/helpers/x.ts', 'src/net/fetch-manager.ts']) {
      assert.equal(emptyNames(path).length, 1, path);
    }
    assert.deepEqual(emptyNames('src/net/futile.ts'), []);
  });
});

describe('the rule of queries', () => {
  it('finds SQL outside of stores, but not in prose', () => {
    const query = "db.prepare('SELECT id FROM requests WHERE state = ?');";
    assert.deepEqual(found(strayQueries, 'src/requests/plan.ts', query), [1]);
    assert.deepEqual(found(strayQueries, 'src/requests/request-store.ts', query), []);
    assert.deepEqual(found(strayQueries, 'src/storage/migrations.ts', query), []);
    for (const text of [
      '`INSERT OR IGNORE INTO t VALUES (1)`',
      "'DELETE FROM t'",
      '`\n UPDATE t SET x = 1`',
      "'PRAGMA user_version'",
      "'CREATE TABLE t (x)'",
    ]) {
      assert.equal(found(strayQueries, 'src/requests/plan.ts', text).length, 1, text);
    }
    const prose = '// SELECT x FROM y\nconst text = "select what you need from the list";';
    assert.deepEqual(found(strayQueries, 'src/requests/plan.ts', prose), []);
  });

  it('finds limits for which SQLite plans a query at each run', () => {
    const text = '`SELECT a FROM t\n LIMIT ?`; `SELECT a FROM t LIMIT @limit`;';
    assert.deepEqual(found(bareLimits, 'src/requests/request-store.ts', text), [2, 2]);
    const others = '`LIMIT ? + 0`; `LIMIT @limit + 0`; `LIMIT 1`;';
    assert.deepEqual(found(bareLimits, 'src/requests/request-store.ts', others), []);
  });
});

describe('the rule of amounts', () => {
  const at = (text: string) => found(floatingAmounts, 'src/gasbank/fees.ts', text);

  it('finds amounts that are numbers', () => {
    assert.deepEqual(at('interface A { readonly maxFee: number }'), [1]);
    assert.deepEqual(at('const pay = (amountDatoshi: number) => 0;'), [1]);
    assert.deepEqual(at('const x = Number(fee);'), [1]);
    assert.deepEqual(at('const x = Number(row.creditDatoshi);'), [1]);
    assert.deepEqual(at("const x = parseFloat('1.5');"), [1]);
  });

  it('leaves alone what only sounds like one', () => {
    assert.deepEqual(
      at('interface A { feeMarginBps: number; feePercent: number; coffee: number }'),
      [],
    );
    assert.deepEqual(at('const x = Number(height); const maxFee: bigint = 1n;'), []);
    assert.deepEqual(at('const text = "fee: number";'), []);
    assert.deepEqual(found(floatingAmounts, 'src/telemetry/metrics.ts', 'Number(amount)'), []);
  });
});

describe('the rule of what is passed in', () => {
  const at = (text: string) =>
    found((file) => ambientAccess(file, []), 'src/pipeline/respond.ts', text);

  it('finds clock, timers, randomness, process and console', () => {
    for (const text of [
      'Date.now()',
      'new Date()',
      'performance.now()',
      'setTimeout(f, 1)',
      'setInterval(f, 1)',
      'Math.random()',
      'process.env.HOME',
      'process.exit(1)',
      'console.log(1)',
    ]) {
      assert.deepEqual(at(text), [1], text);
    }
  });

  it('takes no notice of a time that is given, of text and of comments', () => {
    assert.deepEqual(at("new Date(timeMs); 'Date.now()'; // setTimeout"), []);
    const template = `\`\${"}"} process.env\``;
    assert.deepEqual(at(`const pattern = /['"]/; const x = ${template};`), []);
  });

  it('sees through templates and regular expressions into code', () => {
    assert.deepEqual(at(`const x = \`at \${Date.now()}\`;`), [1]);
    assert.deepEqual(at('const quote = /[\'"`/]/g; Math.random();'), [1]);
  });

  it('allows what a file was allowed, and no more', () => {
    const allowed = [{ path: /clock\.ts$/, what: /clock/ }];
    const clock = inFile('src/base/clock.ts', 'Date.now();\nsetTimeout(f, 1);');
    assert.deepEqual(
      ambientAccess(clock, allowed).map(({ line }) => line),
      [2],
    );
  });
});

describe('the rule of module state', () => {
  it('finds variables and empty collections of a module, not those of a function', () => {
    const at = (text: string) => found(moduleState, 'src/net/cache.ts', text);
    assert.deepEqual(at('let count = 0;'), [1]);
    assert.deepEqual(at('export let count = 0;'), [1]);
    assert.deepEqual(at('const cache = new Map<string, number>();'), [1]);
    assert.deepEqual(at('const seen: Set<string> = new Set();'), [1]);
    assert.deepEqual(at('function f() {\n  let count = 0;\n  const m = new Map();\n}'), []);
    assert.deepEqual(at('const NAMES = new Map([[1, 2]]);'), []);
  });
});

describe('the rules of size', () => {
  it('find lines of more than 100 columns', () => {
    assert.deepEqual(found(longLines, 'src/a.ts', `${'x'.repeat(100)}\n${'x'.repeat(101)}`), [2]);
    const title = `  it('${'x'.repeat(100)}', async () => {`;
    assert.deepEqual(found(longLines, 'test/a.test.ts', title), []);
    assert.deepEqual(found(longLines, 'src/a.ts', title), [1]);
  });

  it('find files that are too long', () => {
    assert.deepEqual(found(longFile, 'src/a.ts', lines(MAX_FILE_LINES)), []);
    assert.deepEqual(found(longFile, 'src/a.ts', lines(MAX_FILE_LINES + 1)), [1]);
  });

  it('find functions that do not fit a screen, whatever their form', () => {
    const body = (count: number) => `{\n${lines(count - 2)}}`;
    for (const head of [
      'function f(a: number): Promise<void> ',
      'export async function f() ',
      'const f = async (a) => ',
      'class A {\n  method(a: string): { b: number } ',
      'const f = (\n  a: number,\n): void => ',
    ]) {
      const at = (count: number) =>
        found(longFunctions, 'src/a.ts', `${head}${body(count)}`).length;
      assert.equal(at(MAX_FUNCTION_LINES), 0, head);
      assert.equal(at(MAX_FUNCTION_LINES + 1), 1, head);
    }
    for (const head of ['class A ', 'const table = ', 'if (x) ', 'interface A extends B<C> ']) {
      assert.deepEqual(found(longFunctions, 'src/a.ts', `${head}${body(200)}`), [], head);
    }
  });

  it('count a factory without the functions that it holds, up to two screens', () => {
    const inner = `  const f = () => {\n${lines(28)}  };\n`;
    const factory = (count: number) => `function create() {\n${inner.repeat(count)}}\n`;
    assert.deepEqual(found(longFunctions, 'src/a.ts', factory(4)), []);
    assert.deepEqual(found(longFunctions, 'src/a.ts', factory(5)), [1]);
  });
});

describe('the rule of machine traces', () => {
  it('finds paths of one machine and hosts of registries', () => {
    // In parts, since this file must keep the rule too.
    for (const parts of [
      ["'/ho", "me/anna/x'"],
      ['see /ro', 'ot/.npmrc'],
      ['`/wo', 'rk/main`'],
      ["open('/tm", "p/x')"],
      ['C:\\\\Us', 'ers\\\\me'],
      ['https://registry.npm', 'js.org/x'],
      ['proxy.gol', 'ang.org'],
    ]) {
      assert.equal(found(machineTraces, 'README.md', parts.join('')).length, 1, parts.join(''));
    }
    assert.deepEqual(found(machineTraces, 'README.md', 'src/home/page and a/root/b of $HOME'), []);
  });
});

describe('the rule of what is left for later', () => {
  it('finds the usual marks', () => {
    assert.deepEqual(found(openEnds, 'src/a.ts', `// TO${'DO'}: more\n// all done`), [1]);
  });
});

describe('the rule of links', () => {
  const files = new Map([
    ['docs/a.md', '# One idea\n\n## `b` & c: more!\n'],
    ['src', ''],
  ]);
  const at = (text: string) =>
    problems(brokenLinks('docs/index.md', text, (path) => files.get(path) ?? null));

  it('finds links to files and headings that are not there', () => {
    assert.deepEqual(at('[a](b.md)'), ['docs/b.md does not exist']);
    assert.deepEqual(at('[a](a.md#two)'), ['docs/a.md has no heading #two']);
    assert.deepEqual(at('[a](#here)'), ['docs/index.md has no heading #here']);
  });

  it('takes what resolves, links to the web, and code blocks', () => {
    assert.deepEqual(at('[a](a.md) [b](a.md#one-idea) [c](../src) [d](a.md#b--c-more)'), []);
    assert.deepEqual(at('[a](https://example.org/x)\n\n```\n[a](b.md)\n```\n'), []);
    assert.deepEqual(at('# Here\n[a](#here)'), []);
  });
});
