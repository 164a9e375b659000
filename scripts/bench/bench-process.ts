import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchResult } from './report.js';

export interface ProcessOptions {
  readonly quick: boolean;
  readonly size?: number | undefined;
  /** After that it is ended, and has failed. */
  readonly limitMs: number;
}

const SCRIPT = fileURLToPath(new URL('../bench.ts', import.meta.url));
/** For a benchmark to end what it started. */
const GRACE_MS = 15_000;

/**
 * Runs one benchmark in a process of its own, which ends with this one: the engine of each is
 * fresh, and one that fails or hangs takes no other with it. Throws with the reason when it fails;
 * what it does goes to standard error.
 */
export async function benchInProcess(name: string, options: ProcessOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'dodona-bench-'));
  const file = join(folder, 'result.json');
  const { quick, size, limitMs } = options;
  const sized = size === undefined ? [] : ['--size', String(size)];
  const args = ['--import', 'tsx', SCRIPT, name, '--out', file, ...sized];
  const child = spawn(process.execPath, quick ? [...args, '--quick'] : args, {
    // By the channel it learns that this process is gone.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let lastLine = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text);
    lastLine = text.trimEnd().split('\n').at(-1) ?? lastLine;
  });
  let isLate = false;
  const timers = [
    setTimeout(() => {
      isLate = true;
      child.kill('SIGTERM');
    }, limitMs),
    setTimeout(() => child.kill('SIGKILL'), limitMs + GRACE_MS),
  ];
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (isLate) throw new Error(`${name} was ended: it took more than ${limitMs / 1_000} s`);
    if (code !== 0) throw new Error(`${name} ended with code ${code}: ${lastLine}`);
    return JSON.parse(readFileSync(file, 'utf8')) as BenchResult;
  } finally {
    for (const timer of timers) clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}
