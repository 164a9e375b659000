import { durationText, promQl } from '../../src/alerts/alert-condition.js';
import { ALERTS, runbookLink } from '../../src/alerts/alert-table.js';
import { code, markdownTable } from './markdown.js';

/** Every alert with what it looks at. */
export function alertTable(): string {
  const rows = ALERTS.map((alert) => [
    `[${alert.name}](${runbookLink(alert).replace(/^.*#/, '#')})`,
    alert.severity,
    code(promQl(alert.when)),
    alert.forS === 0 ? 'at once' : durationText(alert.forS),
  ]);
  return markdownTable(['alert', 'severity', 'when', 'for'], rows);
}
