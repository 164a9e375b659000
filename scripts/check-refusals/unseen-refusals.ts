import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { refusalsIn } from '../build-contracts/go-literals.js';

/** A message that a contract refuses with, and the source that has it. */
export interface Refusal {
  readonly file: string;
  readonly message: string;
}

/** Contracts that only tests use. */
const FOR_TESTS = 'testing';

/**
 * Every refusal of the Go sources under a folder, but of those in folders called `testing` and in
 * projects of their own, which have a go.mod.
 */
export function refusalsUnder(folder: string): Refusal[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const isOwnProject = existsSync(join(path, 'go.mod'));
      return entry.name === FOR_TESTS || isOwnProject ? [] : refusalsUnder(path);
    }
    if (!entry.name.endsWith('.go')) return [];
    const file = join(basename(folder), entry.name);
    return refusalsIn(readFileSync(path, 'utf8')).map((message) => ({ file, message }));
  });
}

/**
 * The messages that tests reported into a folder (test/contracts/refusals.ts): JSON strings, one a
 * line. None when the folder does not exist.
 */
export function seenIn(folder: string): Set<string> {
  if (!existsSync(folder)) return new Set();
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  return new Set(lines.filter((line) => line !== '').map((line) => JSON.parse(line) as string));
}

/** What no test saw. */
export const unseen = (refusals: readonly Refusal[], seen: ReadonlySet<string>): Refusal[] =>
  refusals.filter(({ message }) => !seen.has(message));
