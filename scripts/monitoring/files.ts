import { alertRules } from './alert-rules.js';
import { dashboardJson } from './dashboard.js';
import { DASHBOARDS } from './dashboards.js';

export const RULES_FILE = 'config/monitoring/dodona-alerts.yml';
export const DASHBOARD_FOLDER = 'config/monitoring/grafana/dashboards';

/** What is made from the code, by its path in the project. */
export const monitoringFiles = (): ReadonlyMap<string, string> =>
  new Map([
    [RULES_FILE, alertRules()],
    ...DASHBOARDS.map(
      (dashboard) =>
        [`${DASHBOARD_FOLDER}/${dashboard.uid}.json`, dashboardJson(dashboard)] as const,
    ),
  ]);
