import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { ResponseCode, responseCodeName } from '../base/outcome.js';
import type { SpendKind } from '../base/spend-kind.js';

/** One element of `respond`'s array: `[id, code, result, deliver, lostTx]`. */
export interface AnswerItem {
  readonly requestId: bigint;
  readonly code: ResponseCode;
  readonly result: Buffer;
  /** Whether the callback is to be called; else the result is kept at the gateway. */
  readonly deliver: boolean;
  readonly lostTx: Hash256 | null;
}

/** What a request that is ready to be answered brings to the decision. */
export interface ReadyAnswer {
  readonly requestId: bigint;
  readonly kind: SpendKind;
  readonly requester: Hash160;
  readonly code: ResponseCode;
  readonly result: Buffer;
  readonly maxFee: Datoshi;
  readonly faults: number;
  readonly lostTx: Hash256 | null;
  /** Why its callback is not called for a while; null when it is. */
  readonly inboxOnly: string | null;
}

/** A way of answering that won't do, and why. */
export interface Obstacle {
  readonly way: AnswerItem;
  /**
   * `tooDear`: for this maxFee. `tooMuchGas`: above the limit of one transaction's system fee.
   * `refused`: by the gateway, perhaps for what it claims.
   */
  readonly kind: 'callbackFails' | 'tooDear' | 'tooMuchGas' | 'refused';
  readonly reason: string;
}

const EMPTY = Buffer.alloc(0);

/**
 * True for requests that the gateway takes nothing for but Success with its result: a node that
 * could answer a draw with a code could suppress numbers, and be paid for it.
 */
export const isSuccessOnly = (kind: SpendKind): boolean => kind === 'random';

/** An answer below which there is nothing cheaper to fall back to. */
export const isCheapest = (kind: SpendKind, way: AnswerItem): boolean =>
  !way.deliver && (way.result.length === 0 || isSuccessOnly(kind));

/**
 * The next way to answer a request, given what stood in the way of others; null when there is none
 * left. First the answer with its delivery, then kept at the gateway, then without a result:
 * InsufficientFunds, or ResponseTooLarge where no fee could carry it; a random request has its
 * proof or nothing. A callback that failed, or made a transaction FAULT, is not called again, nor
 * is one that does so often. A claim of lost fees that is refused is dropped.
 */
export function nextWay(ready: ReadyAnswer, obstacles: readonly Obstacle[]): AnswerItem | null {
  const { requestId } = ready;
  const lostTx = obstacles.some(({ kind }) => kind === 'refused') ? null : ready.lostTx;
  const mayDeliver =
    ready.lostTx === null &&
    ready.inboxOnly === null &&
    !obstacles.some(({ kind }) => kind === 'callbackFails');
  const tooMuchGas = obstacles.some(({ kind }) => kind === 'tooMuchGas');
  const lesser = tooMuchGas ? ResponseCode.ResponseTooLarge : ResponseCode.InsufficientFunds;
  const answers = [{ code: ready.code, result: ready.result }];
  // Codes without a result cost the same: below them there is nothing lesser to fall back to.
  const hasLesser = ready.code === ResponseCode.Success && !isSuccessOnly(ready.kind);
  if (hasLesser) answers.push({ code: lesser, result: EMPTY });
  for (const answer of answers) {
    for (const deliver of mayDeliver ? [true, false] : [false]) {
      const wasTried = obstacles.some(
        ({ way }) => way.code === answer.code && way.deliver === deliver && way.lostTx === lostTx,
      );
      if (!wasTried) return { requestId, lostTx, ...answer, deliver };
    }
  }
  return null;
}

/** In a few words for the history, e.g. "Success, 12 bytes, with delivery". */
export function describeWay(item: AnswerItem): string {
  const size = item.result.length === 0 ? '' : `, ${item.result.length} bytes`;
  const delivery = item.deliver ? 'with delivery' : 'kept at the gateway';
  return `${responseCodeName(item.code)}${size}, ${delivery}`;
}
