import { readdirSync, readFileSync } from 'node:fs';

/** The processes that a process has started, and theirs, by Linux's /proc. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(Number(name)));
  }
  const found = [pid];
  for (const ancestor of found) {
    for (const [child, parent] of parents) if (parent === ancestor) found.push(child);
  }
  return found.slice(1);
}

/** Those of the processes that still run. */
export const stillRunning = (pids: readonly number[]): number[] =>
  pids.filter((pid) => !['', 'Z', 'X'].includes(statOf(pid)[0] ?? ''));

const parentOf = (pid: number): number => Number(statOf(pid)[1] ?? 0);

/** State, parent and so on; empty when there is no such process. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
