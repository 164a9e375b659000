import type { Steps } from './steps.mjs';

/** The path of a Chromium for tests; one is installed or downloaded when there is none. */
export function ensureChromium(options?: {
  steps?: Steps;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  platform?: string;
}): Promise<string>;
