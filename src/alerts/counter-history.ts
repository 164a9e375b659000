import { labelKey } from './judge-condition.js';

/** Looks that are kept of a series, at most; when there are more, every second one is left out. */
const MAX_LOOKS = 512;

interface Look {
  readonly atMs: number;
  /** Everything that the series ever grew by: a fall is a new beginning at 0. */
  readonly grown: number;
}

/** Remembers what counters said, as long as somebody may ask for it. */
export function createCounterHistory(keptMs: number) {
  const series = new Map<string, { last: number; looks: Look[] }>();

  const keyOf = (metric: string, labels: Readonly<Record<string, string>>): string =>
    `${metric}${labelKey(labels)}`;

  return {
    note(
      metric: string,
      labels: Readonly<Record<string, string>>,
      value: number,
      atMs: number,
    ): void {
      const key = keyOf(metric, labels);
      const known = series.get(key);
      if (known === undefined) {
        // Counters begin with the process, which also begins these looks.
        series.set(key, { last: value, looks: [0, value].map((grown) => ({ atMs, grown })) });
        return;
      }
      const grown = (known.looks.at(-1)?.grown ?? 0) + growth(known.last, value);
      const fresh = known.looks.filter((look) => look.atMs >= atMs - keptMs);
      const looks = fresh.length < MAX_LOOKS ? fresh : fresh.filter((_, at) => at % 2 === 0);
      series.set(key, { last: value, looks: [...looks, { atMs, grown }] });
    },

    /** By how much a series grew since a time, as far as it was looked at. */
    increase(metric: string, labels: Readonly<Record<string, string>>, sinceMs: number): number {
      const looks = series.get(keyOf(metric, labels))?.looks ?? [];
      const first = looks.find(({ atMs }) => atMs >= sinceMs);
      const last = looks.at(-1);
      return first === undefined || last === undefined ? 0 : last.grown - first.grown;
    },
  };
}

const growth = (before: number, now: number): number => (now >= before ? now - before : now);
