import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

const LIMIT_MS = 240_000;
const SCRIPT = join(projectRoot, 'scripts', 'chaos.ts');

function chaos(
  ...args: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out: out.join(''), err: err.join('') }));
  });
}

describe('npm run chaos', function () {
  this.timeout(LIMIT_MS);

  it('troubles a node of the built program, and finds that all promises held', async () => {
    const only = 'kill the node, kill neo-go';
    const { code, out, err } = await chaos(
      ...['--minutes', '0', '--seed', '1', '--only', only, '--json'],
    );
    assert.equal(code, 0, err);
    const told = JSON.parse(out) as Record<string, unknown> & {
      checks: { name: string; ok: boolean }[];
      requests: Record<string, number>;
    };
    assert.deepEqual([told.ok, told.seed, told.failures], [true, 1, []]);
    assert.deepEqual(told.troubles, { 'kill the node': 1, 'kill neo-go': 1 });
    assert.ok(told.checks.length >= 10);
    assert.ok((told.requests.HttpRequest ?? 0) > 0);
    assert.match(err, /All held\./);
  });

  it('says which troubles there are when asked for another', async () => {
    const { code, err } = await chaos('--only', 'kill the cat');
    assert.equal(code, 1);
    assert.match(err, /"kill the cat" is none of: kill the node, /);
  });
});
