import { cpus } from 'node:os';
import { rounded } from './statistics.js';

/** One line of a benchmark's table. */
export interface Figure {
  /** camelCase: the key of --json. */
  readonly name: string;
  readonly value: number;
  /** E.g. "ms", "answers/s", or "" for a plain number. */
  readonly unit: string;
  /** What issue 3 asks for, e.g. "<= 12". */
  readonly target?: string;
}

export const figure = (name: string, value: number, unit: string, target?: string): Figure => ({
  name,
  value,
  unit,
  ...(target === undefined ? {} : { target }),
});

export interface BenchResult {
  readonly bench: string;
  /** What was done, in a sentence or two, with the sizes. */
  readonly summary: string;
  readonly figures: readonly Figure[];
  /** What the figures are compared with, measured in the same run. */
  readonly floor: readonly Figure[];
}

/** The one line of --json; its names and shapes are relied on outside. */
export function jsonLineOf({ bench, figures, floor }: BenchResult): string {
  const valuesOf = (list: readonly Figure[]) =>
    Object.fromEntries(list.map(({ name, value }) => [name, rounded(value)]));
  const units = Object.fromEntries([...figures, ...floor].map(({ name, unit }) => [name, unit]));
  return JSON.stringify({ bench, figures: valuesOf(figures), units, floor: valuesOf(floor) });
}

/** A table in Markdown, under a line that names machine and date. */
export function tableOf(result: BenchResult, now: Date): string {
  const row = (kind: string) => (figure: Figure) => [
    `${figure.name}${kind}`,
    `${rounded(figure.value)}${figure.unit === '' ? '' : ` ${figure.unit}`}`,
    figure.target ?? '',
  ];
  const rows = [
    ['figure', 'measured', 'target'],
    ...result.figures.map(row('')),
    ...result.floor.map(row(' (floor)')),
  ];
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((cells) => (cells[at] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [
    `${result.bench}: ${result.summary}`,
    `${machine()}, ${now.toISOString().slice(0, 10)}`,
    '',
    line(head),
    rule,
    ...body.map(line),
    '',
  ].join('\n');
}

/** What the figures depend on. */
export function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  return `${processors.length} x ${model}, Node ${process.versions.node}`;
}
