import type { Clock } from '../base/clock.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { responseCodeName } from '../base/outcome.js';
import type { TailedBlock } from '../chain/block-source.js';
import { decodeGatewayEvent, type GatewayEvent } from '../chain/gateway-events.js';
import type { LedgerStore } from '../gasbank/ledger-store.js';
import { postingsOf } from '../gasbank/postings.js';
import type { NewRequest, RequestStore } from '../requests/request-store.js';
import { type Database, inTransaction } from '../storage/database.js';
import type { CursorStore } from './cursor-store.js';
import type { TransactionEnding } from './transaction-ending.js';

export interface IntakeStores {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly ledger: LedgerStore;
  readonly cursor: CursorStore;
  readonly ending: TransactionEnding;
}

/** What a block brought, for those who wait for it. */
export interface IntakeResult {
  readonly received: readonly bigint[];
  readonly answered: readonly { id: bigint; kind: string; code: number; delivered: boolean }[];
  readonly expired: readonly bigint[];
  readonly overdue: readonly bigint[];
  readonly halted: readonly Hash256[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

/**
 * Takes a block in: its requests, endings, postings and the cursor, in one transaction. A block that
 * cannot be taken in throws, and the cursor stays before it.
 */
export function createIntake(stores: IntakeStores, clock: Clock, ownAccount: Hash160) {
  const { db, requests, ledger, cursor, ending } = stores;
  const ownAccounts = new Set([ownAccount]);

  function takeEvent(
    event: GatewayEvent,
    block: TailedBlock,
    tx: Hash256,
    nowMs: number,
    result: Mutable<IntakeResult>,
  ): void {
    const at = { atMs: nowMs, block: block.index, tx };
    switch (event.name) {
      case 'OracleRequest':
      case 'HttpRequest': {
        const request = newRequestOf(event, block, tx);
        requests.add(request, 'waits for its answer to be fetched', {
          ...at,
          what: 'requested',
          why: `maxFee is ${request.maxFee} datoshi, answerable until block ${request.deadline}`,
        });
        result.received.push(event.id);
        return;
      }
      case 'Response': {
        const kind = requests.get(event.id)?.kind ?? 'unknown';
        const how = event.delivered ? 'delivered to the callback' : 'kept at the gateway';
        const why = `${responseCodeName(event.code)}, ${how}`;
        const fee = event.fee + event.lost + event.premium;
        const ends = { endedBlock: block.index, endedTx: tx, tx: null, lostTx: null };
        const { fee: own, lost, premium, delivered } = event;
        const change = { ...ends, reason: why, fee: own, lost, premium, delivered };
        requests.move(event.id, 'answeredOnChain', change, { ...at, what: 'answered', why, fee });
        result.answered.push({ id: event.id, kind, code: event.code, delivered });
        return;
      }
      case 'Expired': {
        const why = `refunded ${event.refund} datoshi to ${event.payer}`;
        const ends = { endedBlock: block.index, endedTx: tx, tx: null };
        const change = { ...ends, reason: `expired: ${why}` };
        requests.move(event.id, 'expiredOnChain', change, { ...at, what: 'expired', why });
        result.expired.push(event.id);
        return;
      }
      default:
        return;
    }
  }

  return function takeIn(block: TailedBlock): IntakeResult {
    const result: Mutable<IntakeResult> = {
      received: [],
      answered: [],
      expired: [],
      overdue: [],
      halted: [],
    };
    const nowMs = clock.nowMs();
    inTransaction(db, () => {
      for (const [tx, events] of eventsByTransaction(block)) {
        for (const event of events) takeEvent(event, block, tx, nowMs, result);
        // A HALTed transaction of our own is on the books before the money that it moved.
        if (ending.halted(tx, block.index, nowMs)) result.halted.push(tx);
        const maxFeeOf = (id: bigint): bigint => knownMaxFee(requests, id);
        const context = { block: block.index, tx, ownAccounts, maxFeeOf };
        for (const transfer of postingsOf(events, context)) ledger.transfer(transfer, nowMs);
      }
      for (const id of requests.pastDeadline(block.index)) {
        const before = requests.get(id);
        const why = `no answer by its last block: ${before?.reason ?? ''}`;
        const step = { atMs: nowMs, block: block.index, what: 'overdue', why };
        requests.move(id, 'deadlinePassed', { reason: why, dueMs: 0 }, step);
        result.overdue.push(id);
      }
      cursor.advance(block.index, block.hash);
    });
    return result;
  };
}

function eventsByTransaction(block: TailedBlock): Map<Hash256, GatewayEvent[]> {
  const grouped = new Map<Hash256, GatewayEvent[]>();
  for (const notification of block.notifications) {
    const events = grouped.get(notification.txHash) ?? [];
    events.push(decodeGatewayEvent(notification));
    grouped.set(notification.txHash, events);
  }
  return grouped;
}

function newRequestOf(
  event: Extract<GatewayEvent, { name: 'OracleRequest' | 'HttpRequest' }>,
  block: TailedBlock,
  tx: Hash256,
): NewRequest {
  return {
    id: event.id,
    kind: event.name === 'OracleRequest' ? 'oracle' : 'http',
    requester: event.requester,
    payer: event.payer,
    subject: event.name === 'OracleRequest' ? event.url : event.spec,
    filter: event.filter,
    maxFee: event.maxFee,
    deadline: event.deadline,
    block: block.index,
    blockTimeMs: block.timeMs ?? 0,
    tx,
  };
}

function knownMaxFee(requests: RequestStore, id: bigint): bigint {
  const row = requests.get(id);
  if (row === null) throw new Error(`bug: request ${id} ended but never began`);
  return row.maxFee;
}
