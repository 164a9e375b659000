import { readAlerts } from '../alerts/alert-store.js';
import { ALERTS, runbookLink, summaryOf } from '../alerts/alert-table.js';
import type { FiringAlert } from '../alerts/watch-alerts.js';
import type { AlertStatus } from '../api/node-status.js';
import type { Database } from '../storage/database.js';

/** `runbook`: where the operator keeps it (alerts.runbook). */
export const alertStatus = (
  { alert, labels, summary, sinceMs }: FiringAlert,
  runbook: string | null,
): AlertStatus => ({
  ...{ alert: alert.name, severity: alert.severity, area: alert.area, summary, labels, sinceMs },
  runbook: runbookLink(alert, runbook ?? undefined),
});

/** What fired when the node was stopped, the worst first. */
export function storedAlerts(db: Database, runbook: string | null): AlertStatus[] {
  const firing = readAlerts(db).flatMap(({ name, labels, state }) => {
    const alert = ALERTS.find((each) => each.name === name);
    if (alert === undefined || state.firingSinceMs === null) return [];
    const { sinceMs } = state;
    return [
      alertStatus(
        { alert, labels, summary: summaryOf(alert, labels), value: null, sinceMs },
        runbook,
      ),
    ];
  });
  return [
    ...firing.filter(({ severity }) => severity === 'critical'),
    ...firing.filter(({ severity }) => severity === 'warning'),
  ];
}
