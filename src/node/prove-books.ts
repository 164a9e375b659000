import type { Datoshi } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import type { Rpc } from '../chain/rpc.js';
import { walletOf } from '../gasbank/accounts.js';
import { type BooksReader, createBooksReader, MAX_ACCOUNTS_READ } from '../gasbank/books-reader.js';
import { type CheckedAccount, GATEWAY_HELD } from '../gasbank/chain-figures.js';
import {
  type CheckedBalances,
  createCheckedBalances,
  type UnsoundAccount,
} from '../gasbank/checked-balance-store.js';
import { compareBooks, type Difference } from '../gasbank/compare-books.js';
import type { DifferenceSpan } from '../gasbank/first-difference.js';
import { createOwnAccountStore } from '../gasbank/own-account-store.js';
import { createProofStore } from '../gasbank/proof-store.js';
import { traceDifference } from '../gasbank/trace-difference.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import type { Database } from '../storage/database.js';

/** An account that differs, and where that began as far as it can be known. */
export interface TracedDifference extends Difference, DifferenceSpan {
  /** Of a wallet: whether it differed by as much from the first block on; null: nobody can tell. */
  readonly isOpeningWrong: boolean | null;
}

/** The books held against the chain at one block. */
export interface BooksVerdict {
  readonly block: number;
  readonly accounts: number;
  readonly transfers: number;
  readonly differences: readonly TracedDifference[];
  /** Accounts that were changed otherwise than by a transfer. */
  readonly unsound: readonly UnsoundAccount[];
  /** Of all accounts; 0 in true books. */
  readonly sum: Datoshi;
}

export interface ProveParts {
  readonly rpc: Rpc;
  readonly config: { readonly gateway: { readonly hash: `0x${string}` } };
}

/** How often a comparison is tried that a block comes between. */
export const READING_TRIES = 20;

/**
 * Holds books against the chain as it was after the last block on them; null where no endpoint
 * keeps that state. They must not change meanwhile.
 */
export async function proveAtCursor(
  { rpc, config }: ProveParts,
  db: Database,
): Promise<BooksVerdict | null> {
  const reader = createBooksReader({ rpc, gateway: config.gateway.hash });
  const balances = createCheckedBalances(db);
  const block = heightOf(db);
  const found: Difference[] = [];
  const accounts = allAccounts(balances);
  for (const page of pagesOf(accounts)) {
    const read = await reader.at(block, page);
    if (read === null) return null;
    for (const account of page) {
      const [ledger, chain] = [balances.balance(account), read.balances.get(account) as Datoshi];
      if (ledger !== chain) found.push({ account, ledger, chain });
    }
  }
  return verdictOf(db, balances, reader, block, accounts.length, found);
}

/**
 * Holds books against the chain as it is; `catchUp` takes in what is missing, and resolves to the
 * last block that is there.
 */
export async function proveAtTip(
  { rpc, config }: ProveParts,
  db: Database,
  catchUp: () => Promise<void>,
): Promise<BooksVerdict> {
  const reader = createBooksReader({ rpc, gateway: config.gateway.hash });
  const balances = createCheckedBalances(db);
  const comparing = {
    reader,
    each: [],
    booksAt: async (height: number) => (height === heightOf(db) ? balances.balance : null),
    onDissent: () => {},
    waitsForOpinions: false,
  };
  let missed = 0;
  const found: Difference[] = [];
  const accounts = allAccounts(balances);
  const pages = pagesOf(accounts);
  while (pages.length > 0) {
    await catchUp();
    const compared = await compareBooks(comparing, pages[0] ?? []);
    if (compared !== null) {
      found.push(...compared.differences);
      pages.shift();
    } else if (++missed > READING_TRIES) throw blocksTooFast();
  }
  return verdictOf(db, balances, reader, heightOf(db), accounts.length, found);
}

async function verdictOf(
  db: Database,
  balances: CheckedBalances,
  reader: BooksReader,
  block: number,
  accounts: number,
  found: readonly Difference[],
): Promise<BooksVerdict> {
  const differences: TracedDifference[] = [];
  for (const difference of found) {
    const span = await traced(db, balances, reader, block, difference);
    const isOpeningWrong = await beganWrongly(db, balances, reader, difference, span);
    differences.push({ ...difference, ...span, isOpeningWrong });
  }
  const [unsound, sum] = [balances.unsound(), balances.total()];
  return { block, accounts, transfers: balances.countTransfers(), differences, unsound, sum };
}

/** Where it began: what the node saw of it, and what the chain still tells of the past. */
async function traced(
  db: Database,
  balances: CheckedBalances,
  reader: BooksReader,
  block: number,
  { account }: Difference,
): Promise<DifferenceSpan> {
  const proofs = createProofStore(db);
  const seen = proofs.open().find((difference) => difference.account === account);
  const proven = proofs.proof()?.agreedBlock ?? null;
  const agreedBlock = proven !== null && proven < block ? proven : null;
  const known = seen ?? { agreedBlock, firstBlock: block };
  return traceDifference({ reader, balances }, account, known);
}

/** Whether it is the balance before the first block that is wrong, and nothing since. */
async function beganWrongly(
  db: Database,
  balances: CheckedBalances,
  reader: BooksReader,
  { account, ledger, chain }: Difference,
  { agreedBlock }: DifferenceSpan,
): Promise<boolean | null> {
  const own = createOwnAccountStore(db)
    .all()
    .find((each) => walletOf(each.account) === account);
  if (own === undefined || account === GATEWAY_HELD) return false;
  const read = await reader.at(own.sinceBlock, [account]);
  const then = read?.balances.get(account);
  if (then === undefined) return agreedBlock === null ? null : false;
  return then - balances.balanceAt(account, own.sinceBlock) === chain - ledger;
}

const allAccounts = (balances: CheckedBalances): CheckedAccount[] => [
  GATEWAY_HELD,
  ...balances.accounts(),
];

function pagesOf(accounts: readonly CheckedAccount[]): CheckedAccount[][] {
  const pages: CheckedAccount[][] = [];
  for (let at = 0; at < accounts.length; at += MAX_ACCOUNTS_READ) {
    pages.push(accounts.slice(at, at + MAX_ACCOUNTS_READ));
  }
  return pages;
}

/** Of the last block on the books. Throws a NodeError BOOKS_EMPTY before there is one. */
export function heightOf(db: Database): number {
  const cursor = createCursorStore(db).read();
  if (cursor !== null) return cursor.height;
  throw new NodeError('BOOKS_EMPTY', 'no block was taken in yet', {
    hint: 'start the node once',
  });
}

export const blocksTooFast = (): NodeError =>
  new NodeError('BOOKS_UNREAD', `a block came between the readings ${READING_TRIES} times`, {
    retryable: true,
    hint: 'try again, or name an endpoint that is nearer or keeps its past states',
  });
