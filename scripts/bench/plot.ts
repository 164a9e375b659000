import { isMet, labelOf, readTarget, shown } from './figure-text.js';
import type { KeptResult, KeptResults } from './kept-results.js';
import type { Figure } from './report.js';

const WIDTH = 860;
const MARGIN = 28;
/** Where labels end and bars begin. */
const LABELS = 330;
const LEGEND = 660;
/** Where bars end and values begin. */
const BARS_END = 720;
const BAR = 13;
const PAIR = 44;
const ROW = 24;
const HEAD = 64;

/** What the two are compared in: the node's figure, the native service's, and what it is. */
const SIDES: readonly [node: string, native: string, label: string][] = [
  ['p50', 'nativeP50', 'latency, p50'],
  ['p99', 'nativeP99', 'latency, p99'],
  ['answersPerSecond', 'nativeAnswersPerSecond', 'answers a second'],
  ['cpuPerAnswer', 'nativeCpuPerAnswer', 'processor time per answer'],
  ['gas', 'nativeGas', 'GAS per answer, default prices'],
  ['gasAtTenth', 'nativeGasAtTenth', 'GAS per answer, a tenth of them'],
];

/** Colours of both themes; text on the ground has a contrast of 4.5 and more. */
const STYLE = `
  svg { color-scheme: light dark; }
  text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1f2328; }
  .title { font-size: 17px; font-weight: 600; }
  .note { font-size: 12px; fill: #57606a; }
  .ground { fill: #ffffff; stroke: #d0d7de; }
  .rule { stroke: #d8dee4; }
  .limit { stroke: #57606a; stroke-dasharray: 4 3; }
  .node { fill: #0969da; }
  .native { fill: #8c959f; }
  .met { fill: #1a7f37; }
  .missed { fill: #ffffff; stroke: #cf222e; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9198a1; }
    .ground { fill: #0d1117; stroke: #3d444d; }
    .rule { stroke: #2a313c; }
    .limit { stroke: #9198a1; }
    .node { fill: #4493f8; }
    .native { fill: #767e88; }
    .met { fill: #3fb950; }
    .missed { fill: #0d1117; stroke: #f85149; }
  }`;

/** A picture of the results, as SVG that follows the reader's theme. */
export function plotOf(results: KeptResults): string {
  const parts: string[] = [];
  let bottom = MARGIN;
  const { native } = results;
  if (native !== undefined) {
    const panel = besidesNative(native, bottom);
    parts.push(...panel.parts);
    bottom = panel.bottom + MARGIN;
  }
  const panel = againstTargets(Object.values(results), bottom);
  parts.push(...panel.parts);
  const height = panel.bottom + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}"`,
    ` height="${height}" role="img" aria-labelledby="what">`,
    `<title id="what">Dodona's benchmarks: beside the native oracle, and against targets</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

interface Panel {
  readonly parts: readonly string[];
  readonly bottom: number;
}

function besidesNative(native: KeptResult, top: number): Panel {
  const values = new Map([...native.figures, ...native.floor].map((each) => [each.name, each]));
  const rows = SIDES.flatMap(([node, other, label]) => {
    const [ours, theirs] = [values.get(node), values.get(other)];
    return ours === undefined || theirs === undefined ? [] : [{ ours, theirs, label }];
  });
  const parts = [
    text(MARGIN, top + 14, "Dodona beside neo-go's own oracle service", 'title'),
    text(
      MARGIN,
      top + 36,
      'One chain, one source, the same consumer and filter. ' +
        'Shorter is better, but for answers a second',
      'note',
    ),
    `<rect class="node" x="${LEGEND}" y="${top + 3}" width="11" height="11" rx="2"/>`,
    text(LEGEND + 17, top + 13, 'Dodona', 'note'),
    `<rect class="native" x="${LEGEND + 76}" y="${top + 3}" width="11" height="11" rx="2"/>`,
    text(LEGEND + 93, top + 13, 'native oracle', 'note'),
  ];
  for (const [at, { ours, theirs, label }] of rows.entries()) {
    const y = top + HEAD + at * PAIR;
    const most = Math.max(ours.value, theirs.value);
    parts.push(
      text(LABELS - 12, y + BAR + 6, label, '', 'end'),
      ...bar(y, ours, most, 'node'),
      ...bar(y + BAR + 3, theirs, most, 'native'),
    );
  }
  return { parts, bottom: top + HEAD + rows.length * PAIR };
}

function bar(y: number, { value, unit }: Figure, most: number, className: string): string[] {
  const width = Math.max(1, ((BARS_END - LABELS) * value) / most);
  return [
    `<rect class="${className}" x="${LABELS}" y="${y}" width="${fixed(width)}" height="${BAR}"` +
      ' rx="2"/>',
    text(LABELS + width + 8, y + BAR - 2, `${shown(value)} ${unit}`),
  ];
}

/** Decades to each side of a target that the axis shows. */
const LEAST = 0.01;
const MOST = 10;

/** Each figure that has a target, by how much of it was used: to the left of the line is good. */
function againstTargets(results: readonly KeptResult[], top: number): Panel {
  const rows = results.flatMap(({ bench, figures }) =>
    figures.flatMap(({ name, value, unit, target }) =>
      target === undefined ? [] : [{ label: `${bench}: ${labelOf(name)}`, value, unit, target }],
    ),
  );
  const first = top + HEAD + 8;
  const bottom = first + rows.length * ROW;
  const parts = [
    text(MARGIN, top + 14, 'Against the targets', 'title'),
    text(
      MARGIN,
      top + 36,
      'Left of the line, a full dot: the target is met. Right of it, a ring: ' +
        'it is missed, by so many times',
      'note',
    ),
  ];
  for (let decade = LEAST; decade <= MOST; decade *= 10) {
    const x = fixed(placeOf(decade));
    const className = Math.abs(decade - 1) < 1e-6 ? 'limit' : 'rule';
    const name = className === 'limit' ? 'target' : `${Number(decade.toPrecision(1))}`;
    parts.push(
      `<line class="${className}" x1="${x}" x2="${x}" y1="${first - 8}" y2="${bottom - 4}"/>`,
      text(Number(x), first - 14, name, 'note', 'middle'),
    );
  }
  for (const [at, { label, value, unit, target }] of rows.entries()) {
    const y = first + at * ROW + ROW / 2 - 4;
    const limit = readTarget(target);
    const used = limit.sign.startsWith('<') ? value / limit.value : limit.value / value;
    const className = isMet(value, target) ? 'met' : 'missed';
    parts.push(
      text(LABELS - 12, y + 4, `${label} ${signOf(target)}`, '', 'end'),
      `<circle class="${className}" cx="${fixed(placeOf(used))}" cy="${y}" r="5"/>`,
      text(BARS_END + 16, y + 4, `${shown(value)} ${unit}`),
    );
  }
  return { parts, bottom };
}

function placeOf(used: number): number {
  const share =
    Math.log10(Math.min(MOST, Math.max(LEAST, used)) / LEAST) / Math.log10(MOST / LEAST);
  return LABELS + share * (BARS_END - LABELS);
}

const signOf = (target: string): string => target.replace('<=', '≤').replace('>=', '≥');

function text(x: number, y: number, content: string, className = '', anchor = 'start'): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const named = className === '' ? '' : ` class="${className}"`;
  return `<text${named} x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escaped}</text>`;
}

const fixed = (value: number): string => String(Number(value.toFixed(1)));
