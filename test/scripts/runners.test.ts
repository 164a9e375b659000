import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dodona-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function start(script: string, ...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const file = join(projectRoot, 'scripts', script);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.resume();
  const ended = once(child, 'close').then(([code]) => ({ code: Number(code), stdout }));
  return { child, ended };
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
}

describe('run.mjs', () => {
  it('hands arguments on, keeps the exit code, and leaves standard output to the script', async () => {
    const script = write('script.mts', 'console.log(process.argv[2]); process.exit(75);');
    assert.deepEqual(await start('run.mjs', script, 'hello').ended, {
      code: 75,
      stdout: 'hello\n',
    });
  });

  it('hands SIGTERM on and waits for the script to end', async () => {
    const script = write(
      'script.mts',
      `process.on('SIGTERM', () => { console.log('stopping'); process.exit(3); });
       setInterval(() => {}, 1000);
       console.log('started');`,
    );
    const { child, ended } = start('run.mjs', script);
    if (child.stdout === null) assert.fail('no output');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, { code: 3, stdout: 'started\nstopping\n' });
  });
});

describe('npm test', () => {
  const lastLine = (stdout: string) => stdout.trimEnd().split('\n').at(-1);

  it('ends with the figures of the run, and with 0 when all passed', async () => {
    const file = write('good.test.ts', "it('adds', () => {}); it('subtracts', () => {});");
    const { code, stdout } = await start('test.mjs', file).ended;
    assert.equal(lastLine(stdout), '2 passed, 0 failed');
    assert.equal(code, 0);
  });

  it('ends with 1 when a test failed, when none ran, and when a file does not load', async () => {
    const bad = write('bad.test.ts', "it('adds', () => { throw new Error('no'); });");
    const failed = await start('test.mjs', bad).ended;
    assert.equal(lastLine(failed.stdout), '0 passed, 1 failed');
    assert.equal(failed.code, 1);

    const none = await start('test.mjs', write('none.test.ts', 'export {};')).ended;
    assert.equal(lastLine(none.stdout), '0 passed, 0 failed');
    assert.equal(none.code, 1);

    const broken = await start('test.mjs', write('broken.test.ts', "import './gone.js';")).ended;
    assert.match(lastLine(broken.stdout) ?? '', /^0 passed, [1-9] failed$/);
    assert.equal(broken.code, 1);
  });
});
