import { readFileSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';

/** This machine, as far as checks look at it. */
export interface HostFacts {
  /** E.g. 20.19.0. */
  readonly nodeVersion: string;
  /** What this process, or the container that it runs in, may use. */
  readonly memoryBytes: number;
  /** Files and connections that a process may have open; null where it cannot be told. */
  readonly openFiles: number | null;
  /** That a user may still write where this directory is. */
  freeBytes(existingDir: string): number;
}

/** Linux tells there what a process may use. */
const LIMITS_FILE = '/proc/self/limits';

export function readHostFacts(): HostFacts {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return {
    nodeVersion: process.versions.node,
    // 0, or more than there is: no limit but the machine's.
    memoryBytes: constrained > 0 && constrained < total ? constrained : total,
    openFiles: openFiles(),
    freeBytes,
  };
}

/** That a user may still write where this directory is. */
export function freeBytes(existingDir: string): number {
  const { bavail, bsize } = statfsSync(existingDir);
  return bavail * bsize;
}

/** Node raises its own limit to the hard one when it starts, so that is what counts. */
function openFiles(): number | null {
  try {
    const text = readFileSync(LIMITS_FILE, 'utf8');
    const [, hard = ''] = /^Max open files\s+\S+\s+(\S+)/m.exec(text) ?? [];
    return hard === 'unlimited'
      ? Number.MAX_SAFE_INTEGER
      : /^\d+$/.test(hard)
        ? Number(hard)
        : null;
  } catch {
    return null;
  }
}
