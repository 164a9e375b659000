/**
 * Where an upkeep stands.
 * - `waiting`: for its next occurrence, or for another try
 * - `sent`: a run is in a persisted transaction that is not known to be in a block or dead
 * - `unfunded`: nothing is locked for its next run, since its owner's credit did not suffice
 * - `paused`: failed too often in a row; its reason says how
 * - `unreadable`: this node can't read its trigger
 * - `cancelled`: by its owner, and gone
 */
export const UPKEEP_STATES = [
  'waiting',
  'sent',
  'unfunded',
  'paused',
  'unreadable',
  'cancelled',
] as const;
export type UpkeepState = (typeof UPKEEP_STATES)[number];

/**
 * What can happen to an upkeep.
 * - `runSigned`: a transaction with a run of it was persisted
 * - `runFailed`: a run would fail, or can't be paid for: it is tried again later
 * - `gaveUp`: that happened too often in a row
 * - `transactionFaulted`, `transactionDead`: that transaction FAULTed, or can never be in a block
 * - `transactionSkipped`: it HALTed in a block, but the contract ran nothing of this upkeep
 * - `resumed`: by the operator
 * - `performedOnChain`, `ranDryOnChain`: the contract's event, from whichever node: there is a lock
 *   for the next run, or there is none
 * - `fundedOnChain`, `cancelledOnChain`: the contract's events
 */
export const UPKEEP_EVENTS = [
  'runSigned',
  'runFailed',
  'gaveUp',
  'transactionFaulted',
  'transactionDead',
  'transactionSkipped',
  'resumed',
  'performedOnChain',
  'ranDryOnChain',
  'fundedOnChain',
  'cancelledOnChain',
] as const;
export type UpkeepEvent = (typeof UPKEEP_EVENTS)[number];

type Row = Readonly<Partial<Record<UpkeepEvent, UpkeepState>>>;

const RUNS: Row = { performedOnChain: 'waiting', ranDryOnChain: 'unfunded' };
const ENDS: Row = { cancelledOnChain: 'cancelled' };
const UNSENT: Row = {
  transactionFaulted: 'waiting',
  transactionDead: 'waiting',
  transactionSkipped: 'waiting',
};

/** The whole table: what is not in it cannot happen, and is a bug when it does. */
const TRANSITIONS: Readonly<Record<UpkeepState, Row>> = {
  waiting: { runSigned: 'sent', runFailed: 'waiting', gaveUp: 'paused', ...RUNS, ...ENDS },
  // A run under way is waited for: no second one before the first is known to be dead.
  sent: { ...UNSENT, ...RUNS, ...ENDS },
  unfunded: { fundedOnChain: 'waiting', ...ENDS },
  paused: { resumed: 'waiting', ...RUNS, ...ENDS },
  unreadable: { performedOnChain: 'unreadable', ranDryOnChain: 'unreadable', ...ENDS },
  cancelled: {},
};

/** The state after an event, or null where the event cannot happen in that state. */
export function nextUpkeepState(state: UpkeepState, event: UpkeepEvent): UpkeepState | null {
  return TRANSITIONS[state][event] ?? null;
}
