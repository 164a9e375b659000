import { stringify } from 'yaml';
import { durationText, promQl } from '../../src/alerts/alert-condition.js';
import { ALERTS, runbookLink } from '../../src/alerts/alert-table.js';

/** Prometheus puts in what its configuration says under external_labels. */
export const RUNBOOK_LABEL = '{{ $externalLabels.runbook }}';

/** The alert rules as Prometheus reads them: a group for each area. */
export function alertRules(): string {
  const areas = [...new Set(ALERTS.map(({ area }) => area))];
  const groups = areas.map((area) => ({
    name: `dodona-${area}`,
    rules: ALERTS.filter((alert) => alert.area === area).map((alert) => ({
      alert: alert.name,
      expr: promQl(alert.when),
      ...(alert.forS === 0 ? {} : { for: durationText(alert.forS) }),
      labels: { severity: alert.severity, area },
      annotations: { summary: alert.summary, runbook_url: runbookLink(alert, RUNBOOK_LABEL) },
    })),
  }));
  const head = '# Made by scripts/monitoring.ts from src/alerts/alert-table.ts: change it there.\n';
  return head + stringify({ groups }, { lineWidth: 0 });
}
