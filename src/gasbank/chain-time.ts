/**
 * The time by the blocks: what budgets are counted by. The node's own clock may be wrong, and then
 * be put right: neither may give a budget back that was spent, nor keep one that is free.
 */
export interface ChainTime {
  /** Of the latest block, in milliseconds since 1970; before the first one, what the clock says. */
  nowMs(): number;
  /** To be called with the time of a block that was taken in; null where it is not known. */
  note(blockMs: number | null): void;
}

export function createChainTime(clockMs: () => number): ChainTime {
  let latestMs: number | null = null;
  return {
    nowMs: () => latestMs ?? clockMs(),
    note(blockMs) {
      // Times of blocks ascend: an endpoint that says otherwise sets nothing back.
      if (blockMs !== null) latestMs = Math.max(latestMs ?? blockMs, blockMs);
    },
  };
}
