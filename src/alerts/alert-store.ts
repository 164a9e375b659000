import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { AlertState } from './alert-state.js';
import { labelKey } from './judge-condition.js';

/** An alert of one series, as it was left. */
export interface StoredAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: AlertState;
}

export interface AlertStore {
  /** Of the alert of this name, series by series. */
  of(name: string): readonly StoredAlert[];
  /** Null forgets it. It is on disk with the next `save`. */
  put(name: string, labels: StoredAlert['labels'], state: AlertState | null): void;
  save(): void;
}

/** The one writer of `alert_state`, which is read once: nobody else changes it. */
export function createAlertStore(db: Database): AlertStore {
  const insert = db.prepare(`INSERT OR REPLACE INTO alert_state
    (name, series, since_ms, firing_since_ms, calm_since_ms, told_ms) VALUES (?, ?, ?, ?, ?, ?)`);
  const remove = db.prepare('DELETE FROM alert_state WHERE name = ? AND series = ?');
  const known = new Map<string, Map<string, StoredAlert>>();
  const changed = new Map<string, { readonly name: string; readonly series: string }>();
  for (const row of readAlerts(db)) seriesOf(row.name).set(labelKey(row.labels), row);

  function seriesOf(name: string): Map<string, StoredAlert> {
    const series = known.get(name) ?? new Map<string, StoredAlert>();
    known.set(name, series);
    return series;
  }

  return {
    of: (name) => [...(known.get(name)?.values() ?? [])],
    put(name, labels, state) {
      const series = labelKey(labels);
      const before = known.get(name)?.get(series)?.state ?? null;
      if (isSame(before, state)) return;
      if (state === null) seriesOf(name).delete(series);
      else seriesOf(name).set(series, { labels, state });
      changed.set(name + series, { name, series });
    },
    save() {
      if (changed.size === 0) return;
      // What is lost with a power cut is told of once more.
      inRepeatableTransaction(db, () => {
        for (const { name, series } of changed.values()) {
          const state = known.get(name)?.get(series)?.state;
          if (state === undefined) remove.run(name, series);
          else {
            const { sinceMs, firingSinceMs, calmSinceMs, toldMs } = state;
            insert.run(name, series, ...[sinceMs, firingSinceMs, calmSinceMs, toldMs].map(rounded));
          }
        }
      });
      changed.clear();
    },
  };
}

/** What a node left, for whoever looks at its database. */
export function readAlerts(db: Database): readonly (StoredAlert & { readonly name: string })[] {
  const rows = db.prepare('SELECT * FROM alert_state ORDER BY name, series').all() as Row[];
  return rows.map((row) => ({
    name: row.name as string,
    labels: Object.fromEntries(JSON.parse(row.series as string) as [string, string][]),
    state: {
      sinceMs: Number(row.since_ms),
      firingSinceMs: numberOrNull(row.firing_since_ms),
      calmSinceMs: numberOrNull(row.calm_since_ms),
      toldMs: numberOrNull(row.told_ms),
    },
  }));
}

type Row = Record<string, bigint | string | null>;

const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
const numberOrNull = (value: Row[string] | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

const isSame = (a: AlertState | null, b: AlertState | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.sinceMs === b.sinceMs &&
    a.firingSinceMs === b.firingSinceMs &&
    a.calmSinceMs === b.calmSinceMs &&
    a.toldMs === b.toldMs);
