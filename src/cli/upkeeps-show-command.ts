import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { parseUpkeepId } from '../api/upkeep-query.js';
import { occurrenceText } from '../automation/next-run.js';
import type { UpkeepRun } from '../automation/upkeep-store.js';
import type { UpkeepExplanation } from '../automation/upkeep-view-store.js';
import { formatGas } from '../base/datoshi.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { timeText } from './human-time.js';
import { noSuchUpkeep } from './no-such-upkeep.js';
import { withBooks } from './open-books.js';
import { type Column, labelled, textTable } from './text-table.js';

const HELP = `
Tells when an upkeep is due next, why it does not run, its last runs and what they cost. From the
node's database, whether the node runs or not. The id is in the event that the gateway emitted, and
in \`dodona upkeeps list\`.

Examples:
  dodona upkeeps show 12
  dodona upkeeps show 12 --json
${EXIT_CODE_HELP}`;

interface Shown {
  readonly upkeep: UpkeepExplanation;
  /** What of the operator's limits delays it; null where nothing does. */
  readonly limit: string | null;
}

export function upkeepsShowCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('show'))
    .argument('<id>', 'decimal id of the upkeep')
    .description('when an upkeep is due, why it does not run, its last runs and their cost')
    .addHelpText('after', HELP)
    .action(async (text: string, options: CommonOptions) => {
      const id = parseUpkeepId(text);
      const config = loadConfig(options.config);
      const { createUpkeepViews } = await import('../automation/upkeep-view-store.js');
      const { createWatchStore } = await import('../automation/watch-store.js');
      const shown = await withBooks(config, (db): Shown | null => {
        const upkeep = createUpkeepViews(db).show(id);
        const tools = { views: createUpkeepViews(db), watches: createWatchStore(db) };
        return upkeep === null ? null : { upkeep, limit: limitOn(upkeep, config, tools) };
      });
      if (shown === null) throw noSuchUpkeep(id);
      const { upkeep, limit } = shown;
      context.print(options.json === true ? jsonText({ ...upkeep, limit }) : shownText(shown));
    });
}

interface Tools {
  readonly views: { conditionCount(): number };
  readonly watches: {
    contracts(limit: number): readonly string[];
    contractOf(id: bigint): string | null;
  };
}

/** Conditions are asked in turn, and contracts watched in the order in which they were named. */
function limitOn(
  { id, kind, state }: UpkeepExplanation,
  { automation }: NodeConfig,
  { views, watches }: Tools,
): string | null {
  if (!(state === 'waiting' || state === 'sent')) return null;
  if (kind === 'when') {
    const [conditions, most] = [views.conditionCount(), automation.maxConditionsPerBlock];
    if (conditions <= most) return null;
    const blocks = Math.ceil(conditions / most);
    return `its condition is asked once in ${blocks} blocks (automation.maxConditions is ${most})`;
  }
  const contract = kind === 'on' ? watches.contractOf(id) : null;
  const most = automation.maxWatchedContracts;
  if (contract === null || watches.contracts(most).includes(contract)) return null;
  const why = `automation.maxWatchedContracts is ${most}`;
  return `its contract is not watched: others came first (${why})`;
}

function shownText({ upkeep, limit }: Shown): string {
  const { id, state, reason, next, owner, target, method, triggerText, maxFee } = upkeep;
  const { kind, registered, registeredTx, lastDue, costs, lastRuns, failures } = upkeep;
  const runs = costs.runs === 1 ? 'run' : 'runs';
  const charged = `${formatGas(costs.charged)} GAS in ${costs.runs} ${runs}`;
  return [
    `Upkeep ${id}: ${state}`,
    '',
    labelled('why', reason),
    labelled('next', next),
    ...(limit === null ? [] : [labelled('limit', limit)]),
    ...(failures === 0 ? [] : [labelled('failures', `${failures} in a row`)]),
    '',
    labelled('calls', `${method} of ${target}`),
    labelled('trigger', triggerText),
    labelled('owner', `${owner}, pays at most ${formatGas(maxFee)} GAS a run`),
    labelled(
      'since',
      `block ${registered.block}, ${timeText(registered.timeMs)} UTC, ${registeredTx}`,
    ),
    labelled('last', lastDue === null ? 'never' : occurrenceText(kind, lastDue)),
    labelled('cost', `${charged}, at most ${formatGas(costs.mostCharged)} in one`),
    ...(lastRuns.length === 0 ? [] : ['', textTable(COLUMNS, lastRuns.map(runRow(upkeep)))]),
  ].join('\n');
}

const COLUMNS: readonly Column[] = [
  { title: 'DUE' },
  { title: 'BLOCK', align: 'right' },
  { title: 'CALLED' },
  { title: 'CHARGED', align: 'right' },
  { title: 'TRANSACTION' },
];

const runRow =
  ({ kind }: UpkeepExplanation) =>
  ({ due, at, delivered, fee, lost, premium, tx }: UpkeepRun): string[] => [
    occurrenceText(kind, due),
    String(at.block),
    delivered ? 'yes' : 'no',
    formatGas(fee + lost + premium),
    tx,
  ];
