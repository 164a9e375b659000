import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { FindNode } from '../service/database.js';

/** What a process may use. */
export interface ProcessLimits {
  /** Of it, or of the container or unit that it runs in; else of the machine. */
  readonly memoryBytes: number;
  /** Files and connections that it may have open; null where it cannot be told. */
  readonly openFiles: number | null;
}

/** Where Linux tells of processes and of control groups. */
const LINUX = { proc: '/proc', cgroups: '/sys/fs/cgroup' };

/** Of another process, whoever's it is; null where the system does not tell. */
export function readProcessLimits(pid: number, roots = LINUX): ProcessLimits | null {
  const openFiles = readOpenFiles(join(roots.proc, String(pid), 'limits'));
  const groups = textOf(join(roots.proc, String(pid), 'cgroup'));
  if (openFiles === null || groups === null) return null;
  return { openFiles, memoryBytes: Math.min(totalmem(), memoryOf(groups, roots.cgroups)) };
}

/** Node raises its own limit to the hard one when it starts, so that is what counts. */
export function readOpenFiles(file: string): number | null {
  const [, hard = ''] = /^Max open files\s+\S+\s+(\S+)/m.exec(textOf(file) ?? '') ?? [];
  if (hard === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return /^\d+$/.test(hard) ? Number(hard) : null;
}

/** The least of the group and those around it, in version 2 of control groups or in version 1. */
function memoryOf(groups: string, root: string): number {
  const [, one] = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(\/.*)$/m.exec(groups) ?? [];
  const [, two = '/'] = /^0::(\/.*)$/m.exec(groups) ?? [];
  const [top, path, file] =
    one === undefined
      ? [root, two, 'memory.max']
      : [join(root, 'memory'), one, 'memory.limit_in_bytes'];
  let least = Number.POSITIVE_INFINITY;
  for (let at = join('/', path); ; at = dirname(at)) {
    const text = textOf(join(top, at, file))?.trim() ?? '';
    if (/^\d+$/.test(text)) least = Math.min(least, Number(text));
    if (at === '/') return least;
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** What the node that works here may use; of this shell where none runs, or nothing is told. */
export async function limitsHere(
  shell: ProcessLimits & { limitsOf(pid: number): ProcessLimits | null },
  find: FindNode,
): Promise<ProcessLimits & { readonly whose: string }> {
  const here = await find();
  const limits = here.kind === 'running' ? shell.limitsOf(here.pid) : null;
  if (here.kind !== 'running' || limits === null) return { ...shell, whose: 'of this shell' };
  return { ...limits, whose: `of process ${here.pid}, the node` };
}
