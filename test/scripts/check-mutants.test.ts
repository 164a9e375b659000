import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { belongingTests } from '../../scripts/check-mutants/belonging-tests.js';
import { deriveMutants } from '../../scripts/check-mutants/derive-mutants.js';
import { drawMutants } from '../../scripts/check-mutants/draw-mutants.js';
import { EXPLAINED_MUTANTS, explains } from '../../scripts/check-mutants/explained-mutants.js';
import { outcomeOf, startLimited } from '../../scripts/check-mutants/limited-process.js';
import {
  ledgerMutants,
  nodeMutants,
  QUICK_TESTS,
} from '../../scripts/check-mutants/mutated-sources.js';
import type { DrawnReport } from '../../scripts/check-mutants/report-drawn.js';
import { runMutants } from '../../scripts/check-mutants/run-mutants.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

const changed = (source: string): string[] =>
  deriveMutants('x.ts', source).map((mutant) => mutant.source);
/** `npm run mutants` takes them all. */
const SAMPLE = 4;

describe('mutants of a source', () => {
  it('turn signs, comparisons and conditions', () => {
    assert.deepEqual(changed('const a = b - c;'), ['const a = b + c;']);
    assert.deepEqual(changed('const a = b > c;'), ['const a = b >= c;', 'const a = b <= c;']);
    assert.deepEqual(changed('const a = -b;'), ['const a = b;']);
    assert.deepEqual(changed('const a = b && c;'), ['const a = b || c;']);
    assert.deepEqual(changed('const a = b ? c : d;'), ['const a = b ? false && c : d;']);
  });

  it('change constants, and leave names and texts as they are', () => {
    assert.deepEqual(changed("const a1 = f(0n, 'x > 0');"), ["const a1 = f(1n, 'x > 0');"]);
    const template = (text: string, hole: string) => `const a = \`${text}${'$'}{${hole}}\`;`;
    assert.deepEqual(changed(`// a - b > 0\n${template('b - c > 1', 'd')}`), []);
    assert.deepEqual(changed(template('e', 'b - c')), [template('e', 'b + c')]);
    assert.deepEqual(changed('const a = { b: true };'), ['const a = { b: false };']);
  });

  it('exchange the sides of a transfer', () => {
    const sides = changed("return move('fee', reserved, earned(a, b), amount);");
    assert.deepEqual(sides, ["return move('fee', earned(a, b), reserved, amount);"]);
    const named = changed('const a = { debit: b,\n  credit: c };');
    assert.deepEqual(named, ['const a = { credit: b,\n  debit: c };']);
  });

  it('leave statements and postings out, each of which may be some lines long', () => {
    assert.deepEqual(changed('{\n  ledger.post(\n    a,\n  );\n  const b = c;\n}'), [
      '{\n  \n  const b = c;\n}',
    ]);
    assert.deepEqual(changed('{\n  if (a) return;\n}'), ['{\n  \n}']);
    assert.deepEqual(changed('[\n  move(a, b),\n]'), ['[\n  \n]']);
    assert.deepEqual(changed('interface A {\n  post(id: string): void;\n}'), []);
  });

  it('reach into SQL: operators, constants, constraints and the statements of triggers', () => {
    const sql = (text: string) => changed(`const a = \`${text}\`;`);
    assert.equal(sql('SELECT 1 FROM a WHERE b >= c AND d').length, 4);
    const trigger = 'CREATE TABLE a;BEGIN\n  UPDATE a SET b = b\n  WHERE c;\nEND';
    assert.ok(sql(trigger).includes('const a = `CREATE TABLE a;BEGIN\nEND`;'));
    const check = 'CREATE TABLE a (\n  b INTEGER CHECK (b),\n  CHECK (c)\n)';
    assert.ok(sql(check).includes('const a = `CREATE TABLE a (\n  b INTEGER,\n  CHECK (c)\n)`;'));
    assert.ok(sql(check).includes('const a = `CREATE TABLE a (\n  b INTEGER CHECK (b)\n)`;'));
  });
});

describe('the rules of the books', () => {
  it('have hundreds of mutants, and each that is explained is one of them', () => {
    const all = ledgerMutants(projectRoot);
    assert.ok(all.length > 200, `${all.length}`);
    const explainable = [...all, ...nodeMutants(projectRoot)];
    for (const known of EXPLAINED_MUTANTS) {
      const { file, code, change, why } = known;
      const isOne = explainable.some((mutant) => explains(known, mutant));
      assert.ok(isOne, `${file} has no such mutant: ${change} in ${code}`);
      assert.ok(why.length > 20, why);
    }
  });

  it('are changed by no mutant of a sample without a test that notices', async () => {
    const all = ledgerMutants(projectRoot).filter(
      (mutant) => !EXPLAINED_MUTANTS.some((known) => explains(known, mutant)),
    );
    const stride = Math.floor(all.length / SAMPLE);
    const first = Math.floor(Math.random() * stride);
    const sample = all.filter((_, at) => at % stride === first);
    const testsOf = () => [QUICK_TESTS];
    const options = { testsOf, seeds: 0, histories: 60, jobs: 1, onRun: () => {} };
    const runs = await runMutants(sample, { root: projectRoot, ...options });
    const alive = runs.filter(({ killedBy }) => killedBy === null);
    assert.deepEqual(
      alive.map(({ mutant }) => `${mutant.file}:${mutant.line} ${mutant.change}`),
      [],
    );
  }).timeout(180_000);
});

