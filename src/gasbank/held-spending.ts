/** What may hold work back that is paid from the wallet. */
export const HOLD_CAUSES = ['budget', 'floor', 'loss', 'signer', 'stopped'] as const;
export type HoldCause = (typeof HOLD_CAUSES)[number];

/** Work that waits, told for the operator. */
export interface HeldSpending {
  readonly cause: HoldCause;
  readonly reason: string;
  /** When it is tried again. */
  readonly untilMs: number;
}

export type HeldWork = ReturnType<typeof createHeldWork>;

/** Nothing is held for longer: what is said to be was noted by a clock that was ahead. */
const LONGEST_MS = 7_200_000;
/** A try may be late by so much and still count as the one that was waited for. */
const SLACK_MS = 2_000;

/** Remembers, of each cause, what was held last; forgets it when it is not held again. */
export function createHeldWork() {
  const held = new Map<HoldCause, HeldSpending>();
  return {
    note(spending: HeldSpending): void {
      held.set(spending.cause, spending);
    },
    /** What waits now. */
    list(nowMs: number): HeldSpending[] {
      return [...held.values()].filter(
        ({ untilMs }) => nowMs <= untilMs + SLACK_MS && untilMs <= nowMs + LONGEST_MS,
      );
    },
  };
}
