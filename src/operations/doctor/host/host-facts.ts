import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { type ProcessLimits, readOpenFiles, readProcessLimits } from './process-limits.js';

/** This machine, as far as checks look at it. */
export interface HostFacts extends ProcessLimits {
  /** E.g. 20.19.0. */
  readonly nodeVersion: string;
  /** Of a process that runs; its own limits are those of this one. */
  limitsOf(pid: number): ProcessLimits | null;
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
    openFiles: readOpenFiles(LIMITS_FILE),
    limitsOf: readProcessLimits,
    freeBytes,
  };
}

/** That a user may still write where this directory is. */
export function freeBytes(existingDir: string): number {
  const { bavail, bsize } = statfsSync(existingDir);
  return bavail * bsize;
}