describe('mutants of pipeline, books, automation and codec', () => {
  const all = nodeMutants(projectRoot);
  const draw = (digit: string) =>
    drawMutants(all, digit.repeat(40), 20, (file) => readFileSync(join(projectRoot, file), 'utf8'));

  it('are thousands, of each part some', () => {
    for (const part of ['pipeline', 'gasbank', 'automation', 'chain']) {
      const ofPart = all.filter(({ file }) => file.startsWith(`src/${part}/`));
      assert.ok(ofPart.length > 100, `${part}: ${ofPart.length}`);
    }
  });

  it('are drawn by a commit: the same by the same, others by another', () => {
    const [one, again] = [draw('a'), draw('a')];
    assert.deepEqual(one, again);
    assert.equal(new Set(one.map(({ source }) => source)).size, 20);
    assert.notDeepEqual(draw('b'), one);
  });

  it('are no mutants when types alone are changed, or what cannot be parsed comes of it', () => {
    const mutants = deriveMutants('x.ts', 'const a: B<1> = c - d;\nexport { a };\n');
    assert.deepEqual(mutants.map(({ change }) => change).sort(), ['- becomes +', '1 becomes 2']);
    const original = () => 'const a: B<1> = c - d;\nexport { a };\n';
    const drawn = drawMutants(mutants, 'a'.repeat(40), 20, original);
    assert.deepEqual(
      drawn.map(({ change }) => change),
      ['- becomes +'],
    );
  });

  it('that loop are ended by their processor time, and told from those that answer or end', async () => {
    const outcome = (code: string) => {
      // What waits is ended by the test's own limit, if by anything: none of these does.
      const limits = { cpuSeconds: 1, wallMs: 3_600_000 };
      const child = startLimited(['-e', code], limits, { cwd: projectRoot });
      return outcomeOf(child, limits, (resolve) => child.once('message', resolve));
    };
    assert.deepEqual(await outcome('for (;;);'), { end: 'cpu' });
    assert.deepEqual(await outcome('process.exit(1)'), { end: 'exit' });
    assert.deepEqual(await outcome('process.send(7); setInterval(() => {}, 1)'), { answer: 7 });
  }).timeout(180_000);

  it('were run, 300 that a commit drew: at least 95 % were killed, and each other is explained', () => {
    const file = join(projectRoot, 'test', 'simulator', 'fixtures', 'drawn-mutants.json');
    const { drawn, killed, lived, open, killedPercent } = JSON.parse(
      readFileSync(file, 'utf8'),
    ) as DrawnReport;
    const count = Object.values(killed).reduce((sum, each) => sum + each, 0);
    assert.deepEqual([drawn, open, count + lived.length], [300, 0, 300]);
    assert.ok(killedPercent >= 95 && killedPercent <= (100 * count) / drawn, `${killedPercent} %`);
    for (const { code, why } of lived) assert.ok((why ?? '').length > 20, code);
  });

  it('have tests of their own, none of which needs a blockchain node', () => {
    const testsOf = belongingTests(projectRoot);
    const ofIntake = testsOf('src/pipeline/intake.ts').flat();
    assert.ok(ofIntake.includes('test/pipeline/intake.test.ts'));
    assert.ok(ofIntake.includes('test/gasbank/histories.test.ts'));
    assert.ok(ofIntake.includes('test/pipeline/respond.test.ts'));
    const ofCodec = testsOf('src/chain/gateway-events.ts').flat();
    assert.ok(ofCodec.includes('test/chain/gateway-codec.test.ts'));
    assert.ok(!ofCodec.includes('test/chain/gateway.test.ts'));
  });

  it('which break a promise alone are found out by the simulator, and the code as it is not', async () => {
    const harmful = all.find(
      ({ file, change }) =>
        file === 'src/pipeline/cursor-store.ts' && change.startsWith('left out'),
    );
    assert.ok(harmful);
    const testsOf = () => [];
    const options = { testsOf, seeds: 3, histories: 1, jobs: 1, onRun: () => {} };
    const [run] = await runMutants([harmful], { root: projectRoot, ...options });
    assert.equal(run?.killedBy, 'simulator', run?.what);
  }).timeout(180_000);
});
