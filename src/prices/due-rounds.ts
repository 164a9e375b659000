/** A round that is to be published. */
export interface DueRound {
  readonly pair: string;
  /** With 8 decimals. */
  readonly price: bigint;
  /** Of the sources; what is published is never after the block's time. */
  readonly timestampMs: number;
  readonly confidenceBps: number;
  /** Why, for the log. */
  readonly why: string;
  /** The round that was on the chain when it was decided; null: none. */
  readonly after: bigint | null;
}

export type DueRounds = ReturnType<typeof createDueRounds>;

/** What polls found due, newest word of each pair, oldest pair first. */
export function createDueRounds() {
  const byPair = new Map<string, DueRound>();
  return {
    offer: (round: DueRound): void => void byPair.set(round.pair, round),
    withdraw: (pair: string): void => void byPair.delete(pair),
    list: (): readonly DueRound[] => [...byPair.values()],
  };
}
