import { readFileSync, writeFileSync } from 'node:fs';

/** Memory of a process that is in RAM, in MB (10^6 bytes). Needs Linux's /proc. */
export const residentMb = (pid: number): number => statusMb(pid, 'VmRSS');

/** The most that it was since the process began, or since `forgetPeak`. */
export const peakResidentMb = (pid: number): number => statusMb(pid, 'VmHWM');

/** From now on the peak is counted anew. */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

function statusMb(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text) ?? [];
  if (kilobytes === undefined) throw new Error(`process ${pid} has no resident memory`);
  return (Number(kilobytes) * 1024) / 1e6;
}
