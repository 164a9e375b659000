import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

export const BENCH_LIMIT_MS = 120_000;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm run bench -- ARGUMENTS` without making the checkout ready first. */
export function bench(...args: readonly string[]): Promise<Ran> {
  return benchIn(process.env, ...args);
}

/** The same in another environment. */
export function benchIn(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Ran> {
  const script = join(projectRoot, 'scripts', 'bench.ts');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      cwd: projectRoot,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: BENCH_LIMIT_MS,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
