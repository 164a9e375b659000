import { createOwnerStore } from '../automation/owner-store.js';
import { DEFAULT_FAILURE_RULE, type FailureRule } from '../automation/upkeep-events.js';
import type { UpkeepStore } from '../automation/upkeep-store.js';
import type { WatchStore } from '../automation/watch-store.js';
import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { ResponseCode, responseCodeName } from '../base/outcome.js';
import type { TailedBlock } from '../chain/block-source.js';
import { type AskEvent, decodeGatewayEvent, type GatewayEvent } from '../chain/gateway-events.js';
import type { FaultStore } from '../gasbank/fault-store.js';
import type { LedgerStore, Transfer } from '../gasbank/ledger-store.js';
import type { OwnAccount } from '../gasbank/own-account-store.js';
import { movePostings, takenIdOf } from '../gasbank/own-gas-postings.js';
import { type PostingContext, postingsOf } from '../gasbank/postings.js';
import { createPredictionStore } from '../gasbank/prediction-store.js';
import { createRoundPredictionStore } from '../gasbank/round-prediction-store.js';
import { createSpendStore } from '../gasbank/spend-store.js';
import { createUpkeepLockStore } from '../gasbank/upkeep-lock-store.js';
import { createRoundStore, type PublishedRound } from '../prices/round-store.js';
import { askedFor } from '../requests/asked-for.js';
import type { NewRequest, RequestStore } from '../requests/request-store.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import { answeredChange } from './answered-change.js';
import { compareCharges, type FoundDifference } from './compare-charges.js';
import { compareRounds, type FoundRoundDifference } from './compare-rounds.js';
import { contradiction } from './contradiction.js';
import type { CursorStore } from './cursor-store.js';
import { createFeeIntake, foreignMoves, type PaidFees } from './fee-intake.js';
import { missingPast, startTooLate } from './start-too-late.js';
import type { TransactionEnding } from './transaction-ending.js';
import { createUpkeepIntake, type PerformedRun } from './upkeep-intake.js';

export interface IntakeStores {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly ledger: LedgerStore;
  readonly faults: FaultStore;
  readonly cursor: CursorStore;
  readonly ending: TransactionEnding;
  readonly upkeeps: UpkeepStore;
  readonly watches: WatchStore;
}

/** Whose GAS is on the books. */
export interface IntakeAccounts {
  readonly gateway: Hash160;
  /** Those whose GAS the blocks tell of, each from its own block on. */
  readonly own: readonly OwnAccount[];
}

/** An answer in a block. */
export interface SettledAnswer {
  readonly id: bigint;
  readonly kind: string;
  readonly code: number;
  readonly delivered: boolean;
  /** From its request's block to its own; null where a block's time is not known. */
  readonly delayMs: number | null;
  /** Fee, lost fees and premium. */
  readonly charged: Datoshi;
}

/** A request that was refunded without an answer. */
export interface ExpiredRequest {
  readonly id: bigint;
  readonly kind: string;
}

/** What a block brought, for those who wait for it. */
export interface IntakeResult {
  readonly received: readonly bigint[];
  readonly answered: readonly SettledAnswer[];
  /** Those that were refunded without an answer. */
  readonly expired: readonly ExpiredRequest[];
  readonly overdue: readonly bigint[];
  /** Runs of upkeeps, and how long after their occurrence they are in a block. */
  readonly performed: readonly PerformedRun[];
  /** Price rounds of any node. */
  readonly published: readonly PublishedRound[];
  readonly halted: readonly Hash256[];
  /** Fees of own transactions, by what they were for. */
  readonly fees: readonly PaidFees[];
  /** Transactions of own accounts that this database did not send. */
  readonly foreign: readonly ('fees' | 'moved')[];
  /** Charges that are not what was predicted. */
  readonly differences: readonly (FoundDifference | FoundRoundDifference)[];
  /** Keys or policy of the gateway changed. */
  readonly settingsChanged: boolean;
}

const SETTINGS: readonly string[] = [
  'NodeAccountProposed',
  'NodeAccountChanged',
  'NodeAccountRevoked',
  'PolicyChanged',
  'RandomKeyChanged',
  'Updated',
];

