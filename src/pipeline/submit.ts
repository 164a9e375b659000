import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { BURNT, walletOf } from '../gasbank/accounts.js';
import type { LedgerStore, Transfer } from '../gasbank/ledger-store.js';
import type { RequestStore } from '../requests/request-store.js';
import { type Database, inTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { Broadcast, ChainPort, SignedTransaction, TransactionTerms } from './chain-port.js';
import type { CrashPoint } from './crash-point.js';
import { drawIdOf } from './transaction-ending.js';
import type { TransactionPurpose, TransactionStore } from './transaction-store.js';

export interface SubmitParts {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly ledger: LedgerStore;
  readonly transactions: TransactionStore;
  readonly chain: ChainPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly crashPoint: CrashPoint;
  /** Throws a retryable NodeError SPENDING_STOPPED while books and chain don't agree. */
  readonly requireSpendable: () => void;
  /** No transaction takes the wallet below this. */
  readonly walletFloor: Datoshi;
  /** Told when the wallet can't pay: it may have been funded since it was looked at. */
  readonly onWalletShort: () => void;
}

/** A transaction for requests, with what their histories say about it. */
export interface Submission {
  readonly purpose: TransactionPurpose;
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  readonly why: ReadonlyMap<bigint, string>;
}

export type Submit = (submission: Submission) => Promise<SignedTransaction | null>;

/**
 * Signs a transaction, draws its fees and persists it with the move of its requests, all before
 * anybody else sees it; then broadcasts it. Resolves to null, with nothing changed, when one of
 * the requests has moved on meanwhile. Throws a retryable NodeError WALLET_FLOOR when the wallet
 * can't pay.
 */
export function createSubmit(parts: SubmitParts): Submit {
  const { db, requests, ledger, transactions, chain, clock, crashPoint } = parts;

  function refuseBelowFloor(fees: Datoshi): void {
    const { available } = ledger.balance(walletOf(chain.account));
    if (available - fees >= parts.walletFloor) return;
    parts.onWalletShort();
    const figures = `${formatGas(fees)} GAS of fees, the wallet has ${formatGas(available)} GAS`;
    const floor = `and keeps ${formatGas(parts.walletFloor)} GAS (gasbank.walletFloor)`;
    throw new NodeError('WALLET_FLOOR', `the transaction needs ${figures} ${floor}`, {
      retryable: true,
      hint: `send GAS to ${hash160ToAddress(chain.account)}; work goes on by itself`,
    });
  }

  function persist(submission: Submission, signed: SignedTransaction): boolean {
    const { purpose, terms, why } = submission;
    const event = purpose === 'respond' ? 'answerSigned' : 'refundSigned';
    const what = purpose === 'respond' ? 'answer sent' : 'refund sent';
    const state = purpose === 'respond' ? 'resolved' : 'overdue';
    const nowMs = clock.nowMs();
    return inTransaction(db, () => {
      for (const id of why.keys()) if (requests.brief(id)?.state !== state) return false;
      const pays = `; the transaction pays ${formatGas(terms.systemFee + terms.networkFee)} GAS`;
      for (const [id, way] of why) {
        const reason = way + pays;
        const change = { reason, tx: signed.hash, dueMs: 0 };
        requests.move(id, event, change, { atMs: nowMs, tx: signed.hash, what, why: reason });
      }
      const fees = terms.systemFee + terms.networkFee;
      parts.requireSpendable();
      refuseBelowFloor(fees);
      const draw: Transfer = {
        id: drawIdOf(signed.hash),
        debit: walletOf(chain.account),
        credit: BURNT,
        amount: fees,
        cause: `${purpose} fees`,
        block: null,
        tx: signed.hash,
        requestId: null,
      };
      ledger.draw(draw, nowMs);
      transactions.add({
        ...signed,
        purpose,
        account: chain.account,
        systemFee: terms.systemFee,
        networkFee: terms.networkFee,
        validUntilBlock: terms.validUntilBlock,
        signedMs: nowMs,
      });
      return true;
    });
  }

  return async (submission) => {
    const signed = await chain.sign(submission.script, submission.terms);
    crashPoint('signed');
    if (!persist(submission, signed)) return null;
    crashPoint('persisted');
    await broadcastSafely(parts, signed);
    crashPoint('broadcast');
    return signed;
  };
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
