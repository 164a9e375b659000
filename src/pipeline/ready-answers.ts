import type { Clock } from '../base/clock.js';
import type { Hash256 } from '../base/hash.js';
import { ResponseCode } from '../base/outcome.js';
import type { CallbackFaults } from '../gasbank/callback-fault-store.js';
import type { RequestRow } from '../requests/request-store.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { ReadyAnswer } from './answer.js';
import { createRecentSet } from './recent-set.js';
import type { Suspects } from './suspects.js';

/** Of transactions that FAULTed, those whose callback is noted already. */
const MAX_NOTED = 1_024;

/** What requests that are `resolved` bring to the decision how they are answered. */
export function createReadyAnswers(parts: {
  readonly db: Database;
  readonly clock: Clock;
  readonly callbackFaults: CallbackFaults;
  readonly suspects: Suspects;
}) {
  const { db, clock, callbackFaults, suspects } = parts;
  const noted = createRecentSet<Hash256>(MAX_NOTED);
  return {
    of(row: RequestRow): ReadyAnswer {
      const { id: requestId, kind, requester, maxFee, faults, lostTx } = row;
      const code = row.code ?? ResponseCode.Error;
      const result = row.result ?? Buffer.alloc(0);
      const inboxOnly = callbackFaults.inboxOnly(requester, clock.nowMs())?.reason ?? null;
      return { requestId, kind, requester, code, result, maxFee, faults, lostTx, inboxOnly };
    },

    /** A callback that brought its own transaction down is one step nearer to the inbox only. */
    noteFault({ id, requester, lostTx }: RequestRow): void {
      if (lostTx === null || noted.has(lostTx)) return;
      suspects.add(requester);
      noted.add(lostTx);
      // With its transaction on the books, it would be noted again.
      inRepeatableTransaction(db, () => callbackFaults.note(id, requester, lostTx, clock.nowMs()));
    },
  };
}
