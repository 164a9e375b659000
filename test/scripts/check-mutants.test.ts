import assert from 'node:assert/strict';
import { deriveMutants } from '../../scripts/check-mutants/derive-mutants.js';
import { EXPLAINED_MUTANTS, explains } from '../../scripts/check-mutants/explained-mutants.js';
import { ledgerMutants } from '../../scripts/check-mutants/mutated-sources.js';
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
    for (const known of EXPLAINED_MUTANTS) {
      const { file, code, change, why } = known;
      const isOne = all.some((mutant) => explains(known, mutant));
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
    const options = { root: projectRoot, histories: 60, jobs: 1, onRun: () => {} };
    const alive = (await runMutants(sample, options)).filter(({ isKilled }) => !isKilled);
    assert.deepEqual(
      alive.map(({ mutant }) => `${mutant.file}:${mutant.line} ${mutant.change}`),
      [],
    );
  }).timeout(180_000);
});
