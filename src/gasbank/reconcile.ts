import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import { isRetryable, messageOf } from '../base/node-error.js';
import { type Database, inTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { BooksReader } from './books-reader.js';
import { type CheckedAccount, GATEWAY_HELD } from './chain-figures.js';
import type { CheckedBalances } from './checked-balance-store.js';
import { type Compared, compareBooks, type Difference } from './compare-books.js';
import { createDueAccounts } from './due-accounts.js';
import type { BooksDifference, ProofStore } from './proof-store.js';
import type { FindBooks } from './recent-books.js';
import {
  describeDifference,
  describeDifferences,
  spendingStopped,
  whyOverdue,
} from './spending-stop.js';
import { traceDifference } from './trace-difference.js';

export interface ReconcileParts {
  readonly db: Database;
  readonly proofs: ProofStore;
  readonly balances: CheckedBalances;
  readonly reader: BooksReader;
  /** Every endpoint by itself, for other opinions. */
  readonly each: readonly BooksReader[];
  readonly clock: Clock;
  readonly log: Log;
  /** The node's own accounts, of now and of before. */
  readonly ownAccounts: readonly Hash160[];
  /** All accounts are compared once in so many blocks. */
  readonly everyBlocks: number;
  /** The books after each of the last blocks. */
  readonly booksAt: FindBooks;
  /** Index of the last block that is on the books. */
  readonly height: () => number;
}

export type Reconcile = ReturnType<typeof createReconcile>;

/** How often a reading is tried in one run; a block that comes in between spoils it. */
const TRIES = 3;
/** How many runs in a row an endpoint may be at another height, whose opinion is asked. */
const OPINION_RUNS = 5;

/**
 * Holds the books against the chain: what each block moved, and all accounts at start and once in
 * `everyBlocks`. A difference is kept, and stops new draws until all accounts agree again. So do
 * books that could not be compared for long.
 */
export function createReconcile(parts: ReconcileParts) {
  const { db, proofs, balances, clock, log, height } = parts;
  const due = createDueAccounts(balances, parts.ownAccounts, parts.everyBlocks);
  /** Last block at which an account agreed, since all did. */
  const agreedAt = new Map<CheckedAccount, number>();
  /** Accounts that differed when they were looked at last. */
  const differing = new Set<CheckedAccount>();
  let isClean = true;
  /** Runs in a row that could compare nothing. */
  let undecided = 0;
  let open: readonly BooksDifference[] = proofs.open();
  let trouble = 'they are read with the next block';

  async function compare(
    accounts: readonly CheckedAccount[],
    at: number,
  ): Promise<Compared | null> {
    const waitsForOpinions = undecided < OPINION_RUNS;
    const comparing = { ...parts, onDissent: dissentTo(log), waitsForOpinions };
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const compared = await compareBooks(comparing, accounts);
      // What is of before says nothing of what this block moved.
      if (compared !== null && compared.height >= at) {
        undecided = 0;
        return compared;
      }
    }
    trouble = `the endpoint tells no balances of block ${at} or soon after that stay the same`;
    undecided += 1;
    return null;
  }

  /** Keeps what a comparison found; tells which differences are new. */
  function note(
    accounts: readonly CheckedAccount[],
    found: readonly Difference[],
    at: number,
  ): readonly BooksDifference[] {
    due.compared(accounts);
    for (const account of accounts) differing.delete(account);
    for (const { account } of found) differing.add(account);
    for (const account of accounts) if (!differing.has(account)) agreedAt.set(account, at);
    if (found.length === 0) return [];
    isClean = false;
    const proven = proofs.proof()?.agreedBlock ?? null;
    const nowMs = clock.nowMs();
    const fresh = inTransaction(db, () =>
      found.filter((difference) => {
        const agreedBlock = agreedAt.get(difference.account) ?? proven;
        return proofs.see({ ...difference, agreedBlock }, at, nowMs);
      }),
    ).map(({ account }) => account);
    open = proofs.open();
    const added = open.filter(({ account }) => fresh.includes(account));
    for (const difference of added) tell('the books differ from the chain', difference);
    return added;
  }

  function tell(event: string, difference: BooksDifference): void {
    log.error(event, { account: difference.account, reason: describeDifference(difference) });
  }

  async function trace({ account, agreedBlock, firstBlock }: BooksDifference): Promise<void> {
    // For all that the gateway holds each look would read the whole ledger: reconcile does it.
    if (account === GATEWAY_HELD) return;
    const span = await traceDifference(parts, account, { agreedBlock, firstBlock });
    inTransaction(db, () => proofs.narrow(account, span.agreedBlock, span.firstBlock));
    open = proofs.open();
    const traced = open.find((difference) => difference.account === account);
    if (traced !== undefined) tell('a difference was traced', traced);
  }

  function beginFull(): void {
    due.beginFull();
    isClean = true;
  }

  function endFull(at: number): void {
    agreedAt.clear();
    if (!isClean) return;
    inTransaction(db, () => proofs.prove(at, clock.nowMs(), due.counted()));
    if (open.length > 0) log.info('the books agree with the chain again', { height: at });
    open = [];
  }

  async function runTo(at: number): Promise<void> {
    const again = open.map(({ account }) => account);
    if (due.gather(at, again)) isClean = true;
    for (let accounts = due.page(); accounts.length > 0; accounts = due.page()) {
      const compared = await compare(accounts, at);
      if (compared === null) return;
      const { height: comparedAt, differences } = compared;
      for (const found of note(accounts, differences, comparedAt)) await trace(found);
      if (due.endFull(comparedAt)) endFull(comparedAt);
      // What differed agrees by now: whether all does is looked at without delay.
      const isOver = open.length > 0 && differing.size === 0;
      if (isOver && !due.isFullUnderWay() && due.page().length === 0) beginFull();
    }
  }

  function whyStopped(): string | null {
    if (open.length > 0) return describeDifferences(open);
    const overdue = whyOverdue(due.fullAt(), height(), parts.everyBlocks);
    return overdue === null ? null : `${overdue}: ${trouble}`;
  }

  return {
    /** Compares what is due at this height, the last on the books. Rejects for bugs alone. */
    async run(at: number): Promise<void> {
      try {
        await runTo(at);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        const reason = messageOf(error);
        // It is tried again with each block: the same is said once.
        if (reason !== trouble)
          log.warn('books not held against the chain', { height: at, reason });
        trouble = reason;
      }
    },
    /** Why nothing may be drawn now, in one sentence; null when it may. */
    whyStopped,
    /** Throws a retryable NodeError SPENDING_STOPPED when nothing may be drawn. */
    refuseIfStopped(): void {
      const reason = whyStopped();
      if (reason !== null) throw spendingStopped(reason);
    },
    /** The gateway holds more than its events account for, and never agreed with the books. */
    missesPast: (): boolean =>
      proofs.proof() === null &&
      open.some(({ account, ledger, chain }) => account === GATEWAY_HELD && chain > ledger),
    /** True once all accounts were looked at since the start. */
    hasLooked: (): boolean => due.fullAt() !== null,
  };
}

const dissentTo =
  (log: Log) =>
  (differences: readonly Difference[]): void => {
    const accounts = differences.map(({ account }) => account).join(', ');
    log.warn('an RPC endpoint tells other balances than another', { accounts });
  };
