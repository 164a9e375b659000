import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { formatGas } from '../base/datoshi.js';
import { hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import { OUTSIDE } from '../gasbank/accounts.js';
import {
  createLedgerViews,
  DEFAULT_HISTORY_LIMIT,
  type LedgerViews,
  MAX_HISTORY_LIMIT,
  type TransferQuery,
  type TransferView,
} from '../gasbank/ledger-view-store.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { csvLine } from './csv-line.js';
import { timeText } from './human-time.js';
import { accountName, parseLedgerAccounts } from './ledger-account.js';
import { withBooks } from './open-books.js';
import { parseSince } from './since.js';
import { type Column, textTable } from './text-table.js';

const HELP = `
Every movement in the node's books, newest first: what it was for, from which account to which.
ACCOUNT is an address, a 0x hash (all that belongs to it) or an account of the ledger: see
\`dodona gasbank balance --help\`. Fees are set aside before a transaction is sent (\`pending\`) and
then paid (\`post\`) or freed (\`void\`); only \`single\` and \`post\` move money.

--csv prints all that there is, oldest first, a line each, with amounts in GAS and times in UTC;
text and JSON are pages of --limit, and say how to see more.

Examples:
  dodona gasbank history --since 7d
  dodona gasbank history burnt --since 2026-11-01 --csv > burnt.csv
${EXIT_CODE_HELP}`;

interface HistoryOptions extends CommonOptions {
  readonly since?: string;
  readonly csv?: boolean;
  readonly limit?: string;
  readonly cursor?: string;
}

export interface HistoryPage {
  readonly transfers: readonly TransferView[];
  /** What --cursor takes for the next page; null at the end. */
  readonly cursor: bigint | null;
}

export function gasbankHistoryCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('history'))
    .argument('[account]', 'an address, a 0x hash, or an account of the ledger such as burnt')
    .option('--since <when>', 'only from a date (2026-11-01, UTC) or for a duration (12h, 7d) on')
    .option(
      '--limit <n>',
      `how many, up to ${MAX_HISTORY_LIMIT} (default: ${DEFAULT_HISTORY_LIMIT})`,
    )
    .option('--cursor <n>', 'only those before this one: what the last page named')
    .option('--csv', 'print comma-separated values, all of them, oldest first')
    .description('movements in the books, newest first')
    .addHelpText('after', HELP)
    .action(async (named: string | undefined, options: HistoryOptions) => {
      const query = queryOf(named, options, context.clock.nowMs());
      const config = loadConfig(options.config);
      if (options.csv === true) {
        await withBooks(config, (db) => printCsv(createLedgerViews(db), query, context));
        return;
      }
      const page = await withBooks(config, (db) => pageOf(createLedgerViews(db), query));
      if (options.json === true) context.print(jsonText(page));
      else context.print(pageText(page));
    });
}

function queryOf(named: string | undefined, options: HistoryOptions, nowMs: number): TransferQuery {
  const { since, limit, cursor, csv, json } = options;
  if (csv === true && (json === true || limit !== undefined || cursor !== undefined)) {
    throw new NodeError('BAD_QUERY', '--csv goes with neither --json, --limit nor --cursor', {
      hint: 'it prints all that there is; shorten it by --since and ACCOUNT',
    });
  }
  return {
    accounts: named === undefined ? [] : parseLedgerAccounts(named),
    sinceMs: since === undefined ? null : parseSince(since, nowMs),
    beforeRow: cursor === undefined ? null : BigInt(wholeNumber('cursor', cursor, ROW_MAX)),
    limit:
      limit === undefined ? DEFAULT_HISTORY_LIMIT : wholeNumber('limit', limit, MAX_HISTORY_LIMIT),
  };
}

const ROW_MAX = Number.MAX_SAFE_INTEGER;

function wholeNumber(name: string, text: string, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new NodeError('BAD_QUERY', `${name} is ${JSON.stringify(text.slice(0, 60))}`, {
    hint: `expected a number from 1 to ${max}`,
  });
}

/** One more is asked for than shown, to know whether there are more. */
function pageOf(views: LedgerViews, query: TransferQuery): HistoryPage {
  const found = views.transfers({ ...query, limit: query.limit + 1 });
  const transfers = found.slice(0, query.limit);
  const more = found.length > transfers.length;
  return { transfers, cursor: more ? (transfers.at(-1)?.row ?? null) : null };
}

const COLUMNS: readonly Column[] = [
  { title: 'TIME (UTC)' },
  { title: 'BLOCK', align: 'right' },
  { title: 'GAS', align: 'right' },
  { title: 'PHASE' },
  { title: 'REQUEST', align: 'right' },
  { title: 'WHAT' },
];

/** A page for people. What moves stands on a line, from where to where below it. */
export function pageText({ transfers, cursor }: HistoryPage): string {
  if (transfers.length === 0) return 'Nothing was booked.';
  const [head = '', ...rows] = textTable(COLUMNS, transfers.map(rowOf)).split('\n');
  const lines = rows.flatMap((row, at) => {
    const { debit, credit, counterparty, lostTx } = transfers[at] as TransferView;
    const nameOf = (account: string): string =>
      account === OUTSIDE && counterparty !== null
        ? `${OUTSIDE} (${hash160ToAddress(counterparty)})`
        : accountName(account);
    const lost = lostTx === null ? [] : [`    of the FAULTed ${lostTx}`];
    return [row, `    ${nameOf(debit)} -> ${nameOf(credit)}`, ...lost];
  });
  const more = cursor === null ? [] : ['', `More with --cursor ${cursor}`];
  return [head, ...lines, ...more].join('\n');
}

const rowOf = (transfer: TransferView): string[] => [
  timeText(transfer.atMs),
  transfer.block === null ? '-' : String(transfer.block),
  formatGas(transfer.amountDatoshi),
  transfer.phase,
  transfer.requestId === null ? '-' : String(transfer.requestId),
  transfer.cause,
];

const CSV_COLUMNS = (
  'time,block,tx,request,cause,phase,debit,credit,gas,row,transfer,settles,' +
  'lost_tx,counterparty'
).split(',');

function printCsv(views: LedgerViews, query: TransferQuery, context: CommandContext): void {
  context.print(csvLine(CSV_COLUMNS));
  for (const transfer of views.allTransfers(query)) context.print(csvLine(csvOf(transfer)));
}

const csvOf = (transfer: TransferView): string[] => [
  new Date(transfer.atMs).toISOString(),
  String(transfer.block ?? ''),
  transfer.tx ?? '',
  String(transfer.requestId ?? ''),
  transfer.cause,
  transfer.phase,
  transfer.debit,
  transfer.credit,
  formatGas(transfer.amountDatoshi),
  String(transfer.row),
  transfer.id,
  transfer.pendingId ?? '',
  transfer.lostTx ?? '',
  transfer.counterparty ?? '',
];
