export { durationText } from '../base/duration.js';

/** A point in time to the second, UTC: 2025-01-02 03:04:05. */
export const timeText = (atMs: number): string =>
  new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
