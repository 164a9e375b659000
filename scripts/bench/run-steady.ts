import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What a process needed that ran functions of all sorts, and nothing else. */
export interface Steady {
  /** Resident memory, on average over the second and over the last quarter of the executions. */
  readonly secondQuarterMb: number;
  readonly lastQuarterMb: number;
  readonly lostThreads: number;
  /** Handles that were open when the sandbox was closed. */
  readonly left: readonly string[];
}

/**
 * V8's room for young garbage grows up to 48 MiB as long as there is any, which takes thousands of
 * executions: with little of it from the start, what else grows shows.
 */
const V8_OPTION = '--max-semi-space-size=2';

/** Runs `sandbox-steady.ts` in a process of its own. */
export async function runSteady(executions: number): Promise<Steady> {
  const program = fileURLToPath(new URL('./sandbox-steady.ts', import.meta.url));
  const args = [V8_OPTION, '--import', 'tsx', program, String(executions)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { residentMb, lostThreads, left } = JSON.parse(stdout);
  const quarter = (index: number): number => {
    const length = residentMb.length / 4;
    const part: number[] = residentMb.slice(index * length, (index + 1) * length);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  };
  return { secondQuarterMb: quarter(1), lastQuarterMb: quarter(3), lostThreads, left };
}
