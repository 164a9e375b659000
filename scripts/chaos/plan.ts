import type { SeededRandom } from '../simulator/seeded-random.js';

/** What can be done to a node, its chain and the lines between. */
export const TROUBLES = [
  'kill the node',
  'kill the node while it starts',
  'kill the node while it stops',
  'stop the node',
  'fill the disk',
  'restore a backup',
  'rotate the node key, killed',
  'freeze the node',
  'kill neo-go',
  'freeze neo-go',
  'restart the block maker',
  'stall the network',
  'half-open connections',
  'cut the WebSockets',
  'cut all connections',
  'refuse connections',
  'rotate the node key',
  'rotate the random key',
  'rotate the vault keys',
] as const;
export type Trouble = (typeof TROUBLES)[number];

/** These end the node's process, or may. */
const DEADLY: ReadonlySet<Trouble> = new Set<Trouble>([
  'kill the node',
  'kill the node while it starts',
  'kill the node while it stops',
  'stop the node',
  'fill the disk',
  'restore a backup',
  'rotate the node key, killed',
]);

/** These may come while another trouble lasts. */
const BESIDE: readonly Trouble[] = [
  'kill neo-go',
  'stall the network',
  'half-open connections',
  'cut the WebSockets',
  'cut all connections',
  'refuse connections',
];
const BESIDE_SHARE = 0.35;

/** What comes beside a trouble, if anything. */
export function besideOf(random: SeededRandom, trouble: Trouble): Trouble | null {
  if (!random.chance(BESIDE_SHARE)) return null;
  // Two of the lines would end one another.
  const others = BESIDE.includes(trouble) ? BESIDE.slice(0, 1) : BESIDE;
  const beside = random.pick(others);
  return beside === trouble ? null : beside;
}

export interface Plan {
  /** Those that end the node's process, each at least once, with others between. */
  readonly first: readonly Trouble[];
  /** Those that leave it alive, each at least once: its memory can be watched meanwhile. */
  readonly second: readonly Trouble[];
  /** Of each part, how many must be: the rest is for as long as there is time. */
  readonly mustFirst: number;
  readonly mustSecond: number;
  /** Whether further trouble comes beside one. */
  readonly allowsBeside: boolean;
}

/** More than there is time for, in any run. */
const ROUNDS = 50;

/** The order of troubles, by the seed alone. `chosen` are the only ones when given. */
export function planOf(random: SeededRandom, chosen: readonly Trouble[] = TROUBLES): Plan {
  const isCalm = (trouble: Trouble): boolean => !DEADLY.has(trouble);
  const deadly = chosen.filter((trouble) => !isCalm(trouble));
  const calm = chosen.filter(isCalm);
  const first = Array.from({ length: ROUNDS }, (_, round) => {
    // What does not kill comes in the second part, too: here it only stands between the others.
    const between = round === 0 ? calm.filter(() => random.chance(0.3)) : calm;
    return shuffled(random, [...deadly, ...between]);
  });
  const second = Array.from({ length: ROUNDS }, () => shuffled(random, calm));
  return {
    first: first.flat(),
    second: second.flat(),
    mustFirst: first[0]?.length ?? 0,
    mustSecond: calm.length,
    allowsBeside: chosen === TROUBLES,
  };
}

function shuffled<T>(random: SeededRandom, list: readonly T[]): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(random.below(rest.length), 1)[0] as T);
}
