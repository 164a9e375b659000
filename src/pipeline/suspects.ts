import type { Hash160 } from '../base/hash.js';
import { createRecentSet } from './recent-set.js';

/** How many are remembered; who gave no reason for the longest time is forgotten first. */
export const MAX_SUSPECTS = 256;

export type Suspects = ReturnType<typeof createSuspects>;

/**
 * Contracts whose callback brought a transaction down, on trial or in a block. Their answers go
 * alone, and one at a time: in a shared transaction each would cost its neighbours, and the RPC
 * node, another round. Forgotten with the process: then they are found out again.
 */
export const createSuspects = () => createRecentSet<Hash160>(MAX_SUSPECTS);
