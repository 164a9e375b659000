import { readFileSync } from 'node:fs';

/** Linux counts processor time in ticks of 10 ms (USER_HZ, fixed at 100 for programs). */
const TICK_MS = 10;

/** Processor time that a process has used, all threads, in milliseconds. Needs Linux's /proc. */
export function processCpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field, the program's name, may hold spaces; utime and stime are fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
