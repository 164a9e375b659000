import {
  type OwnPrivateNetwork,
  type PrivateNetworkOptions,
  startPrivateNetwork as startBy,
} from '../../src/devnet/private-network.js';
import { ensureNeoGo } from '../ensure/neo-go.mjs';

export * from '../../src/devnet/private-network.js';

/** Starts a network of its own by this checkout's neo-go, on free ports of 127.0.0.1. */
export const startPrivateNetwork = (
  options: Omit<PrivateNetworkOptions, 'neoGo'> = {},
): Promise<OwnPrivateNetwork> => startBy({ ...options, neoGo: () => ensureNeoGo() });
