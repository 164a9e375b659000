import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import { earnedOf, walletOf } from '../gasbank/accounts.js';
import { type Forecast, forecast } from '../gasbank/forecast.js';
import { createLedgerViews } from '../gasbank/ledger-view-store.js';
import {
  createProfitView,
  type OwnCostCause,
  type ProfitAndLoss,
} from '../gasbank/profit-view-store.js';
import type { Database } from '../storage/database.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { durationText, timeText } from './human-time.js';
import { withBooks } from './open-books.js';
import { ownAccount } from './own-account.js';
import { parseSince } from './since.js';
import { type Column, labelled, textTable } from './text-table.js';

const DEFAULT_SINCE = '7d';

const HELP = `
How long the money lasts if the next days are as the last ones were, and what they brought: for each
kind of work what was charged for its answers and what they cost, and what the node paid itself, by
cause. Reads the node's books; whether it runs does not matter.

Examples:
  dodona gasbank forecast
  dodona gasbank forecast --since 2026-11-01 --json
${EXIT_CODE_HELP}`;

interface ForecastOptions extends CommonOptions {
  readonly since: string;
}

/** What `gasbank forecast --json` prints, with amounts as decimal datoshi. */
export interface ForecastReport {
  readonly account: Hash160;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly block: number | null;
  readonly walletDatoshi: Datoshi;
  readonly floorDatoshi: Datoshi;
  readonly earnedDatoshi: Datoshi;
  /** Null where the books go back too short a time. */
  readonly forecast: Forecast | null;
  readonly profitAndLoss: ProfitAndLoss;
}

export function gasbankForecastCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('forecast'))
    .option(
      '--since <when>',
      'what to go by: from a date (2026-11-01, UTC) or for a duration (12h, 7d) on',
      DEFAULT_SINCE,
    )
    .description('how long the money lasts, and profit and loss by kind and by cause')
    .addHelpText('after', HELP)
    .action(async (options: ForecastOptions) => {
      const nowMs = context.clock.nowMs();
      const sinceMs = parseSince(options.since, nowMs);
      const config = loadConfig(options.config);
      const account = await ownAccount(config, context.clock);
      const times = { sinceMs, nowMs };
      const report = await withBooks(config, (db) => readReport(db, config, account, times));
      context.print(options.json === true ? jsonText(report) : reportText(report));
    });
}

