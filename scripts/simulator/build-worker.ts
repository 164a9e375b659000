import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface BuiltWorker {
  readonly file: string;
  /** Equal for equal histories: SHA-256, in hex, over it and the versions of what it runs on. */
  readonly code: string;
  remove(): void;
}

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * The process that runs seeds as one file, out of the sources as they are now. What compiles files
 * as they are loaded gives a function its name anew whenever it is made, and that took a third of a
 * simulation's time. `root` is the checkout that it is built from and runs in.
 */
export async function buildWorker(root = ROOT): Promise<BuiltWorker> {
  const work = join(root, '.cache');
  mkdirSync(work, { recursive: true });
  const folder = mkdtempSync(join(work, 'simulator-'));
  const file = join(folder, 'seed-worker.mjs');
  await build({
    entryPoints: [join(root, 'scripts', 'simulator', 'seed-worker.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    absWorkingDir: root,
    logLevel: 'error',
  });
  const code = createHash('sha256')
    .update(readFileSync(file))
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(JSON.stringify([process.versions, process.arch]))
    .digest('hex');
  return { file, code, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
