import type { Mutant } from './derive-mutants.js';
import { EXPLAINED_MUTANTS, explains } from './explained-mutants.js';
import type { KilledBy, Verdict } from './judge-mutant.js';

/** Of those drawn, this share must be killed. */
const LEAST_KILLED_PERCENT = 95;
const MOST_CHARACTERS = 80;

/** What came of the mutants that a commit drew. */
export interface DrawnReport {
  /** Drew them. */
  readonly commit: string;
  readonly drawn: number;
  readonly killed: Readonly<Record<KilledBy, number>>;
  /** With why nothing can be seen of it; null where that is not known. */
  readonly lived: readonly (Omit<Mutant, 'source'> & { readonly why: string | null })[];
  /** What was not run. */
  readonly open: number;
  readonly killedPercent: number;
}

export function reportOf(
  drawn: readonly Mutant[],
  commit: string,
  verdictOf: (mutant: Mutant) => Verdict | undefined,
): DrawnReport {
  const killed = { tests: 0, simulator: 0, 'tests on a node': 0, time: 0 };
  const lived: DrawnReport['lived'][number][] = [];
  let open = 0;
  for (const mutant of drawn) {
    const verdict = verdictOf(mutant);
    if (verdict === undefined) {
      open += 1;
    } else if (verdict.killedBy === null) {
      const { source: _, ...of } = mutant;
      const known = EXPLAINED_MUTANTS.find((one) => explains(one, mutant));
      lived.push({ ...of, ...begun(of), why: known?.why ?? null });
    } else {
      killed[verdict.killedBy] += 1;
    }
  }
  const all = Object.values(killed).reduce((sum, count) => sum + count, 0);
  const killedPercent = Math.floor((1_000 * all) / Math.max(1, drawn.length)) / 10;
  return { commit, drawn: drawn.length, killed, lived, open, killedPercent };
}

/** Texts as long as a line of a file may be; how they begin names them. */
const begun = ({ code, change }: Pick<Mutant, 'code' | 'change'>) => ({
  code: code.slice(0, MOST_CHARACTERS),
  change: change.slice(0, MOST_CHARACTERS),
});

/** Prints it; the exit code: 1 where too many lived, or one that is not explained. */
export function tellReport({ killed, lived, open, killedPercent }: DrawnReport): number {
  const line = (count: number, what: string) => console.log(`${String(count).padStart(6)} ${what}`);
  for (const [by, count] of Object.entries(killed)) line(count, `killed by ${by}`);
  if (open > 0) line(open, 'were not run');
  line(lived.length, `lived: ${killedPercent.toFixed(1)} % were killed`);
  for (const { file, line: at, change, code, why } of lived) {
    console.log(`${file}:${at}: ${change}\n    ${code}\n    ${why ?? 'NOT EXPLAINED'}`);
  }
  const isExplained = lived.every(({ why }) => why !== null);
  return isExplained && killedPercent >= LEAST_KILLED_PERCENT ? 0 : 1;
}
