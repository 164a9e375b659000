import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { BENCHES } from '../../scripts/bench/benches.js';
import { PAGE_FILE, PLOT_FILE, pageWith } from '../../scripts/bench/benchmarks-page.js';
import { type KeptResults, RESULTS_FILE, readKept } from '../../scripts/bench/kept-results.js';
import { plotOf } from '../../scripts/bench/plot.js';
import { type Ratio, ratiosOf, worseBy } from '../../scripts/bench/ratios.js';
import type { Figure } from '../../scripts/bench/report.js';
import { checkAll } from '../../scripts/bench/run-all.js';
import { tablesIn } from '../../scripts/docs-tables/markdown.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { BENCH_LIMIT_MS, bench, benchIn } from './run-bench.js';

const DOCS = join(projectRoot, 'docs');
const textOf = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');
/** The page with an empty place for each benchmark. */
const EMPTY_PAGE = Object.keys(BENCHES)
  .map((name) => `## ${name}\n\nKept.\n\n<!-- table: ${name} -->\n<!-- end of table -->\n`)
  .join('\n');

describe('the committed figures', () => {
  const kept = readKept(DOCS);

  it('are those of every benchmark, and each has its place on the page', () => {
    assert.deepEqual(Object.keys(kept).sort(), Object.keys(BENCHES).sort());
    assert.deepEqual(tablesIn(textOf(DOCS, PAGE_FILE)).sort(), Object.keys(BENCHES).sort());
  });

  it('are what the page and the plot show', () => {
    const page = textOf(DOCS, PAGE_FILE);
    assert.equal(pageWith(page, kept), page);
    assert.equal(plotOf(kept), textOf(DOCS, PLOT_FILE));
  });

  it('have ratios that can be compared, of every benchmark', () => {
    for (const result of Object.values(kept)) {
      const ratios = ratiosOf(result);
      assert.ok(ratios.length > 0, result.bench);
      for (const { name, value } of ratios) assert.ok(value > 0 && value < 1e6, name);
    }
  });
});

describe('a ratio', () => {
  const ratio = (better: Ratio['better'], value: number): Ratio => ({ name: 'r', better, value });

  it('is worse by its distance from the committed one, on the bad side only', () => {
    const percent = (better: Ratio['better'], was: number, is: number): number =>
      Math.round(100 * worseBy(ratio(better, is), ratio(better, was)));
    assert.equal(percent('lower', 4, 5), 25);
    assert.equal(percent('lower', 4, 3), -25);
    assert.equal(percent('higher', 4, 3), 25);
    assert.equal(percent('higher', 4, 5), -25);
  });
});

describe('the run of several benchmarks', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-figures-'));
    writeFileSync(join(folder, PAGE_FILE), EMPTY_PAGE);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes the figures and keeps those of a benchmark that fails', async () => {
    const former = readKept(DOCS);
    writeFileSync(join(folder, RESULTS_FILE), JSON.stringify({ results: former }));
    const { code, stderr } = await benchIn(
      { ...process.env, NEO_GO: '/nowhere/neo-go' },
      ...['all', '--quick', '--folder', folder, '--only', 'catchup,prices'],
    );
    assert.equal(code, 1, stderr);
    assert.match(stderr, /catchup failed, the others go on/);
    assert.match(stderr, /1 of 2 measured/);
    const kept = readKept(folder);
    assert.deepEqual(kept.catchup, former.catchup);
    assert.match(kept.prices?.summary ?? '', /3 times 20 pairs/);
    const page = textOf(folder, PAGE_FILE);
    assert.match(page, /Kept\.\n\n<!-- table: prices -->\n3 times 20 pairs of 15 sources/);
    assert.match(page, /commit [0-9a-f]{10}|commit unknown/);
    assert.match(textOf(folder, PLOT_FILE), /^<svg [\s\S]+<\/svg>\n$/);
  }).timeout(BENCH_LIMIT_MS);

  it('refuses to put figures of a tiny run among the committed ones', async () => {
    const { code, stderr } = await bench('all', '--quick');
    assert.equal(code, 1);
    assert.match(stderr, /figures of --quick say nothing: give --folder/);
  });

  it('names the benchmark that there is not', async () => {
    const { code, stderr } = await bench('check', '--only', 'prices,speed');
    assert.equal(code, 1);
    assert.match(stderr, /there is no "speed"; expected some of latency,/);
  });
});

describe('the check against committed figures', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-figures-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** As if the pairs a second had been so many times those of docs/. */
  function commitPrices(times: number): void {
    const { prices } = readKept(DOCS);
    if (prices === undefined) throw new Error('no figures of prices are committed');
    const figures = prices.figures.map((each: Figure) => {
      return each.name === 'pairsPerSecond' ? { ...each, value: each.value * times } : each;
    });
    const results: KeptResults = { prices: { ...prices, figures } };
    writeFileSync(join(folder, RESULTS_FILE), JSON.stringify({ results }));
  }
  const check = () => bench('check', '--quick', '--folder', folder, '--only', 'prices');
  const checkHere = (tell: (line: string) => void) =>
    checkAll({ names: ['prices'], quick: true, folder, tell });

  it('passes when nothing is much worse, after one run', async () => {
    commitPrices(0.01);
    const told: string[] = [];
    const { regressions, failures } = await checkHere((line) => told.push(line));
    assert.deepEqual(regressions, []);
    assert.deepEqual([...failures], []);
    assert.equal(told.length, 2, told.join('\n'));
  }).timeout(BENCH_LIMIT_MS);

  it('fails after three attempts, with the figure and both ratios', async () => {
    commitPrices(100);
    const { code, stderr } = await check();
    assert.equal(code, 1);
    assert.match(stderr, /prices once more, attempt 3 of 3/);
    assert.match(
      stderr,
      /prices became worse: pairsPer.+ was [\d.]+, is [\d.]+: (?:9\d|100) % worse/,
    );
  }).timeout(BENCH_LIMIT_MS);

  it('fails for a benchmark of which nothing is committed', async () => {
    const { failures } = await checkHere(() => {});
    assert.match(
      failures.get('prices') ?? '',
      /no figures of it are committed: npm run bench -- all --only prices/,
    );
  });
});
