import type { Steps } from './steps.mjs';

/** The path of a promtool for tests; one is unpacked or built when there is none. */
export function ensurePromtool(options?: {
  steps?: Steps;
  env?: NodeJS.ProcessEnv;
  uid?: number;
}): Promise<string>;

/** The path of a Prometheus for tests, from the same package; null where none can be had. */
export function findPrometheus(options?: {
  steps?: Steps;
  env?: NodeJS.ProcessEnv;
  uid?: number;
}): Promise<string | null>;
