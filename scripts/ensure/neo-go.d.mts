import type { Steps } from './steps.mjs';

/** The one version of neo-go: its compiler writes it into each .nef. */
export const NEO_GO_VERSION: string;

/** The path of a neo-go of the pinned version, which is fetched or built when there is none. */
export function ensureNeoGo(options?: {
  steps?: Steps;
  env?: NodeJS.ProcessEnv;
  platform?: string;
}): Promise<string>;
