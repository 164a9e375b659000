/** When a requester's callbacks are not called for a while. */
export interface InboxOnlyRule {
  /** So many FAULTs in blocks, each after a clean preflight; 0: never. */
  readonly faults: number;
  /** Within this time, and then for this time after the last of them. */
  readonly durationMs: number;
}

/** How far back faults may lie that count. */
export const lookBackMs = ({ durationMs }: InboxOnlyRule): number => 2 * durationMs;

/** A requester's faults that count, and until when its answers are kept for them; null: not. */
export function inboxOnlyUntil(
  faultsMs: readonly number[],
  { faults, durationMs }: InboxOnlyRule,
  nowMs: number,
): { readonly faults: number; readonly untilMs: number } | null {
  if (faults === 0) return null;
  // What is of the future was noted by a clock that was ahead: it would keep them away for ever.
  const sorted = faultsMs.filter((ms) => ms <= nowMs).sort((a, b) => a - b);
  for (let last = sorted.length - 1; last >= faults - 1; last--) {
    const [from, to] = [sorted[last - faults + 1] ?? 0, sorted[last] ?? 0];
    const untilMs = to + durationMs;
    if (untilMs <= nowMs) return null;
    if (to - from < durationMs) return { faults: last + 1, untilMs };
  }
  return null;
}

/** For histories and the status. */
export function describeInboxOnly(faults: number, untilMs: number): string {
  const until = new Date(untilMs).toISOString();
  return (
    `inbox only until ${until}: the requester's callbacks brought ${faults} transactions down ` +
    'that were clean on trial (gasbank.inboxOnly)'
  );
}
