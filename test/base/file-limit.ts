import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/**
 * Runs what writes files under a limit of their size, in bytes, for this whole process: as on a
 * disk that fills, a write takes a part, and the next one fails. `run` must not wait for anything.
 */
export function withFileLimit(bytes: number, run: () => void): void {
  setLimit(String(bytes));
  try {
    run();
  } finally {
    setLimit('unlimited');
  }
}

/** The soft limit, so that it can be lifted again. */
function setLimit(soft: string): void {
  const args = [`--pid=${process.pid}`, `--fsize=${soft}:`];
  const { status, stderr } = spawnSync('prlimit', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}
