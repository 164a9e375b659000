import type { Hash160, Hash256 } from '../../../src/base/hash.js';
import {
  decodeGatewayEvent,
  type GatewayEvent,
  isAskEvent,
} from '../../../src/chain/gateway-events.js';
import { parseStackItem } from '../../../src/chain/stack-item.js';
import type { KnownBlock } from './chain-core.js';
import { Key, type Request } from './gateway/records.js';
import type {
  RequestEnding,
  RequestHistory,
  UpkeepHistory,
  UpkeepRunRecord,
} from './simulated-chain.js';
import type { StateStore } from './state-store.js';
import { itemToJson } from './vm-item.js';

interface OpenRequest extends RequestHistory {
  readonly endings: RequestEnding[];
}

interface OpenUpkeep extends Omit<UpkeepHistory, 'cancelled'> {
  cancelled: number | null;
}

interface Stored {
  readonly value: Request;
}

/** What became of requests and upkeeps, out of the gateway's events as blocks come. */
export class ChainHistory {
  readonly requests = new Map<bigint, OpenRequest>();
  readonly upkeeps = new Map<bigint, OpenUpkeep>();
  readonly runs: UpkeepRunRecord[] = [];
  /** The generation of the sponsorship that pays, of sponsored requests. */
  readonly sponsored = new Map<bigint, number>();

  constructor(
    readonly gateway: Hash160,
    readonly state: StateStore,
  ) {}

  add({ index, transactions }: KnownBlock): void {
    for (const { hash, state, notifications } of transactions) {
      if (state === 'FAULT') continue;
      const ofGateway = notifications.filter(({ contract }) => contract === this.gateway);
      ofGateway.forEach((each, at) => {
        const items = each.state.map((value) => parseStackItem(itemToJson(value)));
        const told = { txHash: hash, indexInBlock: at, name: each.name, state: items };
        this.#note(decodeGatewayEvent(told), index, hash);
      });
    }
  }

  #note(event: GatewayEvent, block: number, tx: Hash256): void {
    if (isAskEvent(event)) {
      const { id, requester, payer, maxFee, deadline, name } = event;
      const asked = { id, event: name, requester, payer, maxFee, deadline, asked: block };
      this.requests.set(id, { ...asked, endings: [] });
      const record = this.state.get(`${this.gateway}/${Key.request(id).name}`);
      if (record !== undefined) this.sponsored.set(id, (record as Stored).value.sponsored);
      return;
    }
    switch (event.name) {
      case 'Response': {
        const { code, delivered, fee, lost, premium } = event;
        const ending = { block, tx, code, delivered, fee, lost, premium };
        this.requests.get(event.id)?.endings.push({ kind: 'answered', ...ending });
        return;
      }
      case 'Expired': {
        const ending = { kind: 'expired', block, tx, refund: event.refund } as const;
        this.requests.get(event.id)?.endings.push(ending);
        return;
      }
      case 'UpkeepRegistered': {
        const { id, owner, target, method, trigger, maxFee } = event;
        const terms = { id, owner, target, method, trigger, maxFee };
        this.upkeeps.set(id, { ...terms, registered: block, cancelled: null });
        return;
      }
      case 'UpkeepCancelled': {
        const upkeep = this.upkeeps.get(event.id);
        if (upkeep !== undefined) upkeep.cancelled = block;
        return;
      }
      case 'UpkeepPerformed': {
        const { id, due, delivered, fee, lost, premium, locked } = event;
        const run = { block, tx, delivered, fee, lost, premium, locked };
        this.runs.push({ id, due: BigInt(due), ...run });
        return;
      }
    }
  }
}
