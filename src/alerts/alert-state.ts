/** Where an alert of one series stands. */
export interface AlertState {
  /** Since when its condition has held without a break. */
  readonly sinceMs: number;
  /** Since when it fires; null while its time is not up. */
  readonly firingSinceMs: number | null;
  /** Since when its condition has no longer held, though it still counts as firing. */
  readonly calmSinceMs: number | null;
  /** When it was told of last; null: not yet. */
  readonly toldMs: number | null;
}

export interface AlertRules {
  /** The condition must hold for so long before it fires. */
  readonly forMs: number;
  /** It must have ended for so long before it counts as over: what flickers is told of once. */
  readonly calmMs: number;
  /** While it fires it is told of again so often. */
  readonly repeatMs: number;
}

export type AlertMessageKind = 'firing' | 'repeated' | 'resolved';

export interface AlertStep {
  /** Null: it is forgotten. */
  readonly state: AlertState | null;
  /** What is to be told; null: nothing. */
  readonly tell: AlertMessageKind | null;
}

/** What one look makes of an alert. A time that jumps back begins no wait anew. */
export function stepAlert(
  state: AlertState | null,
  holds: boolean,
  nowMs: number,
  rules: AlertRules,
): AlertStep {
  if (state === null) {
    if (!holds) return { state: null, tell: null };
    const begun = { sinceMs: nowMs, firingSinceMs: null, calmSinceMs: null, toldMs: null };
    return holding(begun, nowMs, rules);
  }
  if (holds) return holding({ ...state, calmSinceMs: null }, nowMs, rules);
  if (state.firingSinceMs === null) return { state: null, tell: null };
  const calmSinceMs = state.calmSinceMs ?? nowMs;
  if (nowMs - calmSinceMs < rules.calmMs) return { state: { ...state, calmSinceMs }, tell: null };
  return { state: null, tell: state.toldMs === null ? null : 'resolved' };
}

function holding(state: AlertState, nowMs: number, { forMs, repeatMs }: AlertRules): AlertStep {
  if (state.firingSinceMs === null) {
    if (nowMs - state.sinceMs < forMs) return { state, tell: null };
    return { state: { ...state, firingSinceMs: nowMs, toldMs: nowMs }, tell: 'firing' };
  }
  if (state.toldMs !== null && nowMs - state.toldMs < repeatMs) return { state, tell: null };
  return { state: { ...state, toldMs: nowMs }, tell: 'repeated' };
}
