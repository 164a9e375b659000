import type { AlertCondition, Threshold } from '../../src/alerts/alert-condition.js';
import type { AlertDeclaration } from '../../src/alerts/alert-table.js';
import type { MetricDeclaration } from '../../src/telemetry/metric-declaration.js';

/** A series that says one value a minute, from minute 0 on. */
export interface ScenarioSeries {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

/** Figures by the minute, and whether the alert fires at the last of them. */
export interface Scenario {
  readonly what: string;
  readonly series: readonly ScenarioSeries[];
  readonly fires: boolean;
  /** Labels of the series that the alert is about. */
  readonly about: Readonly<Record<string, string>>;
}

const MINUTE_S = 60;
/** What a metric says that another one is compared with. */
const LIMIT = 1_000;

type Told = Exclude<AlertCondition, { kind: 'prometheus' }>;

/**
 * For an alert: one that fires since it holds for long enough, one whose time is not up, one at the
 * very limit, and one in which it has ended.
 */
export function scenariosOf(alert: AlertDeclaration & { readonly when: Told }): Scenario[] {
  const { when, forS } = alert;
  const minutes = Math.ceil(forS / MINUTE_S) + 1;
  const [over, at] = [beyond(when), limitOf(when)];
  const labels = { ...someLabels(when.of.metric), ...when.of.labels };
  const about = when.kind === 'value' && when.over === 'best' ? {} : labels;
  const made = (what: string, fires: boolean, values: readonly number[]): Scenario => ({
    ...{ what, fires, about },
    series: [
      { metric: when.of.metric.name, labels, values },
      ...besides(when, labels, values.length),
    ],
  });
  const long = minutes + 1;
  const scenarios = [
    made('it holds for its time', true, figures(when, long, over)),
    made('it is at the limit', false, figures(when, long, at)),
    made('it has ended', false, ended(when, long, over, at)),
  ];
  if (forS > 0) scenarios.push(made('its time is not up', false, late(when, long, over, at)));
  return scenarios;
}

/** Of those in the `for` minutes before the end. */
const figures = (when: Told, minutes: number, figure: number): number[] =>
  when.kind === 'increase'
    ? [0, ...Array<number>(minutes).fill(figure)]
    : when.kind === 'age'
      ? // A time that stays as far behind as the figure says.
        Array.from({ length: minutes }, (_, at) => at * MINUTE_S - figure)
      : Array<number>(minutes).fill(figure);

const ended = (when: Told, minutes: number, over: number, at: number): number[] => {
  if (when.kind === 'increase') {
    const quiet = Math.ceil(when.withinS / MINUTE_S) + 2;
    return [0, over, ...Array<number>(quiet).fill(over)];
  }
  if (when.kind === 'age') {
    const values = figures(when, minutes, over);
    return [...values, values.length * MINUTE_S - at];
  }
  return [...figures(when, minutes, over), at];
};

const late = (when: Told, minutes: number, over: number, at: number): number[] => {
  const quiet = figures(when, minutes, at);
  const held = when.kind === 'age' ? quiet.length * MINUTE_S - over : over;
  return [...quiet, held];
};

const limitNumber = (than: Threshold): number =>
  typeof than === 'number' ? than : LIMIT * than.times;

function limitOf(when: Told): number {
  return when.kind === 'increase' ? when.above : limitNumber(when.than);
}

/** A figure for which it holds. */
function beyond(when: Told): number {
  const limit = limitOf(when);
  if (when.kind !== 'value') return limit * 2 + 10;
  return when.is === 'above' ? limit * 2 + 1 : limit - Math.max(0.5, limit / 2);
}

function besides(when: Told, labels: Scenario['about'], minutes: number): ScenarioSeries[] {
  if (when.kind === 'increase' || typeof when.than === 'number') return [];
  const { name } = when.than.metric;
  return [{ metric: name, labels, values: Array<number>(minutes).fill(LIMIT) }];
}

/** The first word of each label, or one that somebody might give. */
const someLabels = ({ labels }: MetricDeclaration): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).map(([name, bound]) => [
      name,
      typeof bound === 'number' ? `some ${name}` : (bound[0] ?? ''),
    ]),
  );
