import type { Hash160 } from '../base/hash.js';

/** How many are remembered; who gave no reason for the longest time is forgotten first. */
export const MAX_SUSPECTS = 256;

export type Suspects = ReturnType<typeof createSuspects>;

/**
 * Contracts whose callback brought a transaction down, on trial or in a block. Their answers go
 * alone, and one at a time: in a shared transaction each would cost its neighbours, and the RPC
 * node, another round. Forgotten with the process: then they are found out again.
 */
export function createSuspects() {
  const suspects = new Set<Hash160>();
  return {
    add(requester: Hash160): void {
      suspects.delete(requester);
      suspects.add(requester);
      for (const oldest of suspects) {
        if (suspects.size <= MAX_SUSPECTS) return;
        suspects.delete(oldest);
      }
    },
    has: (requester: Hash160): boolean => suspects.has(requester),
    all: (): Hash160[] => [...suspects],
  };
}
