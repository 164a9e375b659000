import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/node-error.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import type { EvidenceStore } from './evidence-store.js';
import { type PackBlob, packBlob } from './pack-blob.js';

export interface RetentionLimits {
  /** Older bundles are dropped. */
  readonly maxAgeMs: number;
  /** The oldest are dropped until those that are left take no more. */
  readonly maxTotalBytes: number;
}

export interface RetentionParts {
  readonly db: Database;
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: RetentionLimits;
  /** Default `packBlob`. */
  readonly pack?: PackBlob;
}

/** How often it is looked whether there is anything to do. */
export const RETENTION_EVERY_MS = 10_000;
/** Between two steps, so that the answers of others go on. */
const PAUSE_MS = 20;
/** One step drops no more bundles, and of their bytes not much more. */
const DROPS_A_STEP = 100;
const DROPPED_BYTES_A_STEP = 8 * 1024 * 1024;
const BLOBS_PACKED_A_STEP = 8;

/**
 * Drops what is too old or too much and packs what is not packed yet, step by step, each a
 * transaction of a few milliseconds, until the signal. Trouble is logged, and it goes on.
 */
export async function runRetention(parts: RetentionParts, signal: AbortSignal): Promise<void> {
  const { clock, log } = parts;
  while (!signal.aborted) {
    await clock.sleep(RETENTION_EVERY_MS, signal).catch(() => {});
    try {
      while (!signal.aborted && (await retentionStep(parts))) {
        await clock.sleep(PAUSE_MS, signal).catch(() => {});
      }
    } catch (error) {
      log.warn('evidence was not tidied up', { reason: messageOf(error) });
    }
  }
}

/** One step. False when nothing was left to do. */
export async function retentionStep(parts: RetentionParts): Promise<boolean> {
  if (dropSome(parts) > 0) return true;
  return (await packSome(parts)) > 0;
}

function dropSome({ db, store, clock, limits }: RetentionParts): number {
  const nowMs = clock.nowMs();
  let tooMuch = store.total().bytes - limits.maxTotalBytes;
  let dropped = 0;
  const due: bigint[] = [];
  for (const { requestId, atMs, bytes } of store.oldest(DROPS_A_STEP)) {
    const isTooOld = atMs < nowMs - limits.maxAgeMs;
    if (dropped >= DROPPED_BYTES_A_STEP || !(isTooOld || tooMuch > 0)) break;
    due.push(requestId);
    dropped += bytes;
    tooMuch -= bytes;
  }
  if (due.length === 0) return 0;
  inRepeatableTransaction(db, () => {
    for (const requestId of due) store.drop(requestId, nowMs);
  });
  return due.length;
}

async function packSome({ db, store, pack = packBlob }: RetentionParts): Promise<number> {
  for (let packed = 0; packed < BLOBS_PACKED_A_STEP; packed++) {
    // One by one: they may be large, and reading them keeps everybody else waiting.
    const [blob] = store.unpacked(1);
    if (blob === undefined) return packed;
    const { coding, bytes } = await pack(blob.bytes);
    inRepeatableTransaction(db, () => store.pack(blob.id, coding, bytes));
  }
  return BLOBS_PACKED_A_STEP;
}
