import type { LabelBound } from '../../src/telemetry/metric-declaration.js';
import { METRIC_TABLE } from '../../src/telemetry/metric-table.js';
import { code, markdownTable } from './markdown.js';

/** Words of a label that a cell names; of more it tells how many there are. */
const NAMED_WORDS = 6;

/** The node's own metrics; those of the process come besides. */
export function metricTable(): string {
  const rows = METRIC_TABLE.map(({ name, type, unit, labels, help }) => [
    code(name),
    type,
    unit,
    Object.entries(labels)
      .map(([label, bound]) => `${code(label)} ${boundText(bound)}`)
      .join('; '),
    help,
  ]);
  return markdownTable(['metric', 'type', 'unit', 'labels', 'meaning'], rows);
}

function boundText(bound: LabelBound): string {
  if (typeof bound === 'number') return `(at most ${bound})`;
  return bound.length > NAMED_WORDS ? `(${bound.length} words)` : `(${bound.join(', ')})`;
}
