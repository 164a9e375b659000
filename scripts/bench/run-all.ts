import { systemClock } from '../../src/base/clock.js';
import { messageOf } from '../../src/base/node-error.js';
import { benchInProcess } from './bench-process.js';
import { SIZES_OF_ALL } from './benches.js';
import { writePage } from './benchmarks-page.js';
import { keep, readKept } from './kept-results.js';
import { type Ratio, ratiosOf, worseBy } from './ratios.js';
import type { BenchResult } from './report.js';

export interface ManyOptions {
  readonly names: readonly string[];
  readonly quick: boolean;
  /** Holds the results, and gets the page's tables and the plot. */
  readonly folder: string;
  readonly tell: (line: string) => void;
}

/** Twice what the longest takes on two cores that many others use, too. */
const LIMIT_MS = 20 * 60_000;

const run = (name: string, quick: boolean): Promise<BenchResult> =>
  benchInProcess(name, {
    quick,
    size: quick ? undefined : SIZES_OF_ALL[name],
    limitMs: LIMIT_MS,
  });

/**
 * Runs benchmarks one after the other and writes each one's figures as soon as it is done, in the
 * place of its former ones. Resolves to the names of those that failed, with the reasons: they
 * keep their former figures.
 */
export async function runAll(options: ManyOptions): Promise<ReadonlyMap<string, string>> {
  const { names, quick, folder, tell } = options;
  const failures = new Map<string, string>();
  for (const [at, name] of names.entries()) {
    tell(`${name} (${at + 1} of ${names.length})`);
    const startMs = systemClock.monotonicMs();
    try {
      writePage(folder, keep(folder, await run(name, quick), new Date()));
      tell(`${name}: done in ${Math.round((systemClock.monotonicMs() - startMs) / 1_000)} s`);
    } catch (error) {
      failures.set(name, messageOf(error));
      tell(`${name} failed, the others go on: ${messageOf(error)}`);
    }
  }
  return failures;
}

/** More than that worse than committed is a regression. */
const TOLERANCE = 0.2;
/** One that looks worse is run so often before it is believed: noise passes, a fault stays. */
const ATTEMPTS = 3;

/** A ratio that was too bad in every attempt. */
export interface Regression {
  readonly bench: string;
  readonly committed: Ratio;
  /** The best of the attempts. */
  readonly measured: Ratio;
}

export interface CheckResult {
  readonly regressions: readonly Regression[];
  /** Benchmarks that gave no figures, by name, with the reason. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Runs benchmarks and compares their ratios with the committed ones. Writes nothing. */
export async function checkAll(options: ManyOptions): Promise<CheckResult> {
  const { names, folder, tell } = options;
  const kept = readKept(folder);
  const failures = new Map<string, string>();
  const regressions: Regression[] = [];
  for (const [at, name] of names.entries()) {
    tell(`${name} (${at + 1} of ${names.length})`);
    const committed = kept[name];
    if (committed === undefined) {
      failures.set(name, `no figures of it are committed: npm run bench -- all --only ${name}`);
      continue;
    }
    try {
      regressions.push(...(await checkOne(name, ratiosOf(committed), options)));
    } catch (error) {
      failures.set(name, messageOf(error));
    }
  }
  return { regressions, failures };
}

async function checkOne(
  bench: string,
  committed: readonly Ratio[],
  { quick, tell }: ManyOptions,
): Promise<Regression[]> {
  let open = committed.map((each) => ({ bench, committed: each, measured: each, tried: false }));
  for (let attempt = 1; attempt <= ATTEMPTS && open.length > 0; attempt++) {
    if (attempt > 1) tell(`${bench} once more, attempt ${attempt} of ${ATTEMPTS}`);
    const measured = new Map(ratiosOf(await run(bench, quick)).map((each) => [each.name, each]));
    open = open.flatMap((each) => {
      const now = measured.get(each.committed.name);
      if (now === undefined) throw new Error(`bug: ${bench} lost ${each.committed.name}`);
      const worse = worseBy(now, each.committed);
      tell(`${bench}: ${comparison(each.committed, now)}${worse > TOLERANCE ? ', too bad' : ''}`);
      if (worse <= TOLERANCE) return [];
      const isBetter = !each.tried || worseBy(now, each.measured) < 0;
      return [{ ...each, measured: isBetter ? now : each.measured, tried: true }];
    });
  }
  return open;
}

/** E.g. "overFloorP50 was 3.7, is 4.1: 11 % worse". */
export function comparison(committed: Ratio, measured: Ratio): string {
  const percent = Math.round(100 * worseBy(measured, committed));
  const [was, is] = [committed, measured].map(({ value }) => Number(value.toPrecision(3)));
  const word =
    percent > 0 ? `${percent} % worse` : percent < 0 ? `${-percent} % better` : 'the same';
  return `${committed.name} was ${was}, is ${is}: ${word}`;
}
