import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, type Hash256, hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { BURNT, OUTSIDE, walletOf } from '../gasbank/accounts.js';
import type { SpendShare } from '../gasbank/budgets.js';
import type { LedgerStore, Transfer } from '../gasbank/ledger-store.js';
import { createPredictionStore, type Prediction } from '../gasbank/prediction-store.js';
import {
  createRoundPredictionStore,
  type RoundPrediction,
} from '../gasbank/round-prediction-store.js';
import type { Spending } from '../gasbank/spending.js';
import type { RequestEvent, RequestState } from '../requests/request-machine.js';
import type { RequestStore } from '../requests/request-store.js';
import { type Database, inTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { Broadcast, ChainPort, SignedTransaction, TransactionTerms } from './chain-port.js';
import type { CrashPoint } from './crash-point.js';
import { drawIdOf, takenIdOf } from './transaction-ending.js';
import type { TransactionPurpose, TransactionStore } from './transaction-store.js';

export interface SubmitParts {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly ledger: LedgerStore;
  readonly transactions: TransactionStore;
  readonly spending: Spending;
  readonly chain: ChainPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly crashPoint: CrashPoint;
  /** No transaction takes the wallet below this, but for one that fills it. */
  readonly walletFloor: Datoshi;
  /** Told when the wallet can't pay: it may have been funded since it was looked at. */
  readonly onWalletShort: () => void;
  /** Throws a retryable NodeError when nothing may be drawn. */
  readonly requireSpendable: () => void;
}

/** A transaction to be signed; for requests, with what their histories say about it. */
export interface Submission {
  readonly purpose: TransactionPurpose;
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  /** The requests that it moves; empty but for answers and refunds. */
  readonly why: ReadonlyMap<bigint, string>;
  /** For whom its fees are spent; they sum to them. */
  readonly shares: readonly SpendShare[];
  /** Of answers and runs of upkeeps, what each will be charged; one of each request or upkeep. */
  readonly predictions: readonly Prediction[];
  /** Of price rounds, what their sponsors will be charged; absent where there is none. */
  readonly roundPredictions?: readonly RoundPrediction[];
  /** GAS that it moves out of the wallet besides its fees; absent as 0. */
  readonly taken?: Datoshi;
  /**
   * Moves what else it is for; joins the transaction that persists it. False, with nothing changed,
   * when one of them has moved on meanwhile.
   */
  readonly move?: (tx: Hash256) => boolean;
}

export type Submit = (submission: Submission) => Promise<SignedTransaction | null>;

/** What a transaction does to the requests in it. */
const MOVES: Readonly<
  Partial<Record<TransactionPurpose, { event: RequestEvent; state: RequestState; what: string }>>
> = {
  respond: { event: 'answerSigned', state: 'resolved', what: 'answer sent' },
  expire: { event: 'refundSigned', state: 'overdue', what: 'refund sent' },
};

/**
 * The only way to sign. Signs a transaction, draws its fees and persists it with the move of its
 * requests, all before anybody else sees it; then broadcasts it. Resolves to null, with nothing
 * changed, when one of the requests or upkeeps has moved on meanwhile, or a collection is under
 * way.
 * Throws a retryable NodeError, with nothing changed, when its fees may not be spent: WALLET_FLOOR,
 * BUDGET_REACHED, SPENDING_STOPPED.
 */
export function createSubmit(parts: SubmitParts): Submit {
  const { db, ledger, transactions, spending, chain, clock, crashPoint } = parts;
  const predictions = createPredictionStore(db);
  const roundPredictions = createRoundPredictionStore(db);

  function persist(submission: Submission, signed: SignedTransaction): boolean {
    const { purpose, terms, shares, taken = 0n } = submission;
    const { systemFee, networkFee, validUntilBlock } = terms;
    const fees = systemFee + networkFee;
    const nowMs = clock.nowMs();
    return inTransaction(db, () => {
      if (!isWanted(parts, submission)) return false;
      moveRequests(parts, submission, signed, nowMs);
      if (submission.move?.(signed.hash) === false) return false;
      requireFunds(parts, submission);
      const { account } = chain;
      ledger.draw(drawOf(purpose, account, signed, fees), nowMs);
      if (taken > 0n) ledger.draw(takenOf(account, signed, taken), nowMs);
      const sent = { ...signed, purpose, account, systemFee, networkFee, validUntilBlock };
      if (!transactions.add({ ...sent, signedMs: nowMs })) throw sentBefore(signed);
      spending.draw(signed.hash, shares);
      predictions.add(signed.hash, submission.predictions);
      roundPredictions.add(signed.hash, submission.roundPredictions ?? []);
      return true;
    });
  }

  /** Null, with nothing changed, when what it is for has moved on. */
  async function signAndPersist(submission: Submission): Promise<SignedTransaction | null> {
    const { script, terms } = submission;
    let { nonce } = terms;
    for (let signatures = 1; ; signatures++) {
      const signed = await chain.sign(script, { ...terms, nonce });
      crashPoint('signed');
      try {
        return persist(submission, signed) ? signed : null;
      } catch (error) {
        if (!isSentBefore(error) || signatures === MAX_SIGNATURES) throw error;
        nonce = Number.parseInt(signed.hash.slice(-8), 16);
      }
    }
  }

  return async (submission) => {
    requireShares(submission);
    spending.prepare();
    // Looked at again once it is signed. What would not be sent is not signed either: a signer
    // counts it against its hour.
    if (!isWanted(parts, submission)) return null;
    requireFunds(parts, submission);
    spending.requireRoom(submission.shares);
    const signed = await signAndPersist(submission);
    if (signed === null) return null;
    crashPoint('persisted');
    await broadcastSafely(parts, signed);
    crashPoint('broadcast');
    return signed;
  };
}

/**
 * An answer that FAULTed in a block and cannot claim its fees is planned anew just as it was, where
 * its deadline bounds both: the network takes no transaction twice, so it gets another nonce, by
 * which a further FAULT cannot be claimed.
 */
const SENT_BEFORE = 'SENT_BEFORE';
/** Of a transaction that was sent before, and FAULTed each time. */
const MAX_SIGNATURES = 16;

const sentBefore = ({ hash }: SignedTransaction): NodeError =>
  new NodeError(SENT_BEFORE, `the transaction ${hash} was sent before`, { retryable: true });

const isSentBefore = (error: unknown): boolean =>
  error instanceof NodeError && error.code === SENT_BEFORE;

/** False when one of the requests is not where it was any more, or another one does it. */
function isWanted({ requests, transactions }: SubmitParts, { purpose, why }: Submission): boolean {
  // Two collections of the same earnings: the second would FAULT, and burn its fees. Of two
  // transactions of prices the second would publish what the first did.
  const isAlone = purpose === 'collect' || purpose === 'price';
  if (isAlone && transactions.isInFlight(purpose)) return false;
  const state = MOVES[purpose]?.state;
  if (state === undefined) return true;
  return [...why.keys()].every((id) => requests.brief(id)?.state === state);
}

/** Throws when nothing may be spent, or the wallet has not enough; a draw looks at the budgets. */
function requireFunds(parts: SubmitParts, submission: Submission): void {
  parts.requireSpendable();
  refuseBelowFloor(parts, submission);
}

function moveRequests(
  { requests }: SubmitParts,
  { purpose, terms, why }: Submission,
  { hash: tx }: SignedTransaction,
  atMs: number,
): void {
  const move = MOVES[purpose];
  if (move === undefined) return;
  const pays = `; the transaction pays ${formatGas(terms.systemFee + terms.networkFee)} GAS`;
  for (const [id, way] of why) {
    const reason = way + pays;
    const step = { atMs, tx, what: move.what, why: reason };
    requests.move(id, move.event, { reason, tx, dueMs: 0 }, step);
  }
}

/** What fills the wallet may be paid from what the floor keeps: else it would stay empty. */
function refuseBelowFloor(parts: SubmitParts, { purpose, terms, taken = 0n }: Submission): void {
  const fees = terms.systemFee + terms.networkFee;
  const { ledger, chain } = parts;
  const { available } = ledger.balance(walletOf(chain.account));
  const floor = purpose === 'collect' ? 0n : parts.walletFloor;
  if (available - fees - taken >= floor) return;
  parts.onWalletShort();
  const besides = taken === 0n ? '' : `${formatGas(taken)} GAS and `;
  const needs = `${besides}${formatGas(fees)} GAS of fees`;
  const figures = `${needs}, the wallet has ${formatGas(available)} GAS`;
  const keeps = `and keeps ${formatGas(floor)} GAS (gasbank.walletFloor)`;
  throw new NodeError(WALLET_FLOOR, `the transaction needs ${figures} ${keeps}`, {
    retryable: true,
    hint: `send GAS to ${hash160ToAddress(chain.account)}; work goes on by itself`,
  });
}

export const WALLET_FLOOR = 'WALLET_FLOOR';

const drawOf = (
  purpose: TransactionPurpose,
  account: Hash160,
  { hash }: SignedTransaction,
  amount: Datoshi,
): Transfer => ({
  id: drawIdOf(hash),
  debit: walletOf(account),
  credit: BURNT,
  amount,
  cause: `${purpose} fees`,
  block: null,
  tx: hash,
  requestId: null,
});

/** Keeps others from spending it meanwhile; what really moves is booked as its block tells. */
const takenOf = (account: Hash160, { hash }: SignedTransaction, amount: Datoshi): Transfer => ({
  id: takenIdOf(hash),
  debit: walletOf(account),
  credit: OUTSIDE,
  amount,
  cause: 'order amount',
  block: null,
  tx: hash,
  requestId: null,
});

/** Budgets, and profit and loss, are only as true as these. */
function requireShares({ purpose, terms, shares }: Submission): void {
  const fees = terms.systemFee + terms.networkFee;
  const sum = shares.reduce((total, { amount }) => total + amount, 0n);
  if (sum !== fees) throw new Error(`bug: shares of ${sum} in a ${purpose} that pays ${fees}`);
}

/** Broadcasts; what goes wrong is logged, since the transaction is sent again with each block. */
export async function broadcastSafely(
  { chain, log }: Pick<SubmitParts, 'chain' | 'log'>,
  { hash, raw }: SignedTransaction,
): Promise<Broadcast | null> {
  try {
    const broadcast = await chain.broadcast(raw);
    if (broadcast.kind === 'refused') {
      log.warn('transaction refused by the node', { tx: hash, reason: broadcast.reason });
    }
    return broadcast;
  } catch (error) {
    log.warn('transaction not broadcast', { tx: hash, reason: messageOf(error) });
    return null;
  }
}
