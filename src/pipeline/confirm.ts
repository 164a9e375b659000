import type { Clock } from '../base/clock.js';
import type { TransactionState } from '../chain/transaction-state.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { ChainPort } from './chain-port.js';
import type { CrashPoint } from './crash-point.js';
import { broadcastSafely } from './submit.js';
import type { TransactionEnding } from './transaction-ending.js';
import type { SentTransaction, TransactionStore } from './transaction-store.js';

export interface ConfirmParts {
  readonly db: Database;
  readonly transactions: TransactionStore;
  readonly ending: TransactionEnding;
  readonly chain: ChainPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly crashPoint: CrashPoint;
}

export interface ConfirmResult {
  readonly faulted: number;
  readonly dead: number;
  /** Still waiting for a block. */
  readonly waiting: number;
}

/**
 * Finds out how the transactions ended that the events up to `height` did not tell of: those that
 * FAULTed, that did nothing, or that died. What is unknown to the network is broadcast again.
 */
export function createConfirm(parts: ConfirmParts) {
  const { db, transactions, ending, chain, clock, log, crashPoint } = parts;

  /** True when the transaction has ended. */
  function settle(sent: SentTransaction, fate: TransactionState, height: number): boolean {
    const nowMs = clock.nowMs();
    if (fate.kind === 'inBlock') {
      // Its block's events come first: they say which of its requests ended.
      if (fate.block > height) return false;
      return inRepeatableTransaction(db, () =>
        fate.halted
          ? ending.halted(sent.hash, fate.block, nowMs)
          : ending.faulted(sent.hash, fate.block, fate.exception ?? 'no reason given', nowMs),
      );
    }
    if (height < sent.validUntilBlock) return false;
    const why = `transaction ${sent.hash} was in no block up to ${sent.validUntilBlock}, its last`;
    return inRepeatableTransaction(db, () => ending.dead(sent.hash, height, why, nowMs));
  }

  return async function confirm(height: number): Promise<ConfirmResult> {
    const inFlight = transactions.inFlight();
    if (inFlight.length === 0) return { faulted: 0, dead: 0, waiting: 0 };
    const fates = await chain.fates(
      inFlight.map(({ hash }) => hash),
      height,
    );
    const counts = { faulted: 0, dead: 0, waiting: 0 };
    for (const [place, sent] of inFlight.entries()) {
      const fate = fates[place];
      if (fate === undefined) continue;
      if (!settle(sent, fate, height)) {
        counts.waiting += 1;
        if (fate.kind === 'unknown') await broadcastSafely(parts, sent);
        continue;
      }
      crashPoint('confirmed');
      if (fate.kind !== 'inBlock') {
        counts.dead += 1;
        log.warn('transaction died', { tx: sent.hash, validUntilBlock: sent.validUntilBlock });
      } else if (!fate.halted) {
        counts.faulted += 1;
        const { block, exception } = fate;
        log.warn('transaction FAULTed', { tx: sent.hash, block, exception });
      }
    }
    return counts;
  };
}
