import { readFileSync } from 'node:fs';

/** Memory of a process that is in RAM, in MB (10^6 bytes). Needs Linux's /proc. */
export function residentMb(pid: number): number {
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kilobytes === undefined) throw new Error(`process ${pid} has no resident memory`);
  return (Number(kilobytes) * 1024) / 1e6;
}
