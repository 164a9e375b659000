import { readAlerts } from '../alerts/alert-store.js';
import { ALERTS, runbookLink, summaryOf } from '../alerts/alert-table.js';
import type { FiringAlert } from '../alerts/watch-alerts.js';
import type { AlertStatus } from '../api/node-status.js';
import type { Database } from '../storage/database.js';

export const alertStatus = ({ alert, labels, summary, sinceMs }: FiringAlert): AlertStatus => ({
  ...{ alert: alert.name, severity: alert.severity, area: alert.area, summary, labels, sinceMs },
  runbook: runbookLink(alert),
});

/** What fired when the node was stopped, the worst first. */
export function storedAlerts(db: Database): AlertStatus[] {
  const firing = readAlerts(db).flatMap(({ name, labels, state }) => {
    const alert = ALERTS.find((each) => each.name === name);
    if (alert === undefined || state.firingSinceMs === null) return [];
    const { sinceMs } = state;
    return [
      alertStatus({ alert, labels, summary: summaryOf(alert, labels), value: null, sinceMs }),
    ];
  });
  return [
    ...firing.filter(({ severity }) => severity === 'critical'),
    ...firing.filter(({ severity }) => severity === 'warning'),
  ];
}
