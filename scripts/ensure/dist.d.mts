import type { Steps } from './steps.mjs';

/** Whether dist/ was built from the sources as they are. */
export function isDistCurrent(root: string): boolean;

/** Builds dist/ when it was built from other sources; throws a SetupError on type errors. */
export function ensureDist(root: string, steps: Steps): Promise<void>;
