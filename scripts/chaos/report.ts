import { machine } from '../bench/report.js';
import { TROUBLES } from './plan.js';
import type { ChaosResult } from './run-chaos.js';

/** The tables for people, and whether all is well. */
export function reportOf(result: ChaosResult, seed: number): { ok: boolean; text: string } {
  const { made, verdict, load } = result;
  const failed = made.filter(({ failure }) => failure !== null);
  const ok = failed.length === 0 && verdict.checks.every((check) => check.ok);
  const rows = TROUBLES.flatMap((trouble) => {
    const own = made.filter((one) => one.trouble === trouble);
    if (own.length === 0) return [];
    const ready = own.flatMap(({ recoveredMs }) => (recoveredMs === null ? [] : [recoveredMs]));
    const slowest = ready.length === 0 ? 'never' : `${(Math.max(...ready) / 1_000).toFixed(1)} s`;
    return [[trouble, String(own.length), slowest, (own.at(-1)?.what ?? '') || 'failed']];
  });
  const checks = verdict.checks.map(({ name, ok: holds, seen }) => [
    holds ? 'holds' : 'BROKEN',
    name,
    seen,
  ]);
  const { requests, upkeepRuns, blocks, honest, hostile } = verdict.figures;
  const asked = Object.values(requests).reduce((sum, count) => sum + count, 0);
  const text = [
    `chaos, seed ${seed}, ${machine()}`,
    '',
    ...table(['trouble', 'times', 'in step after, at most', 'the last time'], rows),
    '',
    `${asked} requests by ${load.transactions} transactions; ${upkeepRuns} runs of upkeeps; ` +
      `${blocks} blocks; ${result.lives} processes of the node`,
    ...Object.entries({ honest, hostile }).map(
      ([who, { answered, expired, p50, p99, max }]) =>
        `${who}: ${answered} answered ${p50} blocks later (p50), ${p99} (p99), ${max} at most; ` +
        `${expired} expired`,
    ),
    '',
    ...table(['verdict', 'what must hold', 'seen'], checks),
    ...failed.map(({ trouble, failure }) => `BROKEN ${trouble}: ${failure}`),
    ok ? 'All held.' : 'NOT ALL HELD.',
    '',
  ].join('\n');
  return { ok, text };
}

/** One line; the names in it are stable. */
export function jsonLineOf(result: ChaosResult, seed: number): string {
  const { made, verdict, load, lives } = result;
  const troubles: Record<string, number> = {};
  for (const { trouble } of made) troubles[trouble] = (troubles[trouble] ?? 0) + 1;
  const failures = made.flatMap(({ trouble, failure }) =>
    failure === null ? [] : [{ trouble, failure }],
  );
  return JSON.stringify({
    ok: failures.length === 0 && verdict.checks.every((check) => check.ok),
    seed,
    troubles,
    failures,
    recoveredMs: Object.fromEntries(
      TROUBLES.flatMap((trouble) => {
        const own = made.filter((one) => one.trouble === trouble);
        return own.length === 0 ? [] : [[trouble, own.map(({ recoveredMs }) => recoveredMs)]];
      }),
    ),
    load: { ...load, ...result.fates },
    ...verdict.figures,
    processes: lives,
    memory: verdict.memory,
    checks: verdict.checks,
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, at) =>
    Math.max(...[head, ...rows].map((cells) => (cells[at] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)];
}
