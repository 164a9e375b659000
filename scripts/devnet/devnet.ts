import {
  type Devnet,
  type DevnetOptions,
  startDevnet as startBy,
} from '../../src/devnet/devnet.js';
import { ensureNeoGo } from '../ensure/neo-go.mjs';

export type { Devnet } from '../../src/devnet/devnet.js';

/** Starts a devnet by this checkout's neo-go; everything is in a block when it resolves. */
export const startDevnet = (options: Omit<DevnetOptions, 'neoGo'> = {}): Promise<Devnet> =>
  startBy({ ...options, neoGo: () => ensureNeoGo() });
