import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { NEO_GO_VERSION } from '../ensure/neo-go.mjs';
import { projectRoot } from '../ensure/paths.mjs';
import { type BenchResult, type Figure, machine } from './report.js';

/** A result with what its figures depend on. */
export interface KeptResult extends BenchResult {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** The checkout's; with "+" when sources were changed since. */
  readonly commit: string;
  readonly machine: string;
}

/** Results by the names of their benchmarks. */
export type KeptResults = Readonly<Record<string, KeptResult>>;

export const RESULTS_FILE = 'benchmarks.json';
/** What a figure is kept to: more would be noise that changes at each run. */
const SIGNIFICANT_DIGITS = 4;
const GB = 1e9;

/** Reads what was kept; nothing where there is no file. Throws on a file that is no such. */
export function readKept(folder: string): KeptResults {
  const file = join(folder, RESULTS_FILE);
  if (!existsSync(file)) return {};
  const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results?: KeptResults };
  if (results === undefined) {
    throw new Error(`${file}: expected the results of a former run; remove it to begin anew`);
  }
  return results;
}

/** Puts one result in the place of the former one of its benchmark. */
export function keep(folder: string, result: BenchResult, now: Date): KeptResults {
  const short = ({ value, ...rest }: Figure): Figure => {
    return { ...rest, value: Number(value.toPrecision(SIGNIFICANT_DIGITS)) };
  };
  const kept: KeptResult = {
    bench: result.bench,
    date: now.toISOString().slice(0, 10),
    commit: commitNow(),
    machine: `${machine()}, ${Math.round(totalmem() / GB)} GB, neo-go ${NEO_GO_VERSION}`,
    summary: result.summary,
    figures: result.figures.map(short),
    floor: result.floor.map(short),
  };
  const results = { ...readKept(folder), [result.bench]: kept };
  writeFileSync(join(folder, RESULTS_FILE), `${JSON.stringify({ results }, null, 2)}\n`);
  return results;
}

function commitNow(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'scripts', 'contracts');
    return `${git('rev-parse', '--short=10', 'HEAD')}${changed === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}
