import type { Steps } from './steps.mjs';

/** The path of a Chromium for tests; the system's package is installed when there is none. */
export function ensureChromium(options?: {
  steps?: Steps;
  env?: NodeJS.ProcessEnv;
  uid?: number;
}): Promise<string>;
