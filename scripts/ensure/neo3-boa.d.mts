import type { Steps } from './steps.mjs';

/** A folder with neo3-boa for PYTHONPATH, which is downloaded when there is none. */
export function ensureNeo3Boa(options?: {
  steps?: Steps;
  env?: NodeJS.ProcessEnv;
}): Promise<string>;

/** Compiles a contract in Python: FILE.py becomes FILE.nef and FILE.manifest.json beside it. */
export function compilePython(
  file: string,
  options?: { steps?: Steps; env?: NodeJS.ProcessEnv },
): Promise<void>;
