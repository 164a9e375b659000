/** The places between which a kill must change no outcome. */
export const CRASH_POINTS = [
  'taken in',
  'resolved',
  'signed',
  'persisted',
  'broadcast',
  'confirmed',
] as const;

/** Called at each of them. A test's kills the process there; the node's does nothing. */
export type CrashPoint = (at: (typeof CRASH_POINTS)[number]) => void;

export const noCrash: CrashPoint = () => {};
