/** Polls in a row that a source may fail before it is left alone for a while. */
export const FAILURES_TO_OPEN = 5;
/** It is left alone so long at first, and doubly with each further failure, up to the longest. */
export const FIRST_REST_MS = 30_000;
export const LONGEST_REST_MS = 600_000;

/** Whether a source is asked; a plain value, so that it can be kept anywhere. */
export interface Circuit {
  readonly failures: number;
  /** Not asked before; null while it is asked. */
  readonly restsUntilMs: number | null;
}

export const CLOSED: Circuit = { failures: 0, restsUntilMs: null };

export const mayAsk = ({ restsUntilMs }: Circuit, nowMs: number): boolean =>
  restsUntilMs === null || nowMs >= restsUntilMs;

/**
 * After one more failed poll. `random` in [0, 1) spreads the ends of rests, so that not all nodes
 * come back at once; `atLeastMs` is what the source itself asked for.
 */
export function afterFailure(
  { failures }: Circuit,
  nowMs: number,
  random: number,
  atLeastMs = 0,
): Circuit {
  const count = failures + 1;
  const beyond = count - FAILURES_TO_OPEN;
  const restMs =
    beyond < 0 ? 0 : Math.min(FIRST_REST_MS * 2 ** Math.min(beyond, 20), LONGEST_REST_MS);
  const spreadMs = Math.round(restMs * (0.5 + random / 2));
  const wantedMs = Math.max(spreadMs, Math.min(atLeastMs, LONGEST_REST_MS));
  return { failures: count, restsUntilMs: wantedMs === 0 ? null : nowMs + wantedMs };
}
