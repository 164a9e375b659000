import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownTable, tablesIn, withTables } from '../docs-tables/markdown.js';
import { isMet, labelOf, shown } from './figure-text.js';
import type { KeptResult, KeptResults } from './kept-results.js';
import { plotOf } from './plot.js';
import type { Figure } from './report.js';

export const PAGE_FILE = 'benchmarks.md';
export const PLOT_FILE = 'benchmarks.svg';

/** Fills the tables of the page, between its marks, and draws the plot anew. */
export function writePage(folder: string, results: KeptResults): void {
  const file = join(folder, PAGE_FILE);
  writeFileSync(file, pageWith(readFileSync(file, 'utf8'), results));
  writeFileSync(join(folder, PLOT_FILE), plotOf(results));
}

/** The page with each result's table. Throws when it has no place for one. */
export function pageWith(page: string, results: KeptResults): string {
  const places = tablesIn(page);
  for (const name of Object.keys(results)) {
    if (places.includes(name)) continue;
    throw new Error(`${PAGE_FILE}: expected a place marked <!-- table: ${name} -->`);
  }
  return withTables(page, (name, present) => {
    const result = results[name];
    return result === undefined ? present : sectionOf(result);
  });
}

function sectionOf(result: KeptResult): string {
  const { summary, date, commit, machine } = result;
  const about = `${capital(summary)}. ${date}, commit ${commit}, ${machine}.`;
  const table = result.bench === 'native' ? besideTable(result) : floorTable(result);
  return [about, '', table].join('\n');
}

function floorTable({ figures, floor }: KeptResult): string {
  const row = (each: Figure, kind: string): string[] => {
    const { name, value, target } = each;
    const met = target === undefined || isMet(value, target) ? '' : ': missed';
    return [`${labelOf(name)}${kind}`, withUnit(each), `${target ?? ''}${met}`];
  };
  const rows = [
    ...figures.map((each) => row(each, '')),
    ...floor.map((each) => row(each, ' (floor)')),
  ];
  return markdownTable(['figure', 'measured', 'target'], rows);
}

/** What is called alike, but for "native" before it, stands side by side. */
function besideTable({ figures, floor }: KeptResult): string {
  const others = new Map(floor.map((each) => [each.name, each]));
  const rows = figures.map((each) => {
    const name = `native${capital(each.name)}`;
    const other = others.get(name);
    others.delete(name);
    return [labelOf(each.name), withUnit(each), other === undefined ? '' : withUnit(other)];
  });
  const alone = [...others.values()].map((each) => [labelOf(each.name), withUnit(each), '']);
  return markdownTable(['figure', 'Dodona', 'native oracle'], [...rows, ...alone]);
}

const withUnit = ({ value, unit }: Figure): string => `${shown(value)} ${unit}`.trimEnd();

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
