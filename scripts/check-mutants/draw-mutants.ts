import { createHash } from 'node:crypto';
import { transformSync } from 'esbuild';
import type { Mutant } from './derive-mutants.js';

/** Names a mutant by all that it is: what was found out about it holds as long as this does. */
export const keyOf = ({ file, source }: Pick<Mutant, 'file' | 'source'>): string =>
  createHash('sha256').update(`${file}\n${source}`).digest('hex');

/**
 * Draws `count` mutants, the same whenever the same commit draws out of the same: those come first
 * whose SHA-256 with the commit is least. What changes nothing that runs (types are taken out, and
 * how it is written does not matter), or cannot be parsed, is no mutant and is passed over.
 */
export function drawMutants(
  mutants: readonly Mutant[],
  commit: string,
  count: number,
  originalOf: (file: string) => string,
): Mutant[] {
  const placed = mutants
    .map((mutant) => ({ mutant, place: placeOf(mutant, commit) }))
    .sort((one, other) => (one.place < other.place ? -1 : 1));
  const drawn: Mutant[] = [];
  for (const { mutant } of placed) {
    if (drawn.length >= count) break;
    const runs = whatRuns(mutant.source);
    if (runs !== null && runs !== whatRuns(originalOf(mutant.file))) drawn.push(mutant);
  }
  return drawn;
}

const placeOf = (mutant: Mutant, commit: string): string =>
  createHash('sha256')
    .update(commit + keyOf(mutant))
    .digest('hex');

/** Null when it is no TypeScript. */
function whatRuns(source: string): string | null {
  try {
    return transformSync(source, { loader: 'ts', minifyWhitespace: true, logLevel: 'silent' }).code;
  } catch {
    return null;
  }
}
