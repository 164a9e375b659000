import type { Clock } from '../base/clock.js';
import type { TransactionState } from '../chain/transaction-state.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import type { ChainPort } from './chain-port.js';
import type { CrashPoint } from './crash-point.js';
import { broadcastSafely } from './submit.js';
import type { TransactionEnding } from './transaction-ending.js';
import type { SentTransaction, TransactionStore } from './transaction-store.js';
import { mayPass } from './trouble.js';

export interface ConfirmParts {
  readonly db: Database;
  readonly transactions: TransactionStore;
  readonly ending: TransactionEnding;
  readonly chain: ChainPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly crashPoint: CrashPoint;
  /** Told where the endpoints could not say how they ended. */
  readonly onRetry: (step: RetriedStep) => void;
}

export interface ConfirmResult {
  readonly faulted: number;
  readonly dead: number;
  /** Still waiting for a block. */
  readonly waiting: number;
}

type Ended = 'halted' | 'faulted' | 'dead';

/**
 * Finds out how the transactions ended that the events up to `height` did not tell of: those that
 * FAULTed, that did nothing, or that died. What is unknown to the network is broadcast again.
 */
export function createConfirm(parts: ConfirmParts) {
  const { db, transactions, ending, chain, clock, log, crashPoint } = parts;

  /** How the transaction ended, or null while that is not known. */
  function settle(sent: SentTransaction, fate: TransactionState, height: number): Ended | null {
    const nowMs = clock.nowMs();
    const { hash, validUntilBlock } = sent;
    // The blocks on the books say whether it is in one: an endpoint's word tells only how it ended.
    if (ending.isBurnt(hash)) {
      if (fate.kind !== 'inBlock') return null;
      const { block, halted, exception } = fate;
      const why = exception ?? 'no reason given';
      const isNews = inRepeatableTransaction(db, () =>
        halted ? ending.halted(hash, block, nowMs) : ending.faulted(hash, block, why, nowMs),
      );
      if (!isNews) return null;
      if (!halted) log.warn('transaction FAULTed', { tx: hash, block, exception });
      return halted ? 'halted' : 'faulted';
    }
    if (height < validUntilBlock) return null;
    const why = `transaction ${hash} was in no block up to ${validUntilBlock}, its last`;
    const isNews = inRepeatableTransaction(db, () => ending.dead(hash, height, why, nowMs));
    if (!isNews) return null;
    log.warn('transaction died', { tx: hash, validUntilBlock });
    return 'dead';
  }

  return async function confirm(height: number): Promise<ConfirmResult> {
    const inFlight = transactions.inFlight();
    if (inFlight.length === 0) return { faulted: 0, dead: 0, waiting: 0 };
    const hashes = inFlight.map(({ hash }) => hash);
    const fates = await chain.fates(hashes, height).catch((error) => {
      if (mayPass(error)) parts.onRetry('confirm');
      throw error;
    });
    const counts = { faulted: 0, dead: 0, waiting: 0 };
    for (const [place, sent] of inFlight.entries()) {
      const fate = fates[place];
      if (fate === undefined) continue;
      const ended = settle(sent, fate, height);
      if (ended === null) {
        counts.waiting += 1;
        if (fate.kind === 'unknown') await broadcastSafely(parts, sent);
        continue;
      }
      crashPoint('confirmed');
      if (ended !== 'halted') counts[ended] += 1;
    }
    return counts;
  };
}
