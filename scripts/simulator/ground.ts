import { readBaseConfig } from './simulated-config.js';
import { emptyDatabase } from './simulated-disk.js';
import type { SimulationGround } from './simulation.js';

/** Made once a process. */
export const readGround = (): SimulationGround => ({
  config: readBaseConfig(),
  emptyDatabase: emptyDatabase(),
});
