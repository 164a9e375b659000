/**
 * Changes the rules of the books in every way that can be made by rule (signs, comparisons,
 * constants, sides, statements left out; scripts/check-mutants/derive-mutants.ts), one at a time,
 * and runs the quick tests of the ledger against each. Fails when one of them lives on and is not
 * explained in scripts/check-mutants/explained-mutants.ts:
 *
 *   npm run mutants -- [--sample N] [--file PART] [--list] [--jobs N]
 *   npm run mutants -- --drawn N [--commit HASH] [--seeds N] [--results FILE] [--list] [--jobs N]
 *     [--quick] [--again] [--file PART] [--report FILE]
 *
 * `--sample N` takes N of them, other ones each day; `--file PART` those of sources whose name
 * contains PART. `--drawn N` draws N by the commit's hash out of all of pipeline, books, automation
 * and contract codec, and runs tests and simulator on each (scripts/check-mutants/run-drawn.ts).
 */
import { parseArgs } from 'node:util';
import { describeMutant, type Mutant } from './check-mutants/derive-mutants.js';
import { EXPLAINED_MUTANTS, explains } from './check-mutants/explained-mutants.js';
import { ledgerMutants, nodeMutants, QUICK_TESTS } from './check-mutants/mutated-sources.js';
import { runDrawn } from './check-mutants/run-drawn.js';
import { type MutantRun, runMutants } from './check-mutants/run-mutants.js';
import { projectRoot } from './ensure/paths.mjs';

const HISTORIES = 60;
const DAY_MS = 86_400_000;

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    file: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
    drawn: { type: 'string' },
    commit: { type: 'string' },
    seeds: { type: 'string', default: '40' },
    results: { type: 'string' },
    report: { type: 'string' },
    quick: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
  },
});

/** Those of one day: `count` of them, as far from each other as can be. */
function sampleOf(mutants: readonly Mutant[], count: number, day: number): Mutant[] {
  const stride = Math.max(1, Math.floor(mutants.length / count));
  return mutants.filter((_, at) => at % stride === day % stride).slice(0, count);
}

async function main(): Promise<number> {
  const all = ledgerMutants(projectRoot);
  const known = [...all, ...nodeMutants(projectRoot)];
  const stale = EXPLAINED_MUTANTS.filter((one) => !known.some((each) => explains(one, each)));
  for (const { file, code, change } of stale) {
    console.error(
      `check-mutants: there is no such mutant any more: ${file}: ${change}\n    ${code}`,
    );
  }
  const unexplained = all.filter(
    (mutant) => !EXPLAINED_MUTANTS.some((known) => explains(known, mutant)),
  );
  const ofFile = unexplained.filter(({ file }) => file.includes(values.file ?? ''));
  const count = values.sample === undefined ? ofFile.length : Number(values.sample);
  const chosen = sampleOf(ofFile, count, Math.floor(Date.now() / DAY_MS));
  if (values.list) {
    for (const mutant of chosen) console.log(describeMutant(mutant));
    return 0;
  }
  const onRun = ({ mutant, killedBy }: MutantRun, done: number): void => {
    if (killedBy === null)
      console.error(`check-mutants: no test noticed ${describeMutant(mutant)}`);
    if (done % 20 === 0) console.error(`${done} of ${chosen.length} mutants were tried`);
  };
  const testsOf = () => [QUICK_TESTS];
  const options = { testsOf, seeds: 0, histories: HISTORIES, jobs: Number(values.jobs), onRun };
  const runs = await runMutants(chosen, { root: projectRoot, ...options });
  const alive = runs.filter(({ killedBy }) => killedBy === null).length;
  console.log(
    `${runs.length - alive} of ${runs.length} mutants were killed; of all ${all.length}, ` +
      `${EXPLAINED_MUTANTS.length} are explained`,
  );
  return alive + stale.length > 0 ? 1 : 0;
}

const positive = (name: string, text: string): number => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Error(`--${name}: expected a whole number from 1 to 999999, and it is ${text}`);
};

const { drawn, jobs, seeds, ...rest } = values;
process.exitCode =
  drawn === undefined
    ? await main()
    : await runDrawn({
        ...{ ...rest, root: projectRoot, histories: HISTORIES },
        ...{
          count: positive('drawn', drawn),
          jobs: positive('jobs', jobs),
          seeds: positive('seeds', seeds),
        },
      });
