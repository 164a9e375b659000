import { Command } from 'commander';
import type { Wire } from '../api/json-text.js';
import type { RequestPage } from '../api/request-page.js';
import { parseRequestQuery } from '../api/request-query.js';
import { responseCodeName } from '../base/outcome.js';
import { loadConfig } from '../config/load-config.js';
import { REQUEST_KINDS, REQUEST_STATES } from '../requests/request-machine.js';
import type { RequestView } from '../requests/request-view.js';
import { DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT } from '../requests/request-view-store.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import type { ViewSource } from './node-view.js';
import { type Column, textTable } from './text-table.js';
import { sourceNote, withNodeView } from './with-node-view.js';

const HELP = `
Newest first. Asks the running node; when none answers, reads its database and says so.

States:
  received   its data is to be fetched         overdue    past its deadline, to be refunded
  resolved   its answer is to be sent          expiring   its refund is under way
  sent       its answer is under way           answered   ended: answered in a block
  stuck      no answer is possible; waits      expired    ended: refunded in a block

Examples:
  dodona requests list --state stuck
  dodona requests list --requester NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs --limit 200
${EXIT_CODE_HELP}`;

interface ListOptions extends CommonOptions {
  readonly state?: string;
  readonly kind?: string;
  readonly requester?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

export function requestsCommand(context: CommandContext): Command {
  const list = withCommonOptions(new Command('list'))
    .description('requests by state, kind and requester, newest first')
    .option('--state <state>', `one of ${REQUEST_STATES.join(', ')}`)
    .option('--kind <kind>', `one of ${REQUEST_KINDS.join(', ')}`)
    .option('--requester <account>', "the asking contract's hash (0x…) or an address")
    .option('--limit <n>', `how many, up to ${MAX_LIST_LIMIT} (default: ${DEFAULT_LIST_LIMIT})`)
    .option('--cursor <id>', 'only ids below this one: what the last page named')
    .addHelpText('after', HELP)
    .action(async ({ config: file, json, ...filters }: ListOptions) => {
      const query = parseRequestQuery(filters);
      const config = loadConfig(file);
      const { answer, source } = await withNodeView(context, config, (view) =>
        view.requests(query),
      );
      if (json === true) context.print(JSON.stringify({ source, ...answer }));
      else context.print(listText(answer, source));
    });
  return new Command('requests')
    .description('the requests that the node knows')
    .addCommand(list)
    .addHelpText('after', '\nSee `dodona requests list --help`.');
}

const COLUMNS: readonly Column[] = [
  { title: 'ID', align: 'right' },
  { title: 'KIND' },
  { title: 'STATE' },
  { title: 'ANSWER' },
  { title: 'REQUESTER' },
  { title: 'BLOCK', align: 'right' },
  { title: 'DEADLINE', align: 'right' },
  { title: 'WHY' },
];

/** The page for people: a table of 100 columns. */
export function listText({ requests, cursor }: Wire<RequestPage>, source: ViewSource): string {
  const note = sourceNote(source);
  const table =
    requests.length === 0 ? 'No request matches.' : textTable(COLUMNS, requests.map(rowOf));
  const more = cursor === null ? [] : ['', `More with --cursor ${cursor}`];
  return [...(note === null ? [] : [note, '']), table, ...more].join('\n');
}

function rowOf(request: Wire<RequestView>): string[] {
  const { id, kind, state, code, requester, createdBlock, deadlineBlock, reason } = request;
  return [
    id,
    kind,
    state,
    code === null ? '-' : responseCodeName(code),
    `${requester.slice(0, 8)}…${requester.slice(-4)}`,
    String(createdBlock),
    String(deadlineBlock),
    reason,
  ];
}
