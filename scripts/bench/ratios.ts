import type { BenchResult } from './report.js';

/** A figure that does not tell of the machine: what was measured to what no node can do without. */
export interface Ratio {
  readonly name: string;
  readonly better: 'lower' | 'higher';
  readonly value: number;
}

type Rule = readonly [name: string, better: Ratio['better'], over?: string];

/**
 * What `check` compares: figures that are ratios within one run, or two that are divided here, the
 * second (`over`) being what the first is measured against.
 */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  latency: [['overFloorP50', 'lower']],
  throughput: [
    // Not the answers a second: a fast machine's are a matter of whole blocks.
    ['nodeToChainCpu', 'lower'],
    ['nodeCpu', 'lower', 'floorChainCpu'],
  ],
  catchup: [['ratio', 'higher']],
  sandbox: [
    ['trivialToBareEval', 'lower'],
    ['trivialFasterThanFreshRuntime', 'higher'],
    ['realisticToBareEval', 'lower'],
    ['residentGrowth', 'lower'],
  ],
  ledger: [
    ['ratio', 'higher'],
    ['balanceGrowth', 'lower'],
    ['pageGrowth', 'lower'],
  ],
  // Of few it is the disk's time alone.
  automation: [['addedP50', 'lower', 'addedP50OfTenth']],
  random: [
    ['provingP50', 'lower', 'multiplicationP50'],
    ['checkingP50', 'lower', 'multiplicationP50'],
  ],
  prices: [['pairsPerSecond', 'higher', 'sortOnlyPairsPerSecond']],
  growth: [
    ['latencyRatio', 'lower'],
    ['start', 'lower', 'youngStart'],
  ],
  native: [
    ['latencyToNative', 'lower'],
    ['rateToNative', 'higher'],
    ['cpuToNative', 'lower'],
    ['gasToNative', 'lower'],
  ],
};

/** The ratios of a result. Throws when a figure is missing: a renamed one would not be compared. */
export function ratiosOf(result: BenchResult): Ratio[] {
  const values = new Map(
    [...result.figures, ...result.floor].map((each) => [each.name, each.value]),
  );
  const figureOf = (name: string): number => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`${result.bench} has no figure ${name}`);
    return value;
  };
  return (RULES[result.bench] ?? []).map(([name, better, over]) => {
    const value = figureOf(name) / (over === undefined ? 1 : figureOf(over));
    return { name: over === undefined ? name : `${name}/${over}`, better, value };
  });
}

/** How much worse one is than another, as a share: 0.25 is a quarter worse, below 0 is better. */
export function worseBy(measured: Ratio, committed: Ratio): number {
  return measured.better === 'lower'
    ? measured.value / committed.value - 1
    : 1 - measured.value / committed.value;
}
