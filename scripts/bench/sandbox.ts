import assert from 'node:assert/strict';
import { createSandbox } from '../../src/sandbox/sandbox.js';
import type { BenchOptions } from './bench-options.js';
import {
  type BenchFunction,
  dirtyRunner,
  freshRunner,
  isolateRunner,
  ourRunner,
  type RunFunction,
} from './function-runners.js';
import { loadIsolatedVm } from './isolated-vm.js';
import type { BenchResult, Figure } from './report.js';
import { runSteady } from './run-steady.js';
import { median, percentile } from './statistics.js';

interface Sizes {
  /** Of the trivial function in each round; of the realistic one a tenth. */
  readonly executions: number;
  /** In isolated-vm. */
  readonly isolates: number;
  readonly warmUp: number;
  readonly rounds: number;
  readonly pooled: number;
  readonly steady: number;
}

const FULL: Sizes = {
  executions: 2_000,
  isolates: 100,
  warmUp: 2_000,
  rounds: 5,
  pooled: 2_000,
  steady: 10_000,
};
const QUICK: Sizes = {
  executions: 20,
  isolates: 5,
  warmUp: 20,
  rounds: 2,
  pooled: 20,
  steady: 160,
};
const REALISTIC_SHARE = 10;

const TRIVIAL: BenchFunction = {
  source: 'export default async ({ a }) => a + 1;',
  args: '{"a":1}',
};

/** Reads 20 kB of JSON, computes in integers, and formats. */
const REALISTIC: BenchFunction = {
  source: `const SCALE = 100000000n;
    const units = (text) => {
      const [whole, fraction = ''] = text.split('.');
      return BigInt(whole) * SCALE + BigInt(fraction.padEnd(8, '0'));
    };
    export default async ({ trades }) => {
      const byVenue = new Map();
      for (const { venue, price, amount } of trades) {
        const sums = byVenue.get(venue) ?? { value: 0n, amount: 0n };
        sums.value += units(price) * units(amount);
        sums.amount += units(amount);
        byVenue.set(venue, sums);
      }
      const means = [...byVenue].map(([venue, { value, amount }]) =>
        ({ venue, mean: value / amount }));
      means.sort((a, b) => (a.mean < b.mean ? -1 : 1));
      const show = (mean) => \`\${mean / SCALE}.\${String(mean % SCALE).padStart(8, '0')}\`;
      return { median: show(means[means.length >> 1].mean), of: means.map(({ venue }) => venue) };
    };`,
  args: JSON.stringify({
    trades: Array.from({ length: 250 }, (_, at) => ({
      id: 1_000_000 + at,
      venue: `venue-${at % 7}`,
      price: `4.${String(80_000_000 + at * 1_013)}`,
      amount: `${at % 90}.5`,
    })),
  }),
};

/** The ways to run a function that are compared; `ours` first. */
type Way = 'ours' | 'bareEval' | 'freshRuntime' | 'isolatedVm';

/** How long an execution takes in the sandbox, and in what it might have been made of instead. */
export async function runSandbox(options: BenchOptions): Promise<BenchResult> {
  const { quick, size, tell } = options;
  const sizes = { ...(quick ? QUICK : FULL), ...(size === undefined ? {} : { executions: size }) };
  const isolatedVm = await loadIsolatedVm(tell, !quick);
  const ways = new Map<Way, RunFunction>([
    ['ours', await ourRunner()],
    ['bareEval', await dirtyRunner()],
    ['freshRuntime', await freshRunner()],
  ]);
  if (isolatedVm !== null) ways.set('isolatedVm', isolateRunner(isolatedVm));
  await requireSameResults(ways);
  tell('a trivial function');
  const trivial = await measure(ways, TRIVIAL, sizes);
  tell('a realistic function');
  const fewer = (count: number): number => Math.ceil(count / REALISTIC_SHARE);
  const realistic = await measure(ways, REALISTIC, {
    ...sizes,
    executions: fewer(sizes.executions),
    warmUp: fewer(sizes.warmUp),
    isolates: fewer(sizes.isolates),
  });
  tell(`${sizes.pooled} executions through the threads`);
  const pooled = await measurePool(sizes.pooled);
  tell(`the memory of ${sizes.steady} executions`);
  const memory = await measureMemory(sizes.steady);
  return {
    bench: 'sandbox',
    summary:
      `${sizes.executions} executions (of the realistic function a tenth) in each of ` +
      `${sizes.rounds} rounds, all ways in turn on one thread, from the module's text to the ` +
      `result's; pooled ones through the node's threads`,
    figures: [
      ...figuresOf('trivial', trivial, true),
      ...figuresOf('realistic', realistic, false),
      ...pooled,
      ...memory,
    ],
    floor: [...comparedWith('trivial', trivial), ...comparedWith('realistic', realistic)],
  };
}