/** A block that is being taken in. */
interface Taking {
  readonly block: TailedBlock;
  /** The node's accounts as of this block. */
  readonly ownAccounts: ReadonlySet<Hash160>;
  readonly nowMs: number;
  readonly result: Mutable<IntakeResult>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

/**
 * Takes blocks in that follow one another: their requests, endings, postings and the cursor, in one
 * transaction. At the tip that is one block; catching up, as many as were read at once. What cannot
 * be taken in throws, and the cursor stays before it.
 */
export function createIntake(
  stores: IntakeStores,
  clock: Clock,
  accounts: IntakeAccounts,
  failureRule: FailureRule = DEFAULT_FAILURE_RULE,
) {
  const { db, requests, ledger, faults, cursor, ending } = stores;
  const predictions = createPredictionStore(db);
  const roundPredictions = createRoundPredictionStore(db);
  const rounds = createRoundStore(db);
  const takeFees = createFeeIntake(ending, createSpendStore(db));
  const upkeepLocks = createUpkeepLockStore(db);
  const upkeepIntake = createUpkeepIntake({ ...stores, owners: createOwnerStore(db) }, failureRule);
  const ownAt = (block: number): ReadonlySet<Hash160> =>
    new Set(accounts.own.flatMap((own) => (own.sinceBlock <= block ? [own.account] : [])));
  const isOrdered = (tx: Hash256): boolean => ledger.drawState(takenIdOf(tx)) !== 'none';

  /** Of what comes by the thousand, objects are made in one piece: it costs a part of others. */
  function takeEvent(event: GatewayEvent, tx: Hash256, taking: Taking): void {
    const { block, nowMs: atMs, result } = taking;
    const { index } = block;
    switch (event.name) {
      case 'OracleRequest':
      case 'HttpRequest':
      case 'FunctionRequest':
      case 'RandomRequest': {
        const request = newRequestOf(event, block, tx);
        const why = `maxFee ${formatGas(request.maxFee)} GAS, open until block ${request.deadline}`;
        const step = { atMs, block: index, tx, what: 'requested', why };
        requests.add(request, 'waits for its answer to be fetched', step);
        result.received.push(event.id);
        return;
      }
      case 'Response': {
        const asked = requests.brief(event.id);
        const kind = asked?.kind ?? 'unknown';
        const how = event.delivered ? 'delivered to the callback' : 'kept at the gateway';
        const found = event.code === ResponseCode.Success ? null : requests.foundBecause(event.id);
        const cause = found === null ? '' : ` (found: ${found})`;
        const why = `${responseCodeName(event.code)}, ${how}${cause}`;
        const { code, delivered } = event;
        const charged = event.fee + event.lost + event.premium;
        const change = answeredChange(event, { endedBlock: index, endedTx: tx, reason: why });
        const step = { atMs, block: index, tx, what: 'answered', why, fee: charged };
        requests.move(event.id, 'answeredOnChain', change, step);
        const delayMs = delayOf(asked?.createdTimeMs ?? 0, block.timeMs);
        result.answered.push({ id: event.id, kind, code, delivered, delayMs, charged });
        return;
      }
      case 'Expired': {
        const why = `refunded ${formatGas(event.refund)} GAS to ${event.payer}`;
        const ends = { endedBlock: index, endedTx: tx, tx: null };
        const change = { ...ends, reason: `expired: ${why}`, code: null, result: null };
        const step = { atMs, block: index, tx, what: 'expired', why };
        requests.move(event.id, 'expiredOnChain', change, step);
        const kind = requests.brief(event.id)?.kind ?? 'unknown';
        result.expired.push({ id: event.id, kind });
        return;
      }
      case 'PriceUpdated': {
        const { name: _, timestamp: timestampMs, ...round } = event;
        const published = { ...round, timestampMs, block: index, tx };
        rounds.add(published);
        result.published.push(published);
        return;
      }
      default:
        return;
    }
  }

  function takeTransaction(tx: Hash256, events: readonly GatewayEvent[], taking: Taking): void {
    const { block, ownAccounts, nowMs, result } = taking;
    const named = lostTxsNamed(events, stores);
    for (const event of events) {
      takeEvent(event, tx, taking);
      const run = upkeepIntake.take(event, { block, tx, nowMs });
      if (run !== null) result.performed.push(run);
      if (SETTINGS.includes(event.name)) result.settingsChanged = true;
    }
    const at = { tx, block: block.index, atMs: nowMs };
    result.differences.push(...compareCharges({ ...stores, predictions }, events, at));
    const ofRounds = { rounds, predictions: roundPredictions };
    result.differences.push(...compareRounds(ofRounds, events, tx));
    if (ending.halted(tx, block.index, nowMs)) result.halted.push(tx);
    const atMs = bookedMs(block, nowMs);
    const locks = upkeepLocks.follow(events, block.index);
    const transfers = postingsOf(events, {
      block: block.index,
      tx,
      ownAccounts,
      maxFeeOf: (id) => knownMaxFee(requests, id),
      lockAt: (place) => locks[place] ?? unknownUpkeep(),
      lostTxOf: claimsOf(faults, named),
    });
    for (const transfer of transfers) ledger.transfer(transfer, atMs);
  }

  /** What the chain did to the node's own GAS, and to whatever else the gateway tells of. */
  function takeBlock(block: TailedBlock, nowMs: number, result: Mutable<IntakeResult>): void {
    const ownAccounts = ownAt(block.index);
    const ownGas = block.ownGas.filter(({ account }) => ownAccounts.has(account));
    const atMs = bookedMs(block, nowMs);
    const book = (transfers: readonly Transfer[]): void => {
      for (const transfer of transfers) ledger.transfer(transfer, atMs);
    };
    takeFees(ownGas, { block: block.index, atMs }, result);
    const { gateway } = accounts;
    const moves = movePostings(ownGas, { block: block.index, gateway, ownAccounts, isOrdered });
    book(moves.incoming);
    for (const [tx, events] of eventsByTransaction(block)) {
      takeTransaction(tx, events, { block, ownAccounts, nowMs, result });
    }
    book(moves.outgoing);
    result.foreign.push(...foreignMoves(moves.outgoing));
  }

  function endAnswering(height: number, nowMs: number): bigint[] {
    const ids = requests.pastDeadline(height);
    for (const id of ids) {
      const why = `no answer by its last block: ${requests.get(id)?.reason ?? ''}`;
      const step = { atMs: nowMs, block: height, what: 'overdue', why };
      requests.move(id, 'deadlinePassed', { reason: why, dueMs: 0 }, step);
    }
    return ids;
  }

  return function takeIn(blocks: readonly TailedBlock[]): IntakeResult {
    const result = nothingYet();
    const [first] = blocks;
    const last = blocks.at(-1);
    if (first === undefined || last === undefined) return result;
    const nowMs = clock.nowMs();
    try {
      inRepeatableTransaction(db, () => {
        for (const block of blocks.filter(holdsAny)) takeBlock(block, nowMs, result);
        result.overdue.push(...endAnswering(last.index, nowMs));
        cursor.advance(first.index, last.index, last.hash);
      });
    } catch (error) {
      throw missingPast(error) ?? contradiction(error, first.index, last.index) ?? error;
    }
    return result;
  };
}

/** Of no block yet. */
export const nothingYet = (): Mutable<IntakeResult> => ({
  received: [],
  answered: [],
  expired: [],
  overdue: [],
  performed: [],
  published: [],
  halted: [],
  fees: [],
  foreign: [],
  differences: [],
  settingsChanged: false,
});

/** Books are of the time of their blocks: taken in later they tell the same of the past. */
const bookedMs = (block: TailedBlock, nowMs: number): number => block.timeMs ?? nowMs;

/** Null where one of the two is not known. */
const delayOf = (askedMs: number, answeredMs: number | null): number | null =>
  askedMs === 0 || answeredMs === null ? null : answeredMs - askedMs;

const holdsAny = ({ notifications, ownGas }: TailedBlock): boolean =>
  notifications.length > 0 || ownGas.length > 0;

function eventsByTransaction(block: TailedBlock): Map<Hash256, GatewayEvent[]> {
  const grouped = new Map<Hash256, GatewayEvent[]>();
  for (const notification of block.notifications) {
    const events = grouped.get(notification.txHash) ?? [];
    events.push(decodeGatewayEvent(notification));
    grouped.set(notification.txHash, events);
  }
  return grouped;
}

function newRequestOf(event: AskEvent, block: TailedBlock, tx: Hash256): NewRequest {
  const { kind, subject, filter } = askedFor(event);
  return {
    id: event.id,
    kind,
    subject,
    filter,
    requester: event.requester,
    payer: event.payer,
    maxFee: event.maxFee,
    deadline: event.deadline,
    block: block.index,
    blockTimeMs: block.timeMs ?? 0,
    tx,
  };
}

/** The FAULTed transactions that the node named in these answers, before they are forgotten. */
function lostTxsNamed(
  events: readonly GatewayEvent[],
  { requests, upkeeps }: Pick<IntakeStores, 'requests' | 'upkeeps'>,
): ReadonlyMap<bigint, Hash256 | null> {
  const named = new Map<bigint, Hash256 | null>();
  for (const event of events) {
    if (!('lost' in event) || event.lost === 0n) continue;
    const row = event.name === 'Response' ? requests.get(event.id) : upkeeps.get(event.id);
    named.set(event.id, row?.lostTx ?? null);
  }
  return named;
}

/** Finds the FAULT that an answer charged for, which nobody else can charge for from then on. */
const claimsOf =
  (faults: FaultStore, named: ReadonlyMap<bigint, Hash256 | null>): PostingContext['lostTxOf'] =>
  (id, earner, lost, afterBlock) => {
    const fault = faults.chargedBy(id, earner, lost, named.get(id) ?? null, afterBlock);
    if (fault !== null) faults.claim(fault.tx, id);
    return fault?.tx ?? null;
  };

function unknownUpkeep(): never {
  throw startTooLate('an upkeep runs or ends, which the books saw no beginning of');
}

function knownMaxFee(requests: RequestStore, id: bigint): bigint {
  const row = requests.brief(id);
  if (row === null) throw startTooLate(`request ${id} ends, which the books saw no beginning of`);
  return row.maxFee;
}
