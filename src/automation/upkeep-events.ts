import { formatGas } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { type BackOff, backOffMs } from '../chain/back-off.js';
import type { KnownGatewayEvent, UpkeepEvent } from '../chain/gateway-events.js';
import { type ChainMoment, nextOccurrence } from './occurrences.js';
import type { OwnerStore } from './owner-store.js';
import { readTrigger, type Trigger } from './trigger.js';
import {
  NOTHING_LOST,
  NOTHING_SENT,
  type UpkeepChange,
  type UpkeepRow,
  type UpkeepStore,
} from './upkeep-store.js';
import type { WatchStore } from './watch-store.js';

type Performed = Extract<KnownGatewayEvent, { name: 'UpkeepPerformed' }>;
type Registered = Extract<KnownGatewayEvent, { name: 'UpkeepRegistered' }>;

/** Where an event is, and when it was taken in. */
export interface EventPlace {
  readonly at: ChainMoment;
  readonly tx: Hash256;
  readonly nowMs: number;
}

export interface FailureRule {
  /** After so many in a row an upkeep is paused. */
  readonly pauseAfterFailures: number;
  readonly backOff: BackOff;
}

/** As automation.* of the configuration has it by itself. */
export const DEFAULT_FAILURE_RULE: FailureRule = {
  pauseAfterFailures: 8,
  backOff: { firstMs: 5_000, maxMs: 3_600_000 },
};

export interface UpkeepStores {
  readonly upkeeps: UpkeepStore;
  readonly owners: OwnerStore;
  readonly watches: WatchStore;
}

/** Takes in what the chain tells of upkeeps; joins the caller's transaction. */
export function createUpkeepEvents({ upkeeps, owners, watches }: UpkeepStores, rule: FailureRule) {
  function register(event: Registered, { at, tx }: EventPlace): void {
    const read = readTrigger(event.trigger);
    const trigger = read.kind === 'trigger' ? read.trigger : null;
    const { id, owner, target, method, trigger: triggerText, maxFee } = event;
    const row = { id, owner, target, method, triggerText, trigger, maxFee };
    const next = trigger && nextOccurrence(trigger, { registered: at, lastDue: null });
    const reason =
      read.kind === 'trigger'
        ? 'waits for its first occurrence'
        : `this node can't read its trigger: ${read.reason}`;
    upkeeps.add({ ...row, registered: at, registeredTx: tx }, reason, next);
  }

  function perform(event: Performed, row: UpkeepRow, { at, tx, nowMs }: EventPlace): void {
    const { id, delivered, fee, lost, premium, locked } = event;
    const due = Number(event.due);
    const run = { id, due, at, tx, delivered, fee, lost, premium };
    if (upkeeps.addRun(run)) owners.paid(row.owner, fee + lost + premium);
    watches.drop(id, due);
    // Its target may have funded it meanwhile.
    const locks = Math.max(row.locks - 1, 0) + (locked > 0n ? 1 : 0);
    const isFunded = locks > 0;
    const mayStillRun = row.tx !== null && row.tx !== tx && (row.sentDue ?? 0) > due && isFunded;
    const next = { locks, lastDue: due, nextDue: nextAfter(row, due, watches.seenBy(id)) };
    // A later occurrence of it is under way: that transaction is waited for.
    if (mayStillRun) return upkeeps.note(id, { ...next, reason: row.reason });
    // Whatever was lost before this block can't be claimed after it.
    if (lost === 0n) loseClaim(owners, row, { atMs: at.timeMs, isBlamed: false });
    const claimed = { ...NOTHING_SENT, ...NOTHING_LOST };
    const verdict = judged(row, { delivered, own: row.tx === tx }, rule, nowMs);
    const change = { ...next, ...claimed, ...verdict, reason: told(event, isFunded) };
    if (!upkeeps.move(id, isFunded ? 'performedOnChain' : 'ranDryOnChain', change)) return;
    const failures = change.failures ?? row.failures;
    if (!delivered && isFunded && failures >= rule.pauseAfterFailures) {
      upkeeps.move(id, 'gaveUp', { reason: `failed ${failures} times in a row: ${row.reason}` });
    }
  }

  function cancel(row: UpkeepRow, { at, tx }: EventPlace): void {
    const { id, owner, sentCost: cost, sentRisk: risk } = row;
    const loss = { atMs: at.timeMs, isBlamed: true };
    // Within a transaction of its own its target did it, and the run is charged.
    const unpaid = row.tx === tx ? null : row.tx;
    if (unpaid !== null) owners.lost({ upkeepId: id, owner, tx: unpaid, cost, risk, ...loss });
    loseClaim(owners, row, loss);
    const gone = `cancelled, and gone since block ${at.block}`;
    const all = (unpaid === null ? 0n : cost) + row.lostCost;
    const reason =
      all === 0n ? gone : `${gone}; ${formatGas(all)} GAS of its run are charged to nobody`;
    const none = { ...NOTHING_SENT, ...NOTHING_LOST, locks: 0, nextDue: null };
    upkeeps.move(id, 'cancelledOnChain', { reason, ...none });
  }

  function take(event: UpkeepEvent, place: EventPlace): void {
    if (event.name === 'UpkeepRegistered') return register(event, place);
    const row = upkeeps.get(event.id);
    // Registered before the first block of the books.
    if (row === null) return;
    switch (event.name) {
      case 'UpkeepFunded': {
        const reason = `funded with ${formatGas(event.amount)} GAS in block ${place.at.block}`;
        const locks = row.locks + 1;
        const change = { reason, locks, failures: 0, retryMs: 0 };
        // Its target may fund it while it runs: then it waits no longer than for its charge.
        if (!upkeeps.move(event.id, 'fundedOnChain', change)) {
          upkeeps.note(event.id, { reason: row.reason, locks });
        }
        return;
      }
      case 'UpkeepPerformed':
        return perform(event, row, place);
      case 'UpkeepCancelled':
        return cancel(row, place);
    }
  }

  return {
    take,

    /** Whoever pays for upkeeps that failed has put something right, perhaps. */
    toppedUp(owner: Hash160): void {
      for (const { id } of upkeeps.pausedOf(owner)) {
        const reason = 'tried again, since its owner deposited credit';
        upkeeps.move(id, 'resumed', { reason, failures: 0, retryMs: 0 });
      }
    },
  };
}

