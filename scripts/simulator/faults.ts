import type { SeededRandom } from './seeded-random.js';

/** Everything that is made to go wrong, and how often of so many chances where it does at all. */
export const FAULTS = {
  'rpc unreachable': 0.02,
  'rpc stalled': 0.01,
  'rpc answer lost': 0.01,
  'rpc answer garbled': 0.01,
  'rpc status 5xx': 0.02,
  'rpc error answered': 0.02,
  'rpc slow': 0.05,
  'endpoint lags': 0.1,
  'endpoint lies about its height': 0.05,
  'endpoint loses transactions': 0.1,
  'endpoint lies about preflights': 0.02,
  'endpoint tells impossible events': 0.2,
  'notice lost': 0.3,
  'notice twice': 0.3,
  'notice late': 0.3,
  'notices end': 0.3,
  'transaction dropped': 0.1,
  'transaction late': 0.15,
  'transaction never': 0.1,
  'transaction faulted': 0.1,
  'policy changed': 0.05,
  'clock jumped': 0.05,
  'disk full': 0.004,
  'database busy': 0.004,
  'disk broken': 0.002,
  'process killed': 0.1,
  'power cut': 0.06,
  'node stopped': 0.08,
  'web trouble': 0.2,
  'price source lies': 0.15,
  'endpoint tells what could be true': 0.2,
} as const;

export type FaultName = keyof typeof FAULTS;

/** What goes wrong in one simulation. */
export interface Faults {
  /** True where it is to go wrong now; counted. */
  strikes(name: FaultName): boolean;
  /** Whether it may go wrong in this simulation at all. */
  isOn(name: FaultName): boolean;
  /** From now on all is well. */
  end(): void;
  counts(): Readonly<Record<FaultName, number>>;
}

const NAMES = Object.keys(FAULTS) as FaultName[];

/**
 * Chooses which faults there are besides those that there always are, each in one simulation of
 * three and now and then all or none of them: what hides behind another fault shows where that one
 * is missing.
 */
export function createFaults(random: SeededRandom, always: readonly FaultName[] = []): Faults {
  const choice = random.fork('which');
  const mood = choice.next();
  const share = mood < 0.05 ? 0 : mood < 0.1 ? 1 : 0.3;
  const rates = new Map(
    NAMES.map((name) => {
      const strength = choice.pick([0.3, 1, 3]);
      const isOn = choice.chance(share) || always.includes(name);
      return [name, isOn ? Math.min(0.6, FAULTS[name] * strength) : 0];
    }),
  );
  const streams = new Map(NAMES.map((name) => [name, random.fork(name)]));
  const counts = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<FaultName, number>;
  let isOver = false;
  return {
    strikes(name) {
      const rate = rates.get(name) ?? 0;
      if (isOver || rate === 0 || !streams.get(name)?.chance(rate)) return false;
      counts[name] += 1;
      return true;
    },
    isOn: (name) => (rates.get(name) ?? 0) > 0,
    end() {
      isOver = true;
    },
    counts: () => counts,
  };
}
