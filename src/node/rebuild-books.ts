import { NodeError } from '../base/node-error.js';
import type { Rpc } from '../chain/rpc.js';
import { walletOf } from '../gasbank/accounts.js';
import {
  type BooksReader,
  type ChainBalances,
  createBooksReader,
} from '../gasbank/books-reader.js';
import type { UnsoundAccount } from '../gasbank/checked-balance-store.js';
import { createCheckedBalances } from '../gasbank/checked-balance-store.js';
import { bookOpening } from '../gasbank/opening.js';
import type { OwnAccount } from '../gasbank/own-account-store.js';
import { compareWithBooks, type LedgerComparison } from '../gasbank/rebuilt-ledger-store.js';
import { createStores } from '../pipeline/create-pipeline.js';
import { type Database, inTransaction } from '../storage/database.js';
import { type DeriveParts, deriveBooks } from './derive-books.js';
import { blocksTooFast, heightOf, READING_TRIES } from './prove-books.js';

export interface RebuildParts extends Omit<DeriveParts, 'db'> {
  /** Every endpoint by itself: an opening counts only where none that can tell says otherwise. */
  readonly each: readonly Rpc[];
  /** The books, for reading only, and where they are. */
  readonly books: Database;
  readonly booksFile: string;
  /** Fresh, and empty. */
  readonly fresh: Database;
}

/** The books compared with what the chain alone tells. */
export interface RebuildVerdict extends LedgerComparison {
  readonly fromBlock: number;
  readonly toBlock: number;
  /** Accounts of the books that were changed otherwise than by a transfer. */
  readonly unsound: readonly UnsoundAccount[];
}

/**
 * Derives the ledger from the chain into a fresh database, by the tailer and the intake that the
 * node uses, from the block where the books begin to the last one on them, and compares the two.
 */
export async function rebuildBooks(parts: RebuildParts): Promise<RebuildVerdict> {
  const { books, booksFile, fresh, config } = parts;
  const toBlock = heightOf(books);
  const own = createStores(books).ownAccounts.all();
  const began = own.map(({ sinceBlock }) => sinceBlock);
  const fromBlock = began.length > 0 ? Math.min(...began) : (config.gateway.startBlock ?? 0);
  const { cursor, ownAccounts } = createStores(fresh);
  inTransaction(fresh, () => {
    cursor.begin(config.network.magic, config.gateway.hash, fromBlock);
    for (const { account, sinceBlock } of own) ownAccounts.remember([account], sinceBlock);
  });
  await deriveBooks({ ...parts, db: fresh }, toBlock);
  const opened = own.filter(({ openedBlock }) => openedBlock !== null);
  await openAsBooksDid(parts, opened);
  const compared = compareWithBooks(fresh, booksFile, toBlock);
  return { ...compared, fromBlock, toBlock, unsound: createCheckedBalances(books).unsound() };
}

/**
 * What own accounts held before the first block: of the past where an endpoint keeps it, else of
 * now, with the blocks up to now taken in.
 */
async function openAsBooksDid(parts: RebuildParts, own: readonly OwnAccount[]): Promise<void> {
  if (own.length === 0) return;
  const { fresh, rpc, config, clock } = parts;
  const reader = createBooksReader({ rpc, gateway: config.gateway.hash });
  const { ledger, ownAccounts } = createStores(fresh);
  const wallets = own.map(({ account }) => walletOf(account));
  const read =
    (await reader.at(heightOf(fresh), wallets)) ?? (await readNow(parts, reader, wallets));
  await requireNoDissent(parts, read);
  inTransaction(fresh, () => {
    for (const each of own) {
      const balance = read.balances.get(walletOf(each.account)) ?? 0n;
      const moved = ledger.balance(walletOf(each.account)).posted;
      const observed = { height: read.height, balance, moved };
      bookOpening({ ledger, ownAccounts }, each, observed, clock.nowMs());
    }
  });
}

async function requireNoDissent(
  { each, config }: RebuildParts,
  { height, balances }: ChainBalances,
): Promise<void> {
  const wallets = [...balances.keys()];
  for (const rpc of each.length > 1 ? each : []) {
    const reader = createBooksReader({ rpc, gateway: config.gateway.hash });
    const past = await reader.at(height, wallets).catch(() => null);
    const other = past ?? (await reader.latest(wallets).catch(() => null));
    if (other === null || other.height !== height) continue;
    const differs = wallets.find((wallet) => other.balances.get(wallet) !== balances.get(wallet));
    if (differs === undefined) continue;
    throw new NodeError('OPENING_UNCLEAR', `the RPC endpoints tell different GAS of ${differs}`, {
      retryable: true,
      hint: 'take the one that is wrong out of network.rpc',
    });
  }
}

async function readNow(
  parts: RebuildParts,
  reader: BooksReader,
  wallets: readonly ReturnType<typeof walletOf>[],
): Promise<ChainBalances> {
  for (let tried = 1; ; tried++) {
    const tip = (await parts.rpc.call<number>('getblockcount')) - 1;
    await deriveBooks({ ...parts, db: parts.fresh }, tip);
    const read = await reader.latest(wallets);
    if (read !== null && read.height === heightOf(parts.fresh)) return read;
    if (tried >= READING_TRIES) throw blocksTooFast();
  }
}