/** What an upkeep had to claim is lost for good, if it had anything. */
export function loseClaim(
  owners: OwnerStore,
  { id: upkeepId, owner, lostTx, lostCost: cost, lostRisk: risk }: UpkeepRow,
  loss: { readonly atMs: number; readonly isBlamed: boolean },
): void {
  if (lostTx !== null) owners.lost({ upkeepId, owner, tx: lostTx, cost, risk, ...loss });
}

/** From when on there is something to run after a run of `due`. */
function nextAfter(row: UpkeepRow, due: number, seen: readonly number[]): number | null {
  const trigger = triggerOf(row);
  if (trigger === null) return null;
  if (trigger.kind === 'on') return seen[0] ?? null;
  return nextOccurrence(trigger, { registered: row.registered, lastDue: due });
}

/** The trigger of an upkeep; null where this node can't read it. */
export function triggerOf({ triggerText }: Pick<UpkeepRow, 'triggerText'>): Trigger | null {
  const read = readTrigger(triggerText);
  return read.kind === 'trigger' ? read.trigger : null;
}

/** What a run says of the next ones. */
function judged(
  row: UpkeepRow,
  { delivered, own }: { delivered: boolean; own: boolean },
  { backOff }: FailureRule,
  nowMs: number,
): Partial<UpkeepChange> {
  if (!delivered) {
    if (!own) return {};
    // A claim settles a failure that was counted when its transaction FAULTed.
    const failures = row.failures + (row.lostTx === null ? 1 : 0);
    return { failures, retryMs: nowMs + backOffMs(backOff, failures) };
  }
  if (row.alone === 'no') return { failures: 0, retryMs: 0, groupFaults: 0 };
  return { failures: 0, retryMs: 0, alone: row.alone === 'once' ? 'no' : row.alone };
}

function told({ delivered, fee, lost, premium }: Performed, isFunded: boolean): string {
  const charged = `charged ${formatGas(fee + lost + premium)} GAS`;
  const how = delivered ? 'ran' : 'was charged, but not called';
  const next = isFunded ? '' : "; its owner's credit does not suffice for the next run";
  return `${how}: ${charged}${next}`;
}
