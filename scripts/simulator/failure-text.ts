import type { SeedResult } from './run-seed.js';

/** What there is to tell about a seed in which a promise did not hold. */
export function failureText({ seed, failures, latest }: SeedResult): string {
  return [
    `seed ${seed} FAILED`,
    ...failures.map((failure) => `  ${failure}`),
    '  the last that happened:',
    ...latest.map((line) => `    ${line}`),
    `  replay: npm run simulate -- --seeds 1 --from ${seed} --verbose`,
  ].join('\n');
}
