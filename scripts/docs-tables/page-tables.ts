import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../ensure/paths.mjs';
import { alertTable } from './alert-table.js';
import { apiProblemTable, apiRouteTable } from './api-tables.js';
import { attestationTable } from './attestation-table.js';
import { configSections, configTable } from './config-tables.js';
import { costTable, FACTORS } from './cost-table.js';
import { feedTable } from './feed-table.js';
import { filterDocument, filterTable } from './filter-table.js';
import {
  codeTable,
  eventTable,
  limitTable,
  readAbi,
  readsTable,
  refusalTable,
} from './gateway-tables.js';
import { failureTable, statusTable } from './http-tables.js';
import { layerTable } from './layer-table.js';
import { functionLimitTable, nodeLimitTable, webLimitTable } from './limit-tables.js';
import { measureCosts } from './measure-costs.js';
import { metricTable } from './metric-table.js';
import { presetTable } from './preset-table.js';
import { crashPointList, transitionTable, upkeepTransitionTable } from './request-tables.js';

/** The documents that hold tables made from the code. */
export const PAGES = [
  'docs/operators.md',
  'docs/monitoring.md',
  'docs/runbook.md',
  'docs/prices.md',
  'docs/contract-authors.md',
  'docs/contributors.md',
  'docs/attestation.md',
  'docs/api.md',
];

/** Names of the tables that are measured on a chain, which takes longer than to read the code. */
export const MEASURED_TABLES: readonly string[] = ['costs of calls', 'costs of answers'];

/** A table by its name; null where it was not measured. */
export type PageTables = ((name: string) => string | null) & { readonly names: readonly string[] };

/**
 * All tables, by name. One that was not measured is null: it stays as it is. Throws on a name that
 * no table has.
 */
export async function pageTables({
  measures,
}: {
  readonly measures: boolean;
}): Promise<PageTables> {
  const tables = new Map<string, string>([
    ['events', eventTable()],
    ['reads', readsTable()],
    ['limits of the gateway', limitTable()],
    ['codes', codeTable()],
    ['document of the filters', filterDocument()],
    ['filters', filterTable()],
    ['failures', failureTable()],
    ['statuses', statusTable()],
    ['limits of the web', webLimitTable()],
    ['limits of the node', nodeLimitTable()],
    ['limits of functions', functionLimitTable()],
    ['feeds', feedTable()],
    ['presets', presetTable()],
    ['attestation policy', attestationTable()],
    ['layers', layerTable((folder) => existsSync(join(projectRoot, 'src', folder)))],
    ['transitions', transitionTable()],
    ['upkeep transitions', upkeepTransitionTable()],
    ['crash points', crashPointList()],
    ['metrics', metricTable()],
    ['alerts', alertTable()],
    ['api routes', apiRouteTable()],
    ['api problems', apiProblemTable()],
    ...configSections().map((section) => [`config ${section}`, configTable(section)] as const),
    ...Object.keys(readAbi().refusals).map((file) => {
      const area = file.replace(/\.go$/, '');
      return [`refusals of ${area}`, refusalTable(area)] as const;
    }),
  ]);
  if (measures) {
    const [atDefault, atThree] = [await measureCosts(FACTORS[0]), await measureCosts(FACTORS[1])];
    tables.set('costs of calls', costTable(atDefault.calls, atThree.calls));
    tables.set('costs of answers', costTable(atDefault.answers, atThree.answers));
  }
  const tableOf = (name: string): string | null => {
    const table = tables.get(name);
    if (table !== undefined) return table;
    if (MEASURED_TABLES.includes(name)) return null;
    throw new Error(`there is no table "${name}"`);
  };
  return Object.assign(tableOf, { names: [...new Set([...tables.keys(), ...MEASURED_TABLES])] });
}
