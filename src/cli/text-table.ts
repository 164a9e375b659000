import { fitted, visible, wrapped } from './visible-text.js';

/** Widest line that a command prints of its own accord. */
export const LINE_COLUMNS = 100;
const GAP = '  ';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * Rows under titles, in columns as wide as their widest cell; the last column is cut where 100
 * columns end.
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => row.map((c) => visible(c))),
  ];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((row) => (row[index] ?? '').length)),
  );
  const fixed = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  const left = Math.max(8, LINE_COLUMNS - fixed);
  widths[widths.length - 1] = Math.min(widths.at(-1) ?? 0, left);
  return cells
    .map((row) =>
      columns
        .map(({ align }, index) => cellText(row[index] ?? '', widths[index] ?? 0, align))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

function cellText(text: string, width: number, align: Column['align']): string {
  const cell = fitted(text, width);
  return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
}

/** A name in a margin, with its text beside it, wrapped to 100 columns. */
export function labelled(label: string, text: string, margin = 11): string {
  return wrapped(visible(text), LINE_COLUMNS - margin)
    .map((line, index) => (index === 0 ? label : '').padEnd(margin) + line)
    .join('\n')
    .trimEnd();
}
