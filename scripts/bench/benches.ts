import type { BenchOptions } from './bench-options.js';
import type { BenchResult } from './report.js';

export type Bench = (options: BenchOptions) => Promise<BenchResult>;

/** Every benchmark that there is, by its name. Each is loaded alone, when it is asked for. */
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  latency: async () => (await import('./latency.js')).runLatency,
  throughput: async () => (await import('./throughput.js')).runThroughput,
  catchup: async () => (await import('./catchup.js')).runCatchup,
  sandbox: async () => (await import('./sandbox.js')).runSandbox,
  ledger: async () => (await import('./ledger.js')).runLedger,
  automation: async () => (await import('./automation.js')).runAutomation,
  random: async () => (await import('./random.js')).runRandom,
  prices: async () => (await import('./prices.js')).runPrices,
  growth: async () => (await import('./growth.js')).runGrowth,
  native: async () => (await import('./native.js')).runNative,
};

/** Those that a run of all leaves out: they take minutes and compare nothing with a floor. */
export const BENCHES_ALONE: typeof BENCHES = {
  load: async () => (await import('./load.js')).runLoad,
};

/** Sizes that a run of all takes, where the usual one takes minutes and says little more. */
export const SIZES_OF_ALL: Readonly<Record<string, number>> = { latency: 100 };
