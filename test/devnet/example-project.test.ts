import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureNeoGo } from '../../scripts/ensure/neo-go.mjs';
import { cacheFolder, projectRoot } from '../../scripts/ensure/paths.mjs';

const run = promisify(execFile);
const EXAMPLE = join('contracts', 'kit', 'example-project');

/** A project in TypeScript that uses all of the harness. */
const TYPED = `
import { type AuthorsDevnet, type Invoked, gas, startDevnet, type VmValue } from 'dodona/testing';
import type { OracleFunction } from 'dodona/types/function.js';
const devnet: AuthorsDevnet = await startDevnet({ blockMs: 200 });
const files = { nef: 'x.nef', manifest: 'x.json' };
const hash: \`0x\${string}\` = await devnet.deploy(files, { credit: gas('1') });
const asked: Invoked = await devnet.invoke(hash, 'ask', ['text', 1n, [null, true]]);
const end = await devnet.answerTo(asked);
if (end.ended === 'answered') console.log(end.code.toFixed(), end.charged + 1n);
const value: VmValue = await devnet.read(hash, 'answer');
const source = await devnet.serve({ '/': ({ query }) => ({ body: query.get('a') }) });
const abi = new URL(import.meta.resolve('dodona/contracts/build/gateway.abi.json'));
const worth: OracleFunction<{ pair: string }> = async ({ pair }) => pair;
console.log(value, source.url, abi, worth);
// @ts-expect-error: there is no such method
devnet.nothing();
`;

describe('the example of an author’s project', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dodona-project-')));
  const project = join(folder, 'project');
  const modules = join(project, 'node_modules');
  after(() => rmSync(folder, { recursive: true, force: true }));

  before(async () => {
    // Scripts of npm would build dist/ anew, which other tests use.
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await run('npm', pack, { cwd: projectRoot, maxBuffer: 2 ** 26 });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    const dodona = join(modules, 'dodona');
    mkdirSync(dodona, { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, filename), '-C', dodona, '--strip-components=1']);
    cpSync(join(dodona, EXAMPLE), project, { recursive: true });
    // Installed, they would take minutes: SQLite is built from its source.
    for (const name of Object.keys(dependencies())) link(name);
    link('@types/node');
  }).timeout(60_000);

  const dependencies = (): object =>
    JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')).dependencies;
  const link = (name: string): void => {
    const path = join(modules, name);
    mkdirSync(join(path, '..'), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules', name), path);
  };
  const env = async (): Promise<NodeJS.ProcessEnv> => ({
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DODONA_CACHE: cacheFolder(),
    NEO_GO: await ensureNeoGo(),
  });

  it('passes its tests from the packed package, outside of this checkout', async () => {
    const options = { cwd: project, env: await env(), maxBuffer: 2 ** 24 };
    const { stdout } = await run('npm', ['test'], options).catch((error) =>
      assert.fail(`${error.stdout}${error.stderr}`),
    );
    assert.match(stdout, /^# pass 3$/m);
    assert.match(stdout, /^# fail 0$/m);
    assert.deepEqual(
      readdirSync(project).sort(),
      readdirSync(join(projectRoot, EXAMPLE)).concat('node_modules').sort(),
    );
  }).timeout(120_000);

  it('has types that TypeScript takes', async () => {
    writeFileSync(join(project, 'typed.mts'), TYPED);
    const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
    await run(process.execPath, [tsc, ...flags, '--types', 'node', 'typed.mts'], {
      cwd: project,
    }).catch((error) => assert.fail(error.stdout));
  }).timeout(60_000);

  it('is told what to do where neo-go is not of the right version', async () => {
    const wrong = { ...(await env()), NEO_GO: process.execPath };
    const start = "import('dodona/testing').then(({ startDevnet }) => startDevnet())";
    const failed = run(process.execPath, ['-e', start], { cwd: project, env: wrong });
    await assert.rejects(failed, /NEO_GO=.* is not a neo-go: set it to a neo-go \d/);
  }).timeout(60_000);
});
