import type { AlertCondition, Selector, Threshold } from './alert-condition.js';

/** One series as it is now. */
export interface Figure {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a condition can ask for. */
export interface Figures {
  readonly nowMs: number;
  /** All series of a metric. */
  of(metric: string): readonly Figure[];
  /** By how much a series grew within the time until now; a fall is a new beginning at 0. */
  increase(metric: string, labels: Figure['labels'], withinS: number): number;
}

/** The series for which a condition holds now, with what they say. */
export function judgeCondition(condition: AlertCondition, figures: Figures): readonly Figure[] {
  switch (condition.kind) {
    case 'prometheus':
      return [];
    case 'value':
      return seriesOf(condition, figures).filter(({ labels, value }) => {
        const limit = limitOf(condition.than, labels, figures);
        if (limit === null) return false;
        return condition.is === 'above' ? value > limit : value < limit;
      });
    case 'age':
      return selected(condition.of, figures).flatMap(({ labels, value }) => {
        const limit = limitOf(condition.than, labels, figures);
        const ageS = figures.nowMs / 1_000 - value;
        return limit !== null && ageS > limit ? [{ labels, value: ageS }] : [];
      });
    case 'increase': {
      const { of, withinS, above } = condition;
      return selected(of, figures).flatMap(({ labels }) => {
        const value = figures.increase(of.metric.name, labels, withinS);
        return value > above ? [{ labels, value }] : [];
      });
    }
  }
}

function seriesOf(
  { of, over }: Extract<AlertCondition, { kind: 'value' }>,
  figures: Figures,
): readonly Figure[] {
  const series = selected(of, figures);
  if (over !== 'best' || series.length === 0) return series;
  return [{ labels: {}, value: Math.max(...series.map(({ value }) => value)) }];
}

const selected = ({ metric, labels = {} }: Selector, figures: Figures): readonly Figure[] =>
  figures
    .of(metric.name)
    .filter((each) => Object.entries(labels).every(([name, word]) => each.labels[name] === word));

/** Null where there is nothing to compare with. */
function limitOf(than: Threshold, labels: Figure['labels'], figures: Figures): number | null {
  if (typeof than === 'number') return than;
  const same = figures.of(than.metric.name).find((each) => isSame(each.labels, labels));
  return same === undefined ? null : same.value * than.times;
}

export const labelKey = (labels: Figure['labels']): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

const isSame = (a: Figure['labels'], b: Figure['labels']): boolean => labelKey(a) === labelKey(b);
