export type MetricType = 'gauge' | 'counter' | 'histogram';

/**
 * What a label may say: these words and no others, or at most so many different values. Whatever
 * else comes is told as `other`, so that nobody outside can make series grow without end.
 */
export type LabelBound = readonly string[] | number;

/** One metric, as documents, dashboards and alert rules know it. */
export interface MetricDeclaration<T extends MetricType = MetricType, L extends string = string> {
  readonly name: string;
  readonly type: T;
  /** What its value counts. Those of Prometheus stand in the name, too: seconds, bytes, ratio. */
  readonly unit: string;
  /** One sentence. */
  readonly help: string;
  readonly labels: Readonly<Record<L, LabelBound>>;
  /** Upper bounds, of a histogram. */
  readonly buckets: readonly number[];
}

/** Stands for every value that a label is not bound to. */
export const OTHER = 'other';

/** From a millisecond to the longest time an answer may take. */
const DURATION_BUCKETS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

type Labels<L extends string> = Readonly<Record<L, LabelBound>>;

export const gauge = <L extends string = never>(
  name: string,
  unit: string,
  help: string,
  labels: Labels<L> = {} as Labels<L>,
): MetricDeclaration<'gauge', L> => ({ name, type: 'gauge', unit, help, labels, buckets: [] });

export const counter = <L extends string = never>(
  name: string,
  unit: string,
  help: string,
  labels: Labels<L> = {} as Labels<L>,
): MetricDeclaration<'counter', L> => ({ name, type: 'counter', unit, help, labels, buckets: [] });

export const histogram = <L extends string = never>(
  name: string,
  unit: string,
  help: string,
  labels: Labels<L> = {} as Labels<L>,
  buckets: readonly number[] = DURATION_BUCKETS_S,
): MetricDeclaration<'histogram', L> => ({
  ...{ name, type: 'histogram', unit, help, labels, buckets },
});

/** How many series a metric can have at most, those of a histogram's buckets among them. */
export function maxSeries({ type, labels, buckets }: MetricDeclaration): number {
  const values = Object.values(labels).map(
    (bound) => (typeof bound === 'number' ? bound : bound.length) + 1,
  );
  const combinations = values.reduce((product, count) => product * count, 1);
  // Each bucket, the infinite one, sum and count.
  return combinations * (type === 'histogram' ? buckets.length + 3 : 1);
}
