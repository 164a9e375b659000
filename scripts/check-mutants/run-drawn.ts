import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commitNow } from '../simulator/run-blocks.js';
import { belongingTests } from './belonging-tests.js';
import { describeMutant, type Mutant } from './derive-mutants.js';
import { drawMutants, keyOf } from './draw-mutants.js';
import { EXPLAINED_MUTANTS, explains } from './explained-mutants.js';
import { nodeMutants } from './mutated-sources.js';
import { type MutantRun, runMutants, type Verdict } from './run-mutants.js';

/** Of those drawn, this share must be killed. */
const LEAST_KILLED_PERCENT = 95;

export interface DrawnRun {
  readonly root: string;
  readonly count: number;
  /** Draws; without it the one that is checked out. */
  readonly commit?: string | undefined;
  /** What was found out is kept here, a line for each mutant, and not found out again. */
  readonly results?: string | undefined;
  readonly seeds: number;
  readonly histories: number;
  readonly jobs: number;
  /** Only tell which are drawn. */
  readonly list: boolean;
}

/** Draws mutants, runs tests and simulator on each and tells what came of it: the exit code. */
export async function runDrawn(options: DrawnRun): Promise<number> {
  const { root, count, list } = options;
  const commit = options.commit ?? commitNow();
  if (commit === null) throw new Error('there is no repository: say --commit HASH');
  const all = nodeMutants(root);
  const originalOf = (file: string): string => readFileSync(join(root, file), 'utf8');
  const drawn = drawMutants(all, commit, count, originalOf);
  console.log(`${drawn.length} of ${all.length} mutants are drawn by ${commit}`);
  if (list) {
    for (const mutant of drawn) console.log(describeMutant(mutant));
    return 0;
  }
  const file = options.results ?? join(root, '.cache', 'mutants', `${commit}.jsonl`);
  const verdicts = readVerdicts(file);
  const waiting = drawn.filter((mutant) => !verdicts.has(keyOf(mutant)));
  const testsOf = belongingTests(root);
  const files = [...new Set(waiting.map((mutant) => mutant.file))];
  const allTests = [...new Set(files.flatMap(testsOf))];
  const onRun = ({ mutant, killedBy, what }: MutantRun): void => {
    const key = keyOf(mutant);
    verdicts.set(key, { killedBy, what });
    const { file: of, line, code, change } = mutant;
    appendFileSync(file, `${JSON.stringify({ key, killedBy, what, of, line, change, code })}\n`);
    const done = drawn.filter((each) => verdicts.has(keyOf(each))).length;
    console.error(`${done}/${drawn.length} ${killedBy ?? 'LIVED'}: ${describeMutant(mutant)}`);
  };
  mkdirSync(dirname(file), { recursive: true });
  if (waiting.length > 0) {
    const tests = (mutant: Mutant | null) => (mutant === null ? allTests : testsOf(mutant.file));
    await runMutants(waiting, { ...options, testsOf: tests, onRun });
  }
  return tell(drawn, verdicts);
}

/** Of a run before; a line that was cut off by its end is left out. */
function readVerdicts(file: string): Map<string, Verdict> {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return new Map(
    lines
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Verdict & { readonly key: string })
      .map(({ key, killedBy, what }) => [key, { killedBy, what }]),
  );
}

function tell(drawn: readonly Mutant[], verdicts: ReadonlyMap<string, Verdict>): number {
  const lived = drawn.filter((mutant) => verdicts.get(keyOf(mutant))?.killedBy === null);
  for (const by of ['tests', 'simulator', 'time'] as const) {
    const killed = drawn.filter((mutant) => verdicts.get(keyOf(mutant))?.killedBy === by);
    console.log(`${String(killed.length).padStart(6)} killed by ${by}`);
  }
  const percent = (100 * (drawn.length - lived.length)) / Math.max(1, drawn.length);
  console.log(`${String(lived.length).padStart(6)} lived: ${percent.toFixed(1)} % were killed`);
  let unexplained = 0;
  for (const mutant of lived) {
    const known = EXPLAINED_MUTANTS.find((one) => explains(one, mutant));
    if (known === undefined) unexplained += 1;
    console.log(`${describeMutant(mutant)}\n    ${known?.why ?? 'NOT EXPLAINED'}`);
  }
  return unexplained > 0 || percent < LEAST_KILLED_PERCENT ? 1 : 0;
}
