import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { formatGas } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { SettledTransfer, TransferDifference } from '../gasbank/rebuilt-ledger-store.js';
import type { WrongOpening } from '../node/correct-openings.js';
import type { RebuildVerdict } from '../node/rebuild-books.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { ExitCode } from './exit-code.js';
import { accountName } from './ledger-account.js';
import { openChain } from './open-chain.js';
import { progressOf } from './progress-line.js';
import { type Column, labelled, textTable } from './text-table.js';

const HELP = `
Derives the books anew from the chain, into a fresh database, by the same code that the node takes
blocks in with, and compares the two: each account, and each transfer that is settled. Changes
nothing of the node's database; the node may run. Reads every block since the books began.

The balance with which the wallet began is no block's to tell, but an RPC endpoint's. Where nothing
but that is wrong in the books, --correct-opening books the difference, and the node goes on by
itself once all accounts agree.

The fresh database is removed, unless --to names a file to keep it in. With the node stopped it can
take the place of node.sqlite: all that the chain does not know is missing in it, as after a removal
(secrets, the audit log, budgets, what was being sent).

Examples:
  dodona gasbank rebuild
  dodona gasbank rebuild --to fresh.sqlite --json
  dodona gasbank rebuild --correct-opening
${EXIT_CODE_HELP}
Here 1 also says that something differs.`;

interface RebuildOptions extends CommonOptions {
  readonly to?: string;
  readonly correctOpening?: boolean;
}

/** Transfers shown to people; --json has up to a thousand. */
const SHOWN_TRANSFERS = 20;

export function gasbankRebuildCommand(
  context: CommandContext,
  setExitCode: (code: ExitCode) => void,
): Command {
  return withCommonOptions(new Command('rebuild'))
    .option('--to <file>', 'keep the fresh database there')
    .option('--correct-opening', 'book what the opening of a wallet lacks, if nothing else differs')
    .description('derive the books from the chain and compare; exit code 1 when they differ')
    .addHelpText('after', HELP)
    .action(async (options: RebuildOptions) => {
      const config = loadConfig(options.config);
      const kept = options.to === undefined ? null : resolve(options.to);
      if (kept !== null && existsSync(kept)) throw fileExists(kept);
      const verdict = await rebuild(context, config, kept);
      const corrected =
        options.correctOpening === true ? await correct(context, config, verdict) : [];
      const ok = isSame(verdict) || corrected.length > 0;
      if (!ok) setExitCode(ExitCode.fixIt);
      const text = [rebuildText(verdict, kept), ...corrected.map(correctedLine)].join('\n\n');
      context.print(options.json === true ? jsonText({ ok, kept, corrected, ...verdict }) : text);
    });
}

/** Empty where there is nothing to correct, or more is wrong than an opening. */
async function correct(
  { clock, complain }: CommandContext,
  config: NodeConfig,
  verdict: RebuildVerdict,
): Promise<readonly WrongOpening[]> {
  const { correctOpenings, wrongOpenings } = await import('../node/correct-openings.js');
  const { openDatabase } = await import('../storage/database.js');
  const { DATABASE_FILE } = await import('../node/node-options.js');
  const wrong = wrongOpenings(verdict);
  if (wrong === null) complain('nothing was corrected: more is wrong than the opening of a wallet');
  if (wrong === null || wrong.length === 0) return [];
  const db = openDatabase(join(config.storage.dir, DATABASE_FILE));
  try {
    correctOpenings(db, wrong, clock.nowMs());
  } finally {
    db.close();
  }
  return wrong;
}

const correctedLine = ({ account, ledger, chain }: WrongOpening): string => {
  const figures = `began with ${formatGas(chain)} GAS, not ${formatGas(ledger)}`;
  return labelled('corrected', `${accountName(account)} ${figures}`);
};

