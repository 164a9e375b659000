import type { Clock } from '../base/clock.js';
import { type AlertMessageKind, type AlertState, stepAlert } from './alert-state.js';
import type { AlertStore } from './alert-store.js';
import type { AlertDeclaration } from './alert-table.js';
import { summaryOf } from './alert-table.js';
import { createCounterHistory } from './counter-history.js';
import { type Figure, type Figures, judgeCondition, labelKey } from './judge-condition.js';

/** Series of one alert that are told of; a hundred endpoints that are down are one trouble. */
const MAX_SERIES = 32;

/** An alert of one series, as it stands. */
export interface FiringAlert {
  readonly alert: AlertDeclaration;
  readonly labels: Readonly<Record<string, string>>;
  /** The summary with the labels in it. */
  readonly summary: string;
  /** What the series says; null where it was not looked at since the start. */
  readonly value: number | null;
  /** Since when its condition holds. */
  readonly sinceMs: number;
}

/** What is to be told of an alert. */
export interface AlertNews extends FiringAlert {
  readonly kind: AlertMessageKind;
}

export interface AlertWatchOptions {
  readonly alerts: readonly AlertDeclaration[];
  /** All series of a metric, as they are now. */
  readonly samples: (metric: string) => Promise<readonly Figure[]>;
  readonly store: AlertStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly calmMs: number;
  readonly repeatMs: number;
  /** What was told could not be kept; it is tried again with the next look. */
  readonly onUnsaved: (error: unknown) => void;
}

export type AlertWatch = ReturnType<typeof createAlertWatch>;

/** Looks at the node's own figures, and remembers across restarts what was told of them. */
export function createAlertWatch(options: AlertWatchOptions) {
  const { alerts, store, clock, calmMs, repeatMs } = options;
  const histories = alerts.flatMap(({ when }) => (when.kind === 'increase' ? [when] : []));
  const longestMs = Math.max(0, ...histories.map(({ withinS }) => withinS * 1_000));
  const history = createCounterHistory(longestMs);
  const values = new Map<string, number>();

  /** One metric's series are read once a look. */
  async function read(): Promise<Figures> {
    const nowMs = clock.nowMs();
    const series = new Map<string, readonly Figure[]>();
    for (const metric of new Set(alerts.flatMap(metricsOf))) {
      series.set(metric, await options.samples(metric));
    }
    for (const metric of new Set(histories.map(({ of }) => of.metric.name))) {
      for (const { labels, value } of series.get(metric) ?? []) {
        history.note(metric, labels, value, nowMs);
      }
    }
    return {
      nowMs,
      of: (metric) => series.get(metric) ?? [],
      increase: (metric, labels, withinS) =>
        history.increase(metric, labels, nowMs - withinS * 1_000),
    };
  }

  const newsOf = (
    alert: AlertDeclaration,
    labels: Figure['labels'],
    { sinceMs }: AlertState,
    kind: AlertMessageKind,
  ): AlertNews => ({
    ...{ alert, labels, kind, sinceMs, summary: summaryOf(alert, labels) },
    value: values.get(alert.name + labelKey(labels)) ?? null,
  });

  function lookAt(alert: AlertDeclaration, figures: Figures): AlertNews[] {
    const found = judgeCondition(alert.when, figures).slice(0, MAX_SERIES);
    for (const { labels, value } of found) values.set(alert.name + labelKey(labels), value);
    const holding = new Map(found.map(({ labels }) => [labelKey(labels), labels]));
    const known = store.of(alert.name);
    const all = new Map([
      ...known.map((each) => [labelKey(each.labels), each.labels] as const),
      ...holding,
    ]);
    const rules = { forMs: alert.forS * 1_000, calmMs, repeatMs };
    return [...all].flatMap(([key, labels]) => {
      const before = known.find((each) => labelKey(each.labels) === key)?.state ?? null;
      const { state, tell } = stepAlert(before, holding.has(key), figures.nowMs, rules);
      store.put(alert.name, labels, state);
      if (state === null) values.delete(alert.name + key);
      const last = state ?? before;
      return tell === null || last === null ? [] : [newsOf(alert, labels, last, tell)];
    });
  }

  return {
    /** One look: what is to be told, the worst first. */
    async look(): Promise<readonly AlertNews[]> {
      const figures = await read();
      const news = alerts.flatMap((alert) => lookAt(alert, figures));
      // A disk that takes nothing is what some of this tells of.
      try {
        store.save();
      } catch (error) {
        options.onUnsaved(error);
      }
      return worstFirst(news);
    },

    /** What fires, the worst first, also before the first look after a start. */
    firing(): readonly FiringAlert[] {
      const firing = alerts.flatMap((alert) =>
        store
          .of(alert.name)
          .filter(({ state }) => state.firingSinceMs !== null)
          .map(({ labels, state }) => newsOf(alert, labels, state, 'firing')),
      );
      return worstFirst(firing);
    },
  };
}

function metricsOf({ when }: AlertDeclaration): string[] {
  if (when.kind === 'prometheus') return [];
  const than = when.kind === 'increase' ? 0 : when.than;
  return [when.of.metric.name, ...(typeof than === 'number' ? [] : [than.metric.name])];
}

const worstFirst = <T extends FiringAlert>(alerts: readonly T[]): T[] => [
  ...alerts.filter(({ alert }) => alert.severity === 'critical'),
  ...alerts.filter(({ alert }) => alert.severity === 'warning'),
];
