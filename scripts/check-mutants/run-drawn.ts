import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commitNow } from '../simulator/run-blocks.js';
import { belongingTests, nodeTestsOf } from './belonging-tests.js';
import { describeMutant, type Mutant } from './derive-mutants.js';
import { drawMutants, keyOf } from './draw-mutants.js';
import type { Verdict } from './judge-mutant.js';
import { nodeMutants } from './mutated-sources.js';
import { reportOf, tellReport } from './report-drawn.js';
import { type MutantRun, runMutants } from './run-mutants.js';

export interface DrawnRun {
  readonly root: string;
  readonly count: number;
  /** Draws; without it the one that is checked out. */
  readonly commit?: string | undefined;
  /** What was found out is kept here, a line for each mutant, and not found out again. */
  readonly results?: string | undefined;
  /** Where to write what came of them, as JSON. */
  readonly report?: string | undefined;
  readonly seeds: number;
  readonly histories: number;
  readonly jobs: number;
  /** Only tell which are drawn. */
  readonly list: boolean;
  /** Leave out the tests on a blockchain node, which take most of the time of those that live. */
  readonly quick: boolean;
  /** Run those that lived again: tests may be there now that notice them. */
  readonly again: boolean;
  /** Run those alone in whose place and change ("src/a/b.ts:12: > becomes >=") this stands. */
  readonly file?: string | undefined;
}

/** Draws mutants, runs tests and simulator on each and tells what came of it: the exit code. */
export async function runDrawn(options: DrawnRun): Promise<number> {
  const { root, count, list, again } = options;
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
  const isOpen = (verdict: Verdict | undefined): boolean =>
    verdict === undefined || (again && verdict.killedBy === null);
  const waiting = drawn
    .filter((mutant) => describeMutant(mutant).includes(options.file ?? ''))
    .filter((mutant) => isOpen(verdicts.get(keyOf(mutant))));
  const testsOf = belongingTests(root);
  const files = [...new Set(waiting.map((mutant) => mutant.file))];
  const allTests = [...new Set(files.flatMap((file) => testsOf(file).flat()))];
  const onRun = ({ mutant, killedBy, what, seconds }: MutantRun): void => {
    const key = keyOf(mutant);
    verdicts.set(key, { killedBy, what });
    const { file: of, line, code, change } = mutant;
    const kept = { key, killedBy, what, seconds, of, line, change, code };
    appendFileSync(file, `${JSON.stringify(kept)}\n`);
    const done = drawn.filter((each) => verdicts.has(keyOf(each))).length;
    console.error(`${done}/${drawn.length} ${killedBy ?? 'LIVED'}: ${describeMutant(mutant)}`);
  };
  mkdirSync(dirname(file), { recursive: true });
  if (waiting.length > 0) {
    const tests = (mutant: Mutant | null) => (mutant === null ? [allTests] : testsOf(mutant.file));
    const onNode = (mutant: Mutant | null) => [
      ...new Set((mutant === null ? files : [mutant.file]).flatMap(nodeTestsOf)),
    ];
    const nodeTests = options.quick ? {} : { nodeTestsOf: onNode };
    await runMutants(waiting, { ...options, ...nodeTests, testsOf: tests, onRun });
  }
  const report = reportOf(drawn, commit, (mutant) => verdicts.get(keyOf(mutant)));
  if (options.report !== undefined) {
    writeFileSync(options.report, `${JSON.stringify(report, null, 1)}\n`);
  }
  return tellReport(report);
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