function readReport(
  db: Database,
  config: NodeConfig,
  account: Hash160 | null,
  { sinceMs: wantedMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): ForecastReport {
  if (account === null) {
    throw new NodeError('WALLET_FILE', 'the wallet of the node is not here', {
      hint: 'run this where wallet.file of the configuration is, or its signer runs',
    });
  }
  const views = createLedgerViews(db);
  const sinceMs = Math.max(wantedMs, views.begunMs() ?? nowMs);
  const profitAndLoss = createProfitView(db).profitAndLoss(sinceMs);
  const wallet = views.account(walletOf(account))?.availableDatoshi ?? 0n;
  const earned = views.account(earnedOf(account))?.postedDatoshi ?? 0n;
  const floor = config.gasbank.walletFloorDatoshi;
  const { spent, result } = profitAndLoss;
  return {
    account,
    sinceMs,
    untilMs: nowMs,
    block: views.height(),
    walletDatoshi: wallet,
    floorDatoshi: floor,
    earnedDatoshi: earned,
    forecast: forecast({ wallet, earned, floor, spent, result, periodMs: nowMs - sinceMs }),
    profitAndLoss,
  };
}

/** The forecast and the statement for people. */
export function reportText(report: ForecastReport): string {
  const { sinceMs, untilMs, account, walletDatoshi, floorDatoshi, earnedDatoshi } = report;
  const period = `${timeText(sinceMs)} to ${timeText(untilMs)} UTC`;
  const floor = `it keeps ${formatGas(floorDatoshi)} (gasbank.walletFloor)`;
  return [
    `From ${period} (${durationText(untilMs - sinceMs)}), in GAS`,
    '',
    labelled('wallet', `${hash160ToAddress(account)}, ${formatGas(walletDatoshi)}; ${floor}`),
    labelled('earned', `${formatGas(earnedDatoshi)}, not yet collected`),
    ...forecastLines(report),
    '',
    ...statementLines(report.profitAndLoss),
  ].join('\n');
}

function forecastLines({ forecast: told, sinceMs, untilMs }: ForecastReport): string[] {
  if (told === null) {
    const short = `the books tell of ${durationText(untilMs - sinceMs)} only: come back in an hour`;
    return [labelled('lasts', short)];
  }
  const { hoursLeft, hoursLeftCollecting, spentPerDayDatoshi, resultPerDayDatoshi } = told;
  const spent = `${formatGas(spentPerDayDatoshi)} of fees a day`;
  const sign = resultPerDayDatoshi >= 0n ? '+' : '';
  const result = `${sign}${formatGas(resultPerDayDatoshi)} a day after what was charged`;
  const uncollected = hoursLeft === null ? 'nothing is spent' : daysText(hoursLeft);
  const collected =
    hoursLeftCollecting === null
      ? 'for ever: what is charged pays for everything'
      : daysText(hoursLeftCollecting);
  return [
    labelled('burn', `${spent}, ${result}`),
    labelled('lasts', `${uncollected}, if nothing is collected`),
    labelled('', `${collected}, if the earnings are always collected`),
  ];
}

/** Tenths of days below ten. */
function daysText(hours: number): string {
  const tenths = Math.floor((hours * 10) / 24);
  const days = tenths >= 100 ? String(Math.floor(tenths / 10)) : (tenths / 10).toFixed(1);
  return `${days} days`;
}

const COLUMNS: readonly Column[] = [
  { title: 'KIND' },
  { title: 'ANSWERS', align: 'right' },
  { title: 'FEES', align: 'right' },
  { title: 'LOST FEES', align: 'right' },
  { title: 'PREMIUMS', align: 'right' },
  { title: 'SPENT', align: 'right' },
  { title: 'RESULT', align: 'right' },
  { title: '' },
];

const CAUSES: Readonly<Record<OwnCostCause, string>> = {
  refunds: 'refunds after deadlines',
  collections: 'collecting earnings',
  'key changes': "changes of the gateway's keys",
  orders: 'deposits, withdrawals and sponsorships by hand',
  'price rounds': 'price rounds, beyond what sponsors of the feeds paid',
  faults: 'FAULTed transactions that nobody pays for',
  'cut at maxFee': 'what answers cost beyond their maxFee',
  'above the ceiling': "network fees above the gateway's ceiling, and rounding",
  'skipped answers': 'answers that somebody else gave first',
  differences: 'charged otherwise than predicted',
  elsewhere: "transactions of the node's account that this database did not send",
};

function statementLines({ kinds, ownCosts, charged, spent, ownCost, result }: ProfitAndLoss) {
  const row = (name: string, answers: number, amounts: readonly Datoshi[]): string[] => [
    name,
    answers === 0 ? '-' : String(answers),
    ...amounts.map(formatGas),
    '',
  ];
  const rows = kinds.map((kind) =>
    row(kind.kind, kind.answers, [kind.fee, kind.lost, kind.premium, kind.spent, kind.result]),
  );
  const answers = kinds.reduce((sum, kind) => sum + kind.answers, 0);
  const { fee, lost, premium } = charged;
  rows.push(row('all', answers, [fee, lost, premium, spent, result]));
  const costs = ownCosts.filter(({ amount }) => amount !== 0n);
  return [
    textTable(COLUMNS, rows),
    '',
    costs.length === 0 ? 'The node paid nothing itself.' : 'What the node paid itself:',
    ...costs.map(({ cause, amount }) => `${formatGas(amount).padStart(18)}  ${CAUSES[cause]}`),
    ...(costs.length === 0 ? [] : [`${formatGas(ownCost).padStart(18)}  in all`]),
    '',
    `Result: premiums ${formatGas(premium)} less ${formatGas(ownCost)} = ${formatGas(result)} GAS`,
  ];
}
