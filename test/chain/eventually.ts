import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the check holds, and fails with its description after a bound. */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  boundMs = 10_000,
): Promise<void> {
  const end = performance.now() + boundMs;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`not within ${boundMs} ms: ${what}`);
    await delay(5);
  }
}
