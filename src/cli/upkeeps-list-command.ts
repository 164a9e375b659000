import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { parseUpkeepQuery } from '../api/upkeep-query.js';
import { occurrenceText } from '../automation/next-run.js';
import { UPKEEP_STATES } from '../automation/upkeep-machine.js';
import {
  DEFAULT_LIST_LIMIT,
  MAX_LIST_LIMIT,
  type UpkeepView,
} from '../automation/upkeep-view-store.js';
import { loadConfig } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { withBooks } from './open-books.js';
import { type Column, textTable } from './text-table.js';

const HELP = `
Newest first, from the node's database, whether the node runs or not.

States:
  waiting   for its next occurrence        unreadable  its trigger means no day
  sent      a run is under way             cancelled   by its owner, and gone
  unfunded  nothing is locked for a run    paused      failed too often in a row

Examples:
  dodona upkeeps list --state paused
  dodona upkeeps list --owner NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs
${EXIT_CODE_HELP}`;

interface ListOptions extends CommonOptions {
  readonly state?: string;
  readonly owner?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

export function upkeepsListCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('list'))
    .description('upkeeps by state and owner, newest first: when each is due, and why it waits')
    .option('--state <state>', `one of ${UPKEEP_STATES.join(', ')}`)
    .option('--owner <account>', "the owner's hash (0x…) or address")
    .option('--limit <n>', `how many, up to ${MAX_LIST_LIMIT} (default: ${DEFAULT_LIST_LIMIT})`)
    .option('--cursor <id>', 'only ids below this one: what the last page named')
    .addHelpText('after', HELP)
    .action(async ({ config: file, json, ...filters }: ListOptions) => {
      const query = parseUpkeepQuery(filters);
      const { createUpkeepViews } = await import('../automation/upkeep-view-store.js');
      const upkeeps = await withBooks(loadConfig(file), (db) => createUpkeepViews(db).list(query));
      const isFull = upkeeps.length >= (query.limit ?? DEFAULT_LIST_LIMIT);
      const cursor = isFull ? (upkeeps.at(-1)?.id ?? null) : null;
      context.print(json === true ? jsonText({ upkeeps, cursor }) : listText(upkeeps, cursor));
    });
}

const COLUMNS: readonly Column[] = [
  { title: 'ID', align: 'right' },
  { title: 'STATE' },
  { title: 'TRIGGER' },
  { title: 'NEXT' },
  { title: 'LAST' },
  { title: 'WHY' },
];
const TRIGGER_COLUMNS = 24;

function listText(upkeeps: readonly UpkeepView[], cursor: bigint | null): string {
  if (upkeeps.length === 0) return 'No upkeep matches.';
  const more = cursor === null ? [] : ['', `More with --cursor ${cursor}`];
  return [textTable(COLUMNS, upkeeps.map(rowOf)), ...more].join('\n');
}

function rowOf({ id, state, kind, triggerText, nextDue, lastDue, reason }: UpkeepView): string[] {
  const isCut = triggerText.length > TRIGGER_COLUMNS;
  const told = (due: number | null): string => (due === null ? '-' : occurrenceText(kind, due));
  return [
    String(id),
    state,
    isCut ? `${triggerText.slice(0, TRIGGER_COLUMNS - 1)}…` : triggerText,
    told(nextDue),
    told(lastDue),
    reason,
  ];
}
