import type { MetricDeclaration } from '../telemetry/metric-declaration.js';

/** Series of a metric; with labels, those that say so. */
export interface Selector {
  readonly metric: MetricDeclaration;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A number, or what another metric of the same labels tells, so many times. */
export type Threshold = number | { readonly metric: MetricDeclaration; readonly times: number };

/**
 * When an alert holds, for each series by itself. It is told both to Prometheus, as an expression,
 * and to the node, which looks at the same figures.
 */
export type AlertCondition =
  | {
      readonly kind: 'value';
      readonly of: Selector;
      readonly is: 'above' | 'below';
      readonly than: Threshold;
      /** `best`: of all series together the highest counts. */
      readonly over?: 'best';
    }
  /** The metric is a time, in seconds since 1970. */
  | { readonly kind: 'age'; readonly of: Selector; readonly than: Threshold }
  /** The metric only grows, from 0 with each start of the node. */
  | {
      readonly kind: 'increase';
      readonly of: Selector;
      readonly withinS: number;
      readonly above: number;
      /** Also what it grew by before Prometheus first looked, after a time without the node. */
      readonly fromStart?: true;
    }
  /** Only Prometheus can tell, since the node cannot when it is so. */
  | { readonly kind: 'prometheus'; readonly expression: string };

/** The condition as an expression of Prometheus. */
export function promQl(condition: AlertCondition): string {
  switch (condition.kind) {
    case 'prometheus':
      return condition.expression;
    case 'value': {
      const series = selectorText(condition.of);
      const figure = condition.over === 'best' ? `max by (instance, job) (${series})` : series;
      const sign = condition.is === 'above' ? '>' : '<';
      return `${figure} ${sign} ${thresholdText(condition.than)}`;
    }
    case 'age':
      return `time() - ${selectorText(condition.of)} > ${thresholdText(condition.than)}`;
    case 'increase': {
      const { of, withinS, above, fromStart } = condition;
      const [series, within] = [selectorText(of), durationText(withinS)];
      const grown = `increase(${series}[${within}]) > ${above}`;
      return fromStart
        ? `${grown} or (${series} > ${above} unless ${series} offset ${within})`
        : grown;
    }
  }
}

/** Seconds as Prometheus writes them: 90s, 5m, 2h. */
export function durationText(durationS: number): string {
  if (durationS % 3_600 === 0 && durationS > 0) return `${durationS / 3_600}h`;
  if (durationS % 60 === 0 && durationS > 0) return `${durationS / 60}m`;
  return `${durationS}s`;
}

function selectorText({ metric, labels = {} }: Selector): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? metric.name : `${metric.name}{${pairs.join(', ')}}`;
}

function thresholdText(than: Threshold): string {
  if (typeof than === 'number') return String(than);
  return than.times === 1 ? than.metric.name : `${than.times} * ${than.metric.name}`;
}
