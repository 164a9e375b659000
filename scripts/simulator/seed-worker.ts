/** Runs seeds in a process of its own: each message in is a seed, each message out its result. */
import { setMaxListeners } from 'node:events';
import { readGround } from './ground.js';
import { runSeed } from './run-seed.js';

// One signal is listened to by all that a simulated process waits for.
setMaxListeners(0);
const ground = readGround();

process.on('message', (seed: number) => {
  runSeed(seed, ground).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());
