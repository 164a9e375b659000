/** A body up to this size is read in well under a millisecond. */
const MAX_QUICK_BODY_BYTES = 16 * 1024;
/** One up to this size, in less time than it takes to hand it to a thread and back. */
const MAX_INSTANT_BODY_BYTES = 4 * 1024;
/** As long as a request's filter may be. */
const MAX_INSTANT_PATH_CHARS = 128;
/** Names and places one after the other: it selects one value at most, and looks nowhere else. */
const ONE_VALUE = /^\$(?:\.[A-Za-z_][A-Za-z0-9_]*|\[\d{1,9}\]|\['[^'\\]*'\]|\["[^"\\]*"\])*$/;

/**
 * True for an evaluation that cannot take long: it reads a small body once and walks down to one
 * value, in either dialect. Any other may take seconds for all that can be told beforehand.
 */
export const isQuickFilter = (path: string, body: Uint8Array): boolean =>
  body.length <= MAX_QUICK_BODY_BYTES && ONE_VALUE.test(path);

/**
 * True for a quick evaluation that takes less than half a millisecond whatever the body holds
 * (measured on the worst of each kind), and some microseconds as a rule.
 */
export const isInstantFilter = (path: string, body: Uint8Array): boolean =>
  body.length <= MAX_INSTANT_BODY_BYTES &&
  path.length <= MAX_INSTANT_PATH_CHARS &&
  ONE_VALUE.test(path);