async function requireSameResults(ways: ReadonlyMap<Way, RunFunction>): Promise<void> {
  for (const call of [TRIVIAL, REALISTIC]) {
    const results = await Promise.all([...ways.values()].map((run) => run(call)));
    assert.equal(new Set(results).size, 1, `different results: ${results.join(' ')}`);
  }
}

/** Durations in microseconds. The ways take turns, so that what disturbs one disturbs all. */
async function measure(
  ways: ReadonlyMap<Way, RunFunction>,
  call: BenchFunction,
  sizes: Sizes,
): Promise<Map<Way, number[]>> {
  const durations = new Map<Way, number[]>([...ways.keys()].map((way) => [way, []]));
  for (let round = 0; round <= sizes.rounds; round++) {
    for (const [way, run] of ways) {
      const few = way === 'isolatedVm';
      const full = round === 0 ? sizes.warmUp : sizes.executions;
      const count = few ? Math.min(full, sizes.isolates) : full;
      for (let at = 0; at < count; at++) {
        const start = performance.now();
        const pending = run(call);
        if (typeof pending !== 'string') await pending;
        const tookUs = (performance.now() - start) * 1_000;
        if (round > 0) durations.get(way)?.push(tookUs);
      }
    }
  }
  return durations;
}

function figuresOf(
  name: string,
  durations: ReadonlyMap<Way, number[]>,
  hasTargets: boolean,
): Figure[] {
  const p50 = (way: Way): number => median(durations.get(way) ?? []);
  const target = (text: string) => (hasTargets ? { target: text } : {});
  const ours = p50('ours');
  const figures: Figure[] = [
    { name: `${name}P50`, value: ours, unit: 'us' },
    { name: `${name}P99`, value: percentile(durations.get('ours') ?? [], 0.99), unit: 'us' },
    {
      name: `${name}ToBareEval`,
      value: ours / p50('bareEval'),
      unit: 'x',
      ...target('<= 2'),
    },
    {
      name: `${name}FasterThanFreshRuntime`,
      value: p50('freshRuntime') / ours,
      unit: 'x',
      ...target('>= 4'),
    },
  ];
  if (!durations.has('isolatedVm')) return figures;
  const value = p50('isolatedVm') / ours;
  return [
    ...figures,
    { name: `${name}FasterThanIsolatedVm`, value, unit: 'x', ...target('>= 15') },
  ];
}

function comparedWith(name: string, durations: ReadonlyMap<Way, number[]>): Figure[] {
  return [...durations]
    .filter(([way]) => way !== 'ours')
    .flatMap(([way, samples]) => [
      { name: `${name}.${way}P50`, value: median(samples), unit: 'us' },
      { name: `${name}.${way}P99`, value: percentile(samples, 0.99), unit: 'us' },
    ]);
}

/** What a caller sees, through the threads, one call after the other. */
async function measurePool(count: number): Promise<Figure[]> {
  const sandbox = createSandbox({ workers: 2 });
  await sandbox.ready();
  const call = {
    ...TRIVIAL,
    requestId: '1',
    requester: '0x1',
    block: { index: 1, timeMs: 1_767_000_000_000 },
    seed: 'seed',
  };
  const host = {
    fetch: () => Promise.reject(new Error('nothing is fetched')),
    secret: () => Promise.reject(new Error('nothing is secret')),
  };
  const durations: number[] = [];
  for (let at = 0; at < count; at++) {
    const start = performance.now();
    const { end } = await sandbox.run(call, host);
    durations.push((performance.now() - start) * 1_000);
    if (end.kind !== 'returned') throw new Error(`the function did not return: ${end.kind}`);
  }
  await sandbox.close();
  return [
    { name: 'pooledP50', value: median(durations), unit: 'us' },
    { name: 'pooledP99', value: percentile(durations, 0.99), unit: 'us' },
  ];
}

/** What a process needs that runs functions of all sorts, and nothing else. */
async function measureMemory(count: number): Promise<Figure[]> {
  const { secondQuarterMb, lastQuarterMb } = await runSteady(count);
  const growth = lastQuarterMb / secondQuarterMb;
  return [
    { name: 'residentSecondQuarter', value: secondQuarterMb, unit: 'MiB' },
    { name: 'residentLastQuarter', value: lastQuarterMb, unit: 'MiB' },
    { name: 'residentGrowth', value: growth, unit: 'x', target: '<= 1.05' },
  ];
}
