import type { Mutant } from './derive-mutants.js';
import { createJudge, type JudgeOptions, type Verdict } from './judge-mutant.js';

export interface MutantRun extends Verdict {
  readonly mutant: Mutant;
  /** Of the wall. */
  readonly seconds: number;
}

export interface RunOptions extends JudgeOptions {
  /** Copies of the checkout that are worked in at once. */
  readonly jobs: number;
  readonly onRun: (run: MutantRun, done: number) => void;
}

/** Puts mutants, each alone, in the place of their sources in a copy of the checkout, and tests. */
export async function runMutants(
  mutants: readonly Mutant[],
  options: RunOptions,
): Promise<MutantRun[]> {
  const runs: MutantRun[] = [];
  const waiting = [...mutants];
  const work = async (): Promise<void> => {
    const judge = createJudge(options);
    try {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const startedMs = performance.now();
        const verdict = await judge.judge(mutant);
        const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
        const run = { mutant, ...verdict, seconds };
        runs.push(run);
        options.onRun(run, runs.length);
      }
    } finally {
      judge.close();
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return runs;
}
