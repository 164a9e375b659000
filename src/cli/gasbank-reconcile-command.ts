import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { formatGas } from '../base/datoshi.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { BooksVerdict, TracedDifference } from '../node/prove-books.js';
import type { Database } from '../storage/database.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { ExitCode } from './exit-code.js';
import { accountName } from './ledger-account.js';
import { type OpenChain, openChain } from './open-chain.js';
import { progressOf } from './progress-line.js';
import { type Column, labelled, textTable } from './text-table.js';

const HELP = `
Reads every balance that the books have from the chain, as it was after the last block on them, and
adds up all transfers. Works whether the node runs or not, and changes nothing. Where no RPC
endpoint keeps past states, a copy of the books is brought up to the latest block first.

What differs is named with the block in which it began, as closely as it can be known. The node
itself compares with each block, and spends nothing while there is a difference.

Examples:
  dodona gasbank reconcile
  dodona gasbank reconcile --json
${EXIT_CODE_HELP}
Here 1 also says that something differs.`;

export function gasbankReconcileCommand(
  context: CommandContext,
  setExitCode: (code: ExitCode) => void,
): Command {
  return withCommonOptions(new Command('reconcile'))
    .description('hold the books against the chain; exit code 1 when they differ')
    .addHelpText('after', HELP)
    .action(async (options: CommonOptions) => {
      const config = loadConfig(options.config);
      const chain = await openChain({ config, magic: config.network.magic }, context.clock);
      try {
        const verdict = await proveBooks(context, config, chain);
        const ok = isProven(verdict);
        if (!ok) setExitCode(ExitCode.fixIt);
        const { block, accounts, transfers, sum } = verdict;
        const told = { ok, block, accounts, transfers, sumDatoshi: sum };
        context.print(
          options.json === true
            ? jsonText({ ...told, differences: wireOf(verdict), unsound: verdict.unsound })
            : verdictText(verdict),
        );
      } finally {
        chain.close();
      }
    });
}

const isProven = ({ differences, unsound, sum }: BooksVerdict): boolean =>
  differences.length === 0 && unsound.length === 0 && sum === 0n;

async function proveBooks(
  context: CommandContext,
  config: NodeConfig,
  { rpc }: OpenChain,
): Promise<BooksVerdict> {
  const { openDatabaseReadOnly } = await import('../storage/database.js');
  const { DATABASE_FILE } = await import('../node/node-options.js');
  const { proveAtCursor, heightOf } = await import('../node/prove-books.js');
  const db = openDatabaseReadOnly(join(config.storage.dir, DATABASE_FILE));
  try {
    // One read transaction: the node may go on meanwhile, and what is compared is of one block.
    db.exec('BEGIN');
    heightOf(db);
    const verdict = await proveAtCursor({ rpc, config }, db);
    db.exec('COMMIT');
    return verdict ?? (await proveCopy(context, config, rpc, db));
  } finally {
    db.close();
  }
}

/** Where nobody tells of the past: a copy of the books is brought up to what everybody tells. */
async function proveCopy(
  context: CommandContext,
  config: NodeConfig,
  rpc: OpenChain['rpc'],
  db: Database,
): Promise<BooksVerdict> {
  const { openDatabase } = await import('../storage/database.js');
  const { proveAtTip } = await import('../node/prove-books.js');
  const { deriveBooks } = await import('../node/derive-books.js');
  const dir = mkdtempSync(join(config.storage.dir, 'reconcile-'));
  try {
    const path = join(dir, 'copy.sqlite');
    await db.backup(path);
    const copy = openDatabase(path);
    const parts = { rpc, config, db: copy, clock: context.clock };
    const { signal } = new AbortController();
    const onProgress = progressOf(context);
    try {
      return await proveAtTip(parts, copy, async () => {
        const tip = (await rpc.call<number>('getblockcount')) - 1;
        await deriveBooks({ ...parts, signal, onProgress }, tip);
      });
    } finally {
      copy.close();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const COLUMNS: readonly Column[] = [
  { title: 'ACCOUNT' },
  { title: 'LEDGER', align: 'right' },
  { title: 'CHAIN', align: 'right' },
  { title: 'DIFFERENCE', align: 'right' },
  { title: 'BLOCK' },
];

/** The verdict for people. */
export function verdictText(verdict: BooksVerdict): string {
  const { block, accounts, transfers, differences, unsound, sum } = verdict;
  const compared = `${accounts} accounts at block ${block}, ${transfers} transfers`;
  if (isProven(verdict)) return `The books agree with the chain: ${compared}.`;
  const lines = [`THE BOOKS ARE WRONG, or the RPC endpoint is: ${compared}.`];
  if (differences.length > 0) {
    lines.push('', textTable(COLUMNS, differences.map(rowOf)));
    lines.push('', 'BLOCK is where it began: the last that agreed .. the first that does not.');
  }
  for (const { account, posted, transfers: moved } of unsound) {
    const figures = `has ${formatGas(posted)} GAS, its transfers add up to ${formatGas(moved)}`;
    const text = `${accountName(account)} ${figures}: the balance was changed by other means`;
    lines.push('', labelled('changed', text));
  }
  if (sum !== 0n) {
    lines.push('', labelled('sum', `all accounts add up to ${formatGas(sum)} GAS instead of 0`));
  }
  const openings = differences.filter(({ isOpeningWrong }) => isOpeningWrong !== false);
  for (const { account, isOpeningWrong } of openings) {
    const what = isOpeningWrong === null ? 'may have begun' : 'began';
    const text = `${accountName(account)} ${what} with another balance than was told`;
    lines.push('', labelled('opening', text));
  }
  const advice =
    openings.length > 0
      ? 'dodona gasbank rebuild --correct-opening books the difference, if nothing else is wrong'
      : 'dodona gasbank rebuild derives the books from the chain and names what is wrong in them';
  return [...lines, '', labelled('to do', advice)].join('\n');
}

const rowOf = (difference: TracedDifference): string[] => [
  accountName(difference.account),
  formatGas(difference.ledger),
  formatGas(difference.chain),
  formatGas(difference.chain - difference.ledger),
  `${difference.agreedBlock ?? '?'}..${difference.firstBlock}`,
];

const wireOf = ({ differences }: BooksVerdict) =>
  differences.map(({ account, ledger, chain, agreedBlock, firstBlock, isOpeningWrong }) => ({
    account,
    ledgerDatoshi: ledger,
    chainDatoshi: chain,
    differenceDatoshi: chain - ledger,
    agreedBlock,
    firstBlock,
    isOpeningWrong,
  }));
