/** Kinds of request, by the event that made them. */
export const REQUEST_KINDS = ['oracle', 'http', 'function', 'random'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/**
 * Where a request stands.
 * - `received`: its event is in a block; its answer is to be found (again after a back-off)
 * - `resolved`: the answer is known and is to be sent
 * - `sent`: the answer is in a persisted transaction that is not known to be in a block or dead
 * - `stuck`: no answer can be given; it waits for its deadline, and its reason says why
 * - `overdue`: past its deadline; the refund is to be sent
 * - `expiring`: the refund is in a persisted transaction
 * - `answered`, `expired`: ended on the chain
 */
export const REQUEST_STATES = [
  'received',
  'resolved',
  'sent',
  'stuck',
  'overdue',
  'expiring',
  'answered',
  'expired',
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/**
 * What can happen to a request.
 * - `retryLater`: resolving failed for now
 * - `answerFound`: an outcome is known
 * - `giveUp`: nothing that maxFee pays for can be sent
 * - `answerSigned`, `refundSigned`: a transaction with it was persisted
 * - `transactionFaulted`, `transactionDead`: that transaction FAULTed, or can never be in a block
 * - `transactionSkipped`: it HALTed in a block, but the contract did nothing for this request
 * - `deadlinePassed`: the chain is past the last block that could hold an answer
 * - `answeredOnChain`, `expiredOnChain`: the contract's events, from whichever node
 */
export const REQUEST_EVENTS = [
  'retryLater',
  'answerFound',
  'giveUp',
  'answerSigned',
  'refundSigned',
  'transactionFaulted',
  'transactionDead',
  'transactionSkipped',
  'deadlinePassed',
  'answeredOnChain',
  'expiredOnChain',
] as const;
export type RequestEvent = (typeof REQUEST_EVENTS)[number];

const ENDS = { answeredOnChain: 'answered', expiredOnChain: 'expired' } as const;

/** The whole table: what is not in it cannot happen, and is a bug when it does. */
const TRANSITIONS: Readonly<
  Record<RequestState, Readonly<Partial<Record<RequestEvent, RequestState>>>>
> = {
  received: {
    retryLater: 'received',
    answerFound: 'resolved',
    giveUp: 'stuck',
    deadlinePassed: 'overdue',
    ...ENDS,
  },
  resolved: {
    answerSigned: 'sent',
    giveUp: 'stuck',
    deadlinePassed: 'overdue',
    ...ENDS,
  },
  // A sent answer is waited for: no second one before the first is known to be dead.
  sent: {
    transactionFaulted: 'resolved',
    transactionDead: 'resolved',
    transactionSkipped: 'resolved',
    ...ENDS,
  },
  stuck: { deadlinePassed: 'overdue', ...ENDS },
  overdue: { refundSigned: 'expiring', ...ENDS },
  expiring: {
    transactionFaulted: 'overdue',
    transactionDead: 'overdue',
    transactionSkipped: 'overdue',
    ...ENDS,
  },
  answered: {},
  expired: {},
};

/** The state after an event, or null where the event cannot happen in that state. */
export function nextRequestState(state: RequestState, event: RequestEvent): RequestState | null {
  return TRANSITIONS[state][event] ?? null;
}

/** True once the chain has ended the request. */
export const isEnded = (state: RequestState): boolean =>
  state === 'answered' || state === 'expired';
