import type { TriggerKind } from '../automation/trigger.js';
import {
  createUpkeepEvents,
  type FailureRule,
  type UpkeepStores,
} from '../automation/upkeep-events.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash256 } from '../base/hash.js';
import type { TailedBlock } from '../chain/block-source.js';
import { type GatewayEvent, isUpkeepEvent } from '../chain/gateway-events.js';

/** A run of an upkeep, as its block tells of it. */
export interface PerformedRun {
  readonly id: bigint;
  readonly delivered: boolean;
  readonly trigger: TriggerKind | null;
  /** From the occurrence to the block: milliseconds for cron, else blocks. */
  readonly lag: number;
  readonly block: number;
  /** Fee, lost fees and premium. */
  readonly charged: Datoshi;
}

interface EventPlace {
  readonly block: TailedBlock;
  readonly tx: Hash256;
  readonly nowMs: number;
}

/** What a block's events mean for upkeeps; joins the caller's transaction. */
export function createUpkeepIntake(stores: UpkeepStores, failureRule: FailureRule) {
  const { upkeeps } = stores;
  const events = createUpkeepEvents(stores, failureRule);
  return {
    /** The run that the event tells of; null where it tells of none. */
    take(event: GatewayEvent, { block, tx, nowMs }: EventPlace): PerformedRun | null {
      if (event.name === 'Deposit') events.toppedUp(event.account);
      if (!isUpkeepEvent(event)) return null;
      const at = { block: block.index, timeMs: block.timeMs ?? 0 };
      events.take(event, { at, tx, nowMs });
      if (event.name !== 'UpkeepPerformed') return null;
      const trigger = upkeeps.get(event.id)?.kind ?? null;
      const lag = (trigger === 'cron' ? at.timeMs : at.block) - event.due;
      const charged = event.fee + event.lost + event.premium;
      return { id: event.id, delivered: event.delivered, trigger, lag, block: at.block, charged };
    },
  };
}
