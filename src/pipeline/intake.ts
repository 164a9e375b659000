import type { Clock } from '../base/clock.js';
import { formatGas } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { ResponseCode, responseCodeName } from '../base/outcome.js';
import type { TailedBlock } from '../chain/block-source.js';
import { decodeGatewayEvent, type GatewayEvent } from '../chain/gateway-events.js';
import type { LedgerStore } from '../gasbank/ledger-store.js';
import { postingsOf } from '../gasbank/postings.js';
import { bookWalletProof } from '../gasbank/wallet-observation.js';
import type { NewRequest, RequestStore } from '../requests/request-store.js';
import { type Database, inRepeatableTransaction } from '../storage/database.js';
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
  /** Keys or policy of the gateway changed. */
  readonly settingsChanged: boolean;
}

const SETTINGS: readonly string[] = [
  'NodeAccountChanged',
  'NodeAccountRevoked',
  'PolicyChanged',
  'Updated',
];

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

/**
 * Takes blocks in that follow one another: their requests, endings, postings and the cursor, in one
 * transaction. At the tip that is one block; catching up, as many as were read at once. What cannot
 * be taken in throws, and the cursor stays before it.
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
          why: `maxFee ${formatGas(request.maxFee)} GAS, open until block ${request.deadline}`,
        });
        result.received.push(event.id);
        return;
      }
      case 'Response': {
        const kind = requests.brief(event.id)?.kind ?? 'unknown';
        const how = event.delivered ? 'delivered to the callback' : 'kept at the gateway';
        const found = event.code === ResponseCode.Success ? null : requests.foundBecause(event.id);
        const cause = found === null ? '' : ` (found: ${found})`;
        const why = `${responseCodeName(event.code)}, ${how}${cause}`;
        const fee = event.fee + event.lost + event.premium;
        const ends = { endedBlock: block.index, endedTx: tx, tx: null, lostTx: null };
        const { fee: own, lost, premium, delivered } = event;
        const kept = event.code === ResponseCode.Success ? {} : { result: null };
        const code = event.code as ResponseCode;
        const told = { fee: own, lost, premium, delivered, code, ...kept };
        const change = { ...ends, ...told, reason: why };
        requests.move(event.id, 'answeredOnChain', change, { ...at, what: 'answered', why, fee });
        result.answered.push({ id: event.id, kind, code: event.code, delivered });
        return;
      }
      case 'Expired': {
        const why = `refunded ${formatGas(event.refund)} GAS to ${event.payer}`;
        const ends = { endedBlock: block.index, endedTx: tx, tx: null };
        const change = { ...ends, reason: `expired: ${why}`, code: null, result: null };
        requests.move(event.id, 'expiredOnChain', change, { ...at, what: 'expired', why });
        result.expired.push(event.id);
        return;
      }
      default:
        return;
    }
  }

  function takeTransaction(
    tx: Hash256,
    events: readonly GatewayEvent[],
    block: TailedBlock,
    nowMs: number,
    result: Mutable<IntakeResult>,
  ): void {
    for (const event of events) {
      takeEvent(event, block, tx, nowMs, result);
      if (SETTINGS.includes(event.name)) result.settingsChanged = true;
    }
    if (ending.halted(tx, block.index, nowMs)) result.halted.push(tx);
    const maxFeeOf = (id: bigint): bigint => knownMaxFee(requests, id);
    const context = { block: block.index, tx, ownAccounts, maxFeeOf };
    for (const transfer of postingsOf(events, context)) {
      bookWalletProof(ledger, transfer, nowMs);
      ledger.transfer(transfer, nowMs);
    }
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
    const result: Mutable<IntakeResult> = {
      received: [],
      answered: [],
      expired: [],
      overdue: [],
      halted: [],
      settingsChanged: false,
    };
    const [first] = blocks;
    const last = blocks.at(-1);
    if (first === undefined || last === undefined) return result;
    const nowMs = clock.nowMs();
    inRepeatableTransaction(db, () => {
      for (const block of blocks) {
        for (const [tx, events] of eventsByTransaction(block)) {
          takeTransaction(tx, events, block, nowMs, result);
        }
      }
      result.overdue.push(...endAnswering(last.index, nowMs));
      cursor.advance(first.index, last.index, last.hash);
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
  const row = requests.brief(id);
  if (row === null) throw new Error(`bug: request ${id} ended but never began`);
  return row.maxFee;
}
