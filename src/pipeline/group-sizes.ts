/** How many requests are remembered; those that were halved the longest time ago are forgotten. */
const MAX_REMEMBERED = 4_096;

export type GroupSizes = ReturnType<typeof createGroupSizes>;

/**
 * How many may share a transaction with a request, where more could not be sent: half as many are
 * tried the next time, down to it alone. So no group is formed again that failed as a whole.
 */
export function createGroupSizes(max: number) {
  const sizes = new Map<bigint, number>();
  return {
    of: (id: bigint): number => sizes.get(id) ?? max,
    /** These could not be sent together. */
    halve(ids: readonly bigint[]): void {
      const half = Math.max(1, ids.length >> 1);
      for (const id of ids) {
        sizes.delete(id);
        sizes.set(id, half);
      }
      for (const oldest of sizes.keys()) {
        if (sizes.size <= MAX_REMEMBERED) return;
        sizes.delete(oldest);
      }
    },
    forget(ids: Iterable<bigint>): void {
      for (const id of ids) sizes.delete(id);
    },
  };
}
