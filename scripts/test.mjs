/**
 * `npm test`: makes the checkout ready, checks lint, types and that the contracts are what their
 * sources compile to, runs the tests, and checks that they saw every refusal of the contracts.
 * `npm test -- ARGUMENTS` hands the arguments to mocha (`npm test -- 'test/net/**'`) and leaves the
 * checks out.
 *
 * The last line is "N passed, N failed", each check being one. The exit code is 0 only when nothing
 * failed and at least one test ran.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './ensure/paths.mjs';
import { runCommand } from './ensure/run-command.mjs';
import { createSteps, SetupError } from './ensure/steps.mjs';
import { ensure, failSetup } from './ensure.mjs';

const ALL_TESTS = 'test/**/*.test.ts';

const bin = (...path) => join(projectRoot, 'node_modules', ...path);
const CHECKS = [
  ['lint', [bin('@biomejs', 'biome', 'bin', 'biome'), 'ci', '.']],
  ['types', [bin('typescript', 'bin', 'tsc'), '--noEmit']],
  [
    'contracts are what their sources compile to',
    ['--import', 'tsx', join(projectRoot, 'scripts', 'build-contracts.ts'), '--check'],
  ],
];

const args = process.argv.slice(2);
const steps = createSteps();
const all = args.length === 0;
const { neoGo, tools } = await ensure({ steps, go: all, dist: false, testTools: all }).catch(
  failSetup,
);
const env = { ...process.env, ...tools, NEO_GO: neoGo };

let passed = 0;
let failed = 0;
for (const [title, command] of all ? CHECKS : []) {
  if (await holds(title, command)) passed++;
  else failed++;
}
const refusals = mkdtempSync(join(tmpdir(), 'dodona-refusals-'));
const tests = await runMocha(args);
const ran = tests.passed + tests.failed;
if (ran === 0) process.stderr.write('dodona: no test ran\n');
if (all) {
  const script = join(projectRoot, 'scripts', 'check-refusals.ts');
  const seen = ['--import', 'tsx', script, refusals];
  if (await holds('every refusal of the contracts was seen on a node', seen)) passed++;
  else failed++;
}
rmSync(refusals, { recursive: true, force: true });
passed += tests.passed;
failed += tests.failed + (tests.code !== 0 && tests.failed === 0 ? 1 : 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && ran > 0 ? 0 : 1);

async function holds(title, command) {
  try {
    await steps.step(`check: ${title}`, (detail) =>
      runCommand(process.execPath, command, { cwd: projectRoot, env, onLine: detail }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.output}\n`);
    return false;
  }
}

/** The figures of a mocha run; all 0 when it ended before its report. */
async function runMocha(given) {
  const folder = mkdtempSync(join(tmpdir(), 'dodona-test-'));
  const counts = join(folder, 'counts.json');
  const reporter = join(projectRoot, 'scripts', 'ensure', 'test-counts-reporter.mjs');
  const hasFiles = given.some((argument) => /\.ts$|[*]/.test(argument) || existsSync(argument));
  const mocha = [bin('mocha', 'bin', 'mocha.js'), '--reporter', reporter, ...given];
  if (!hasFiles) mocha.push(ALL_TESTS);
  const child = spawn(process.execPath, mocha, {
    cwd: projectRoot,
    stdio: 'inherit',
    env: { ...env, DODONA_TEST_COUNTS: counts, DODONA_TEST_REFUSALS: refusals },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  const figures = existsSync(counts)
    ? JSON.parse(readFileSync(counts, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0 };
  rmSync(folder, { recursive: true, force: true });
  return { ...figures, code };
}
