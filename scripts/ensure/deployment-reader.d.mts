import type { Steps } from './steps.mjs';

/** The path of a program that reads Dockerfiles, compose files and workflows, for tests. */
export function ensureDeploymentReader(options?: {
  steps?: Steps;
  env?: NodeJS.ProcessEnv;
}): Promise<string>;
