import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

const EXECUTIONS = 10_000;
const LIMIT_MS = 120_000;

interface Steady {
  readonly residentMb: readonly number[];
  readonly lostThreads: number;
  readonly left: readonly string[];
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('10,000 executions', () => {
  it('leave memory as it was, no thread lost, and nothing open', async () => {
    const program = join(projectRoot, 'scripts', 'bench', 'sandbox-steady.ts');
    const args = ['--import', 'tsx', program, String(EXECUTIONS)];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: projectRoot,
      timeout: LIMIT_MS,
    });
    const { residentMb, lostThreads, left } = JSON.parse(stdout) as Steady;
    const quarter = residentMb.length / 4;
    const second = mean(residentMb.slice(quarter, 2 * quarter));
    const last = mean(residentMb.slice(3 * quarter));
    assert.ok(last <= second * 1.05, `${second} MiB, later ${last} MiB: ${residentMb.join(' ')}`);
    assert.equal(lostThreads, 0);
    assert.deepEqual(left, []);
  }).timeout(LIMIT_MS);
});
