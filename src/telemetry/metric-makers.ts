import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type LabelBound, type MetricDeclaration, OTHER } from './metric-declaration.js';

/** Values for a metric's labels; a metric without labels takes none. */
export type LabelValues<L extends string> = Readonly<Record<L, string>>;

export interface BoundGauge<L extends string> {
  set(labels: LabelValues<L>, value: number): void;
  /** Forgets all series. */
  reset(): void;
}
export interface BoundCounter<L extends string> {
  inc(labels: LabelValues<L>, by?: number): void;
  /** For what is known as a whole from elsewhere: sets what was counted so far. */
  setTo(labels: LabelValues<L>, value: number): void;
}
export interface BoundHistogram<L extends string> {
  observe(labels: LabelValues<L>, value: number): void;
}

export type Makers = ReturnType<typeof createMakers>;

/** Series of a counter that are there from the beginning, at 0. */
const MAX_INITIAL_SERIES = 64;

/** Makes metrics of their declarations, and holds what their labels say within its bounds. */
export function createMakers(registry: Registry) {
  const given = (declaration: MetricDeclaration) => ({
    name: declaration.name,
    help: declaration.help,
    labelNames: Object.keys(declaration.labels),
    registers: [registry],
  });
  return {
    gauge<L extends string>(declaration: MetricDeclaration<'gauge', L>): BoundGauge<L> {
      const made = new Gauge<string>(given(declaration));
      const within = boundsOf(declaration);
      const isLabelless = Object.keys(declaration.labels).length === 0;
      const reset = (): void => {
        made.reset();
        // Without labels there is a value at once, which nobody has told yet.
        if (isLabelless) made.remove();
      };
      reset();
      return { set: (labels, value) => made.set(within(labels), value), reset };
    },
    counter<L extends string>(declaration: MetricDeclaration<'counter', L>): BoundCounter<L> {
      const made = new Counter<string>(given(declaration));
      const within = boundsOf(declaration);
      // What has not happened is 0: else its first time would not show as an increase.
      for (const labels of initialSeries(declaration)) made.inc(labels, 0);
      const totals = new Map<string, number>();
      return {
        inc: (labels, by = 1) => made.inc(within(labels), by),
        setTo(labels, value) {
          const kept = within(labels);
          const key = JSON.stringify(kept);
          made.inc(kept, Math.max(0, value - (totals.get(key) ?? 0)));
          totals.set(key, Math.max(value, totals.get(key) ?? 0));
        },
      };
    },
    histogram<L extends string>(declaration: MetricDeclaration<'histogram', L>): BoundHistogram<L> {
      const buckets = [...declaration.buckets];
      const made = new Histogram<string>({ ...given(declaration), buckets });
      const within = boundsOf(declaration);
      return { observe: (labels, value) => made.observe(within(labels), value) };
    },
  };
}

/** Puts `other` in the place of what a label is not bound to. */
function boundsOf({ labels }: MetricDeclaration) {
  const bounds = Object.entries(labels).map(([name, bound]) => [name, boundOf(bound)] as const);
  return (values: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(bounds.map(([name, bind]) => [name, bind(values[name] ?? OTHER)]));
}

function boundOf(bound: LabelBound): (value: string) => string {
  if (typeof bound !== 'number') {
    const words = new Set(bound);
    return (value) => (words.has(value) ? value : OTHER);
  }
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= bound) return OTHER;
    seen.add(value);
    return value;
  };
}

function initialSeries({ labels }: MetricDeclaration): Record<string, string>[] {
  let series: Record<string, string>[] = [{}];
  for (const [name, bound] of Object.entries(labels)) {
    if (typeof bound === 'number' || bound.length * series.length > MAX_INITIAL_SERIES) return [];
    series = series.flatMap((each) => bound.map((word) => ({ ...each, [name]: word })));
  }
  return series;
}

export const seconds = (durationMs: number): number => Math.max(0, durationMs) / 1_000;
