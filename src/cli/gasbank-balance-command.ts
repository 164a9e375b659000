import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import { earnedOf, walletOf } from '../gasbank/accounts.js';
import { type AccountView, createLedgerViews } from '../gasbank/ledger-view-store.js';
import { type BooksDifference, createProofStore } from '../gasbank/proof-store.js';
import { describeDifference } from '../gasbank/spending-stop.js';
import type { Database } from '../storage/database.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { accountName, parseLedgerAccounts } from './ledger-account.js';
import { withBooks } from './open-books.js';
import { ownAccount } from './own-account.js';
import { type Column, labelled, textTable } from './text-table.js';

const HELP = `
Reads the node's books; whether it runs does not matter. Amounts are GAS.

  posted     moved, by transactions in blocks
  in flight  set aside for fees of transactions that are sent and not in a block yet
  available  posted less in flight

Accounts:
  wallet:N…    the node's account on the chain       burnt    fees that the node paid
  earned:N…    what the gateway owes the node        lost     fees of FAULTed transactions, unpaid
  credit:N…    free credit at the gateway            premium  premiums earned, against equity
  reserved:N…  set aside for requests                outside  everybody else

Without ACCOUNT the accounts of payers are shown as two sums; --all shows each. With an address or
0x hash, all accounts that belong to it.

Examples:
  dodona gasbank balance
  dodona gasbank balance NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs
  dodona gasbank balance burnt --json
${EXIT_CODE_HELP}`;

interface BalanceOptions extends CommonOptions {
  readonly all?: boolean;
}

/** What `gasbank balance --json` prints, with amounts as decimal datoshi. */
export interface BalanceSheet {
  /** The last block that is on the books. */
  readonly block: number | null;
  readonly accounts: readonly AccountView[];
  readonly inFlight: { readonly datoshi: Datoshi; readonly transactions: number };
  /** Of what is posted on all accounts: always 0. */
  readonly sumDatoshi: Datoshi;
  /** Where the books are not as the chain has it: while there are any, nothing is spent. */
  readonly differences: readonly BooksDifference[];
}

export function gasbankBalanceCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('balance'))
    .argument('[account]', 'an address, a 0x hash, or an account of the ledger such as burnt')
    .option('--all', "show each payer's accounts, too")
    .description('accounts of the books: posted, in flight, available')
    .addHelpText('after', HELP)
    .action(async (named: string | undefined, options: BalanceOptions) => {
      const wanted = named === undefined ? null : parseLedgerAccounts(named);
      const config = loadConfig(options.config);
      const sheet = await withBooks(config, (db) => readSheet(db, wanted));
      if (wanted !== null && sheet.accounts.length === 0) throw neverBooked(named ?? '', sheet);
      if (options.json === true) return context.print(jsonText(sheet));
      const isSummed = wanted === null && options.all !== true;
      context.print(sheetText(sheet, isSummed ? await ownAccount(config, context.clock) : 'all'));
    });
}

function readSheet(db: Database, wanted: readonly string[] | null): BalanceSheet {
  const views = createLedgerViews(db);
  const all = views.accounts();
  const sum = (of: (account: AccountView) => Datoshi): Datoshi =>
    all.reduce((total, account) => total + of(account), 0n);
  const accounts = wanted === null ? all : wanted.flatMap((id) => views.account(id) ?? []);
  const datoshi = sum(({ inFlightDatoshi }) => inFlightDatoshi);
  return {
    block: views.height(),
    accounts,
    inFlight: { datoshi, transactions: views.countInFlight() },
    sumDatoshi: sum(({ postedDatoshi }) => postedDatoshi),
    differences: createProofStore(db).open(),
  };
}

const neverBooked = (named: string, { block }: BalanceSheet): NodeError =>
  new NodeError('NO_SUCH_ACCOUNT', `nothing was ever booked on ${named}, up to block ${block}`, {
    hint: 'see the accounts that there are with dodona gasbank balance --all',
  });

const COLUMNS: readonly Column[] = [
  { title: 'ACCOUNT' },
  { title: 'POSTED', align: 'right' },
  { title: 'IN FLIGHT', align: 'right' },
  { title: 'AVAILABLE', align: 'right' },
  { title: '' },
];

/** The accounts for people; `own` is the node's account, or all to sum up nobody's. */
export function sheetText(sheet: BalanceSheet, own: Hash160 | null | 'all'): string {
  const shown = own === 'all' ? sheet.accounts : summed(sheet.accounts);
  const rows = shown.map((account) => rowOf(account, own));
  const { inFlight, block, sumDatoshi, differences } = sheet;
  const count = inFlight.transactions;
  const transactions = `${count} transaction${count === 1 ? '' : 's'} not in a block yet`;
  return [
    `Books up to block ${block ?? 'none'}, in GAS`,
    '',
    textTable(COLUMNS, rows),
    '',
    `in flight  ${formatGas(inFlight.datoshi)} GAS of ${transactions}`,
    ...(sumDatoshi === 0n ? [] : [`NOT BALANCED: the sum is ${formatGas(sumDatoshi)} GAS, not 0`]),
    ...differences.map((difference) => labelled('DIFFERS', describeDifference(difference))),
  ].join('\n');
}

function rowOf(view: AccountView, own: Hash160 | null | 'all'): string[] {
  const { account, postedDatoshi, inFlightDatoshi, availableDatoshi } = view;
  const isOwn =
    own !== null && own !== 'all' && [walletOf(own), earnedOf(own)].includes(account as never);
  return [
    account.includes(' ') ? account : accountName(account),
    formatGas(postedDatoshi),
    formatGas(inFlightDatoshi),
    formatGas(availableDatoshi),
    isOwn ? 'this node' : '',
  ];
}

/** Payers are many: their accounts become one line for each kind. */
function summed(accounts: readonly AccountView[]): AccountView[] {
  const shown = accounts.filter(({ account }) => !/^(?:credit|reserved):/.test(account));
  for (const kind of ['credit', 'reserved']) {
    const ofKind = accounts.filter(({ account }) => account.startsWith(`${kind}:`));
    if (ofKind.length === 0) continue;
    const sum = (key: Exclude<keyof AccountView, 'account'>): Datoshi =>
      ofKind.reduce((total, account) => total + account[key], 0n);
    shown.push({
      account: `${kind} of ${ofKind.length} payer${ofKind.length === 1 ? '' : 's'}`,
      postedDatoshi: sum('postedDatoshi'),
      inFlightDatoshi: sum('inFlightDatoshi'),
      availableDatoshi: sum('availableDatoshi'),
    });
  }
  return shown;
}
