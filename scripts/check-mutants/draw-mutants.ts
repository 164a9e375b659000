import { createHash } from 'node:crypto';
import { transformSync } from 'esbuild';
import type { Mutant } from './derive-mutants.js';

/**
 * Names a mutant by the whole text of its source: what was found out about it holds as long as
 * nothing else in the file changes.
 */
export const keyOf = ({ file, source }: Pick<Mutant, 'file' | 'source'>): string =>
  createHash('sha256').update(`${file}\n${source}`).digest('hex');

/**
 * Draws `count` mutants, the same whenever the same commit draws: those come first whose SHA-256
 * with the commit is least. A place is of the file, the line's text and the change in it, so that
 * what is written elsewhere in the file later does not draw others. What changes nothing that runs
 * (types are taken out, and how it is written does not matter), or cannot be parsed, is no mutant
 * and is passed over.
 */
export function drawMutants(
  mutants: readonly Mutant[],
  commit: string,
  count: number,
  originalOf: (file: string) => string,
): Mutant[] {
  const seen = new Map<string, number>();
  const placed = mutants
    .map((mutant) => ({ mutant, place: placeOf(mutant, commit, seen) }))
    .sort((one, other) => (one.place < other.place ? -1 : 1));
  const drawn: Mutant[] = [];
  for (const { mutant } of placed) {
    if (drawn.length >= count) break;
    const runs = whatRuns(mutant.source);
    if (runs !== null && runs !== whatRuns(originalOf(mutant.file))) drawn.push(mutant);
  }
  return drawn;
}

/** Of mutants that read the same, each has a place of its own: `seen` counts them. */
function placeOf(
  { file, code, change }: Mutant,
  commit: string,
  seen: Map<string, number>,
): string {
  const name = `${file}\n${code}\n${change}`;
  const nth = seen.get(name) ?? 0;
  seen.set(name, nth + 1);
  return createHash('sha256').update(`${commit}\n${name}\n${nth}`).digest('hex');
}

/** Null when it is no TypeScript. */
function whatRuns(source: string): string | null {
  try {
    return transformSync(source, { loader: 'ts', minifyWhitespace: true, logLevel: 'silent' }).code;
  } catch {
    return null;
  }
}