async function rebuild(
  context: CommandContext,
  config: NodeConfig,
  kept: string | null,
): Promise<RebuildVerdict> {
  const { openDatabase, openDatabaseReadOnly } = await import('../storage/database.js');
  const { DATABASE_FILE } = await import('../node/node-options.js');
  const { rebuildBooks } = await import('../node/rebuild-books.js');
  const booksFile = join(config.storage.dir, DATABASE_FILE);
  const books = openDatabaseReadOnly(booksFile);
  const dir = mkdtempSync(join(config.storage.dir, 'rebuild-'));
  const chain = await openChain({ config, magic: config.network.magic }, context.clock);
  const stop = new AbortController();
  const path = join(dir, DATABASE_FILE);
  const fresh = openDatabase(path);
  try {
    const verdict = await rebuildBooks({
      books,
      booksFile,
      fresh,
      config,
      rpc: chain.rpc,
      each: chain.rpc.clients,
      clock: context.clock,
      signal: stop.signal,
      onProgress: progressOf(context),
    });
    // Whole or not at all.
    if (kept !== null) await fresh.backup(kept);
    return verdict;
  } finally {
    stop.abort();
    for (const open of [books, fresh, chain]) open.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

const isSame = ({ accounts, differingTransfers, unsound }: RebuildVerdict): boolean =>
  accounts.length === 0 && differingTransfers === 0 && unsound.length === 0;

const COLUMNS: readonly Column[] = [
  { title: 'ACCOUNT' },
  { title: 'LEDGER', align: 'right' },
  { title: 'BY THE CHAIN', align: 'right' },
  { title: 'DIFFERENCE', align: 'right' },
];

/** The comparison for people. */
export function rebuildText(verdict: RebuildVerdict, kept: string | null): string {
  const { fromBlock, toBlock, comparedAccounts, comparedTransfers, unsound } = verdict;
  const compared =
    `${comparedAccounts} accounts and ${comparedTransfers} transfers, ` +
    `blocks ${fromBlock} to ${toBlock}`;
  const where = kept === null ? [] : [`The fresh database is ${kept}.`];
  if (isSame(verdict))
    return [`The books are what the chain says: ${compared}.`, ...where].join('\n');
  const lines = [`THE BOOKS ARE NOT WHAT THE CHAIN SAYS: ${compared}.`, ...where];
  if (verdict.accounts.length > 0) {
    const rows = verdict.accounts.map(({ account, ledger, chain }) => [
      accountName(account),
      ...[ledger, chain, chain - ledger].map(formatGas),
    ]);
    lines.push('', textTable(COLUMNS, rows));
  }
  for (const { account, posted, transfers } of unsound) {
    const figures = `has ${formatGas(posted)} GAS, its transfers add up to ${formatGas(transfers)}`;
    const text = `${accountName(account)} ${figures}: the balance was changed by other means`;
    lines.push('', labelled('changed', text));
  }
  for (const transfer of verdict.transfers.slice(0, SHOWN_TRANSFERS)) {
    lines.push('', ...transferLines(transfer));
  }
  const more = verdict.differingTransfers - SHOWN_TRANSFERS;
  if (more > 0) lines.push('', `${more} more transfers differ; --json names them.`);
  return lines.join('\n');
}

function transferLines({ id, ledger, chain }: TransferDifference): string[] {
  const told = (transfer: SettledTransfer | null): string =>
    transfer === null ? 'no such transfer' : transferText(transfer);
  return [
    labelled('transfer', id),
    labelled('ledger', told(ledger)),
    labelled('chain', told(chain)),
  ];
}

function transferText(transfer: SettledTransfer): string {
  const { cause, amount, debit, credit, block, tx, requestId, lostTx, counterparty } = transfer;
  const parts = [
    `${cause}: ${formatGas(amount)} GAS from ${accountName(debit)} to ${accountName(credit)}`,
    ...(block === null ? [] : [`block ${block}`]),
    ...(tx === null ? [] : [`transaction ${tx}`]),
    ...(requestId === null ? [] : [`request ${requestId}`]),
    ...(lostTx === null ? [] : [`for ${lostTx}`]),
    ...(counterparty === null ? [] : [`with ${counterparty}`]),
  ];
  return parts.join(', ');
}

const fileExists = (file: string): NodeError =>
  new NodeError('FILE_EXISTS', `${file} exists already`, {
    hint: 'name a file that does not: the books are derived into an empty one',
  });
