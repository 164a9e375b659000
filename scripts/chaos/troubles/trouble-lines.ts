import { setTimeout as delay } from 'node:timers/promises';
import type { SeededRandom } from '../../simulator/seeded-random.js';
import type { LineState } from '../tcp-proxy.js';
import type { MakeTrouble } from '../troubles.js';
import type { World } from '../world.js';

const WHICH = ['to the follower', 'to the block maker', 'both'] as const;

function chosenLines({ lines }: World, random: SeededRandom) {
  const which = random.pick(WHICH);
  return {
    which,
    lines: which === 'both' ? [...lines] : [lines[WHICH.indexOf(which)] ?? lines[0]],
  };
}

/** A line is in a state for a while, and passes again. */
const during =
  (state: LineState, leastMs: number, mostMs: number): MakeTrouble =>
  async (world, random) => {
    const { which, lines } = chosenLines(world, random);
    const lastsMs = random.between(leastMs, mostMs);
    for (const line of lines) line.become(state);
    await delay(lastsMs).finally(() => {
      for (const line of lines) line.become('pass');
    });
    return `${which}, ${(lastsMs / 1_000).toFixed(1)} s`;
  };

/** Cuts several times what is open. */
const cutting =
  (what: 'all' | 'webSockets'): MakeTrouble =>
  async (world, random) => {
    const times = random.between(1, 6);
    let count = 0;
    for (let time = 0; time < times; time++) {
      for (const line of world.lines) count += line.cut(what);
      await delay(random.between(50, 2_000));
    }
    return `${count} in ${times} times`;
  };

export const troubleLines = {
  'stall the network': during('stall', 2_000, 15_000),
  'half-open connections': during('swallow', 2_000, 12_000),
  'refuse connections': during('refuse', 2_000, 12_000),
  'cut the WebSockets': cutting('webSockets'),
  'cut all connections': cutting('all'),
} satisfies Record<string, MakeTrouble>;
