/** Response codes of Neo's native oracle, which the gateway uses too. */
export const ResponseCode = {
  Success: 0x00,
  ProtocolNotSupported: 0x10,
  ConsensusUnreachable: 0x12,
  NotFound: 0x14,
  Timeout: 0x16,
  Forbidden: 0x18,
  ResponseTooLarge: 0x1a,
  InsufficientFunds: 0x1c,
  ContentTypeNotSupported: 0x1f,
  Error: 0xff,
} as const;

export type ResponseCode = (typeof ResponseCode)[keyof typeof ResponseCode];

const NAMES = new Map<number, string>(Object.entries(ResponseCode).map(([k, v]) => [v, k]));

/** The name of a code, e.g. 20 -> "NotFound"; an unknown one prints as its number. */
export const responseCodeName = (code: number): string => NAMES.get(code) ?? `code ${code}`;

/** A code other than Success with its reason: what to answer when there is no result to give. */
export interface FailureAnswer {
  readonly code: Exclude<ResponseCode, 0>;
  readonly reason: string;
}

/**
 * Trouble that may pass. Whoever asked may try again, no sooner than after `afterMs`, and once its
 * attempts or its time are used up answers with `otherwise`: so no trouble ever loses a request.
 */
export interface RetryLater {
  readonly kind: 'retry';
  readonly reason: string;
  readonly afterMs: number;
  readonly otherwise: FailureAnswer;
}

/** What became of resolving a request. The reason is for the node's record: no secret in it. */
export type Outcome =
  | {
      readonly kind: 'answer';
      readonly code: ResponseCode;
      readonly result: Buffer;
      readonly reason: string;
      /** The node itself had trouble, and trying again might have repeated an effect. */
      readonly ownTrouble?: true;
    }
  | RetryLater
  | { readonly kind: 'fatal'; readonly reason: string };

/**
 * What a request may end its resolving with for which there is no answer but Success: it waits for
 * trouble to pass, until its deadline, or it is given up, and its payer is refunded.
 */
export type NoAnswer =
  | { readonly kind: 'wait'; readonly reason: string; readonly afterMs: number }
  | { readonly kind: 'giveUp'; readonly reason: string };

export type RequestOutcome = Outcome | NoAnswer;

const EMPTY = Buffer.alloc(0);

export const answerSuccess = (result: Buffer, reason = 'answered'): Outcome => ({
  kind: 'answer',
  code: ResponseCode.Success,
  result,
  reason,
});

/** An answer other than Success: its result is always empty. */
export const answerCode = (code: Exclude<ResponseCode, 0>, reason: string): Outcome => ({
  kind: 'answer',
  code,
  result: EMPTY,
  reason,
});
