import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { DrawsModel } from './draws-model.js';
import { FunctionsModel } from './functions-model.js';
import type { Ending, Operation, Settled } from './operations.js';
import type { RandomKey } from './random-proofs.js';

/*
 * What the design says of money, requests, sponsorships and node accounts, as small as it goes, to
 * run beside a real gateway. It knows no fees: what an answer is charged it is told.
 */

interface Pending {
  readonly requester: Hash160;
  readonly sponsor: Hash160 | null;
  /** Of the sponsorship that pays. */
  readonly generation: number;
  readonly maxFee: Datoshi;
  readonly deadline: number;
  readonly delivers: boolean;
  readonly draws: boolean;
}

interface Kept {
  readonly requester: Hash160;
  readonly delivers: boolean;
  readonly answered: number;
}

interface Sponsorship {
  maxFee: Datoshi;
  allowance: Datoshi;
  generation: number;
}

/** Who is who, and the policy, which stays. */
export interface ModelFacts {
  readonly gateway: Hash160;
  readonly owner: Hash160;
  readonly node: Hash160;
  readonly minimum: Datoshi;
  readonly lifetime: number;
  /** Whose callback throws. */
  readonly throwing: Hash160;
  readonly key: RandomKey;
}

export class BooksModel {
  readonly credit = new Map<Hash160, Datoshi>();
  readonly reserved = new Map<Hash160, Datoshi>();
  readonly earned = new Map<Hash160, Datoshi>();
  readonly pending = new Map<bigint, Pending>();
  readonly kept = new Map<bigint, Kept>();
  readonly accepted = new Map<Hash160, Hash160>();
  readonly sponsorships = new Map<string, Sponsorship>();
  readonly functions = new FunctionsModel();
  readonly draws: DrawsModel;
  lastId = 0n;
  paused = false;
  node: Hash160 | null;
  overlap: { readonly account: Hash160; readonly until: number } | null = null;
  proposal: { readonly account: Hash160; readonly byOwner: boolean } | null = null;

  constructor(readonly facts: ModelFacts) {
    this.node = facts.node;
    this.draws = new DrawsModel(facts.key);
  }

  /** Applies an operation as a block of this index does. */
  apply(operation: Operation, block: number): Ending {
    const refusal = this.#refusalOf(operation, block);
    if (refusal !== null) return { done: false, refusal };
    return { done: true, settled: this.#perform(operation, block) };
  }

  /** What an answer was charged goes from what was set aside to the sender's earnings. */
  charge({ id, payer, maxFee }: Settled, charged: Datoshi, sender: Hash160): void {
    add(this.reserved, payer, -maxFee);
    add(this.credit, payer, maxFee - charged);
    add(this.earned, sender, charged);
    this.#restore(id, maxFee - charged);
  }

  sponsorship(payer: Hash160, requester: Hash160): Readonly<Omit<Sponsorship, 'generation'>> {
    return this.sponsorships.get(payer + requester) ?? { maxFee: 0n, allowance: 0n };
  }

  /** Sponsored requests that were settled and not yet given back to their allowance. */
  readonly #toRestore = new Map<bigint, Pending>();

  #restore(id: bigint, refund: Datoshi): void {
    const request = this.#toRestore.get(id);
    this.#toRestore.delete(id);
    if (request?.sponsor == null) return;
    const sponsorship = this.sponsorships.get(request.sponsor + request.requester);
    if (sponsorship?.generation === request.generation) sponsorship.allowance += refund;
  }

  #openOverlap(block: number): Hash160 | null {
    return this.overlap !== null && block <= this.overlap.until ? this.overlap.account : null;
  }

  #refusalOf(operation: Operation, block: number): string | null {
    switch (operation.kind) {
      case 'deposit':
        return operation.amount > 0n ? null : 'a deposit must be more than 0';
      case 'withdraw':
        return this.#payoutRefusal(operation, this.credit, 'credit');
      case 'collect':
        return this.#payoutRefusal(operation, this.earned, 'earnings');
      case 'ask':
        return this.#askRefusal(operation);
      case 'register':
      case 'update':
        return this.functions.refusalOf(operation, this.paused);
      case 'sponsor':
        if (!this.paused || operation.allowance === 0n) return null;
        return 'the gateway is paused: it takes no new sponsorships';
      case 'accept':
        if (!this.paused || operation.payer === null) return null;
        return 'the gateway is paused: no sponsor can be accepted';
      case 'respond':
        if ([this.node, this.#openOverlap(block)].includes(operation.by)) {
          return this.#proofRefusal(operation, block);
        }
        return "the node account's witness is missing";
      case 'take':
        return this.#takeRefusal(operation);
      case 'redeliver':
        return this.#redeliverRefusal(operation, block);
      case 'expire':
        return null;
      case 'pause':
      case 'revokeNode':
        return operation.by === this.facts.owner ? null : "the owner's witness is missing";
      case 'proposeNode':
        return this.#proposeRefusal(operation, block);
      case 'acceptNode':
        if (this.proposal === null) return 'no node account is proposed';
        if (this.proposal.account === operation.by) return null;
        return 'only the proposed account may accept';
    }
  }

  #payoutRefusal(
    { kind, by, account, amount }: Extract<Operation, { kind: 'withdraw' | 'collect' }>,
    balances: ReadonlyMap<Hash160, Datoshi>,
    what: string,
  ): string | null {
    if (by !== account) return `${kind} needs the account's witness`;
    if (of(balances, account) >= amount) return null;
    return `amount of ${kind} is more than the account's ${what}`;
  }

  #askRefusal(operation: Extract<Operation, { kind: 'ask' }>): string | null {
    const { by, maxFee, what, functionId } = operation;
    if (what === 'function' && this.functions.get(functionId) === null) {
      return 'no function has the functionId of requestFunction';
    }
    if (this.paused) return 'the gateway is paused: it takes no new requests';
    if (maxFee < this.facts.minimum) {
      return "maxFee is below the policy's minimum for this kind of request";
    }
    if (of(this.credit, by) >= maxFee) return null;
    const below = "the requester's credit is below maxFee, and";
    const payer = this.accepted.get(by);
    if (payer === undefined) return `${below} it accepted no sponsor`;
    const sponsorship = this.sponsorships.get(payer + by);
    if (sponsorship === undefined) return `${below} the accepted sponsor never sponsored it`;
    if (sponsorship.maxFee < maxFee) return "maxFee is above the sponsor's limit for a request";
    if (sponsorship.allowance < maxFee) {
      return "maxFee is above what is left of the sponsor's allowance";
    }
    return of(this.credit, payer) >= maxFee ? null : `${below} so is the sponsor's`;
  }

  #proofRefusal(
    { ids, proofs }: Extract<Operation, { kind: 'respond' }>,
    block: number,
  ): string | null {
    for (const id of new Set(ids)) {
      const request = this.pending.get(id);
      if (!request?.draws || block > request.deadline) continue;
      const refusal = this.draws.refusalOf(id, proofs.get(id));
      if (refusal !== null) return refusal;
    }
    return null;
  }

  #takeRefusal({ by, id }: Extract<Operation, { kind: 'take' }>): string | null {
    const kept = this.kept.get(id);
    if (kept === undefined) return 'no result of this id is kept';
    return kept.requester === by ? null : 'only the requester may take a result';
  }

  #redeliverRefusal(
    { id }: Extract<Operation, { kind: 'redeliver' }>,
    block: number,
  ): string | null {
    const kept = this.kept.get(id);
    if (kept === undefined) return 'no result of this id is kept to redeliver';
    if (!kept.delivers) return 'the request named no callback to redeliver to';
    if (block <= kept.answered) return "redeliver is not possible in the answer's own block";
    return kept.requester === this.facts.throwing ? 'the callback threw' : null;
  }

  #proposeRefusal(
    { by, account }: Extract<Operation, { kind: 'proposeNode' }>,
    block: number,
  ): string | null {
    if (account === this.node) return 'the proposed account is the node account already';
    if (by === this.facts.owner) return null;
    if (by !== this.node) return 'only the owner or the node account may propose a node account';
    if (this.#openOverlap(block) !== null) {
      return 'while an overlap is open only the owner may propose a node account';
    }
    if (!this.proposal?.byOwner) return null;
    return "the owner's proposal is open: only the owner may replace it";
  }

  #perform(operation: Operation, block: number): Settled[] {
    switch (operation.kind) {
      case 'deposit':
        add(this.credit, operation.to, operation.amount);
        return [];
      case 'withdraw':
        add(this.credit, operation.account, -operation.amount);
        return [];
      case 'collect':
        add(this.earned, operation.account, -operation.amount);
        return [];
      case 'ask':
        this.#ask(operation, block);
        return [];
      case 'register':
      case 'update':
        this.functions.perform(operation);
        return [];
      case 'sponsor': {
        const key = operation.by + operation.requester;
        const { generation = 0 } = this.sponsorships.get(key) ?? {};
        const { maxFee, allowance } = operation;
        this.sponsorships.set(key, { maxFee, allowance, generation: generation + 1 });
        return [];
      }
      case 'accept':
        if (operation.payer === null) this.accepted.delete(operation.by);
        else this.accepted.set(operation.by, operation.payer);
        return [];
      case 'respond':
        return operation.ids.flatMap((id) => this.#answer(id, operation.deliver, block));
      case 'expire':
        return operation.ids.flatMap((id) => this.#expire(id, block));
      case 'take':
      case 'redeliver':
        this.kept.delete(operation.id);
        return [];
      case 'pause':
        this.paused = operation.on;
        return [];
      default:
        this.#changeNode(operation, block);
        return [];
    }
  }

  #ask({ by, maxFee, delivers, what }: Extract<Operation, { kind: 'ask' }>, block: number): void {
    const own = of(this.credit, by) >= maxFee;
    const sponsor = own ? null : (this.accepted.get(by) ?? null);
    const payer = sponsor ?? by;
    add(this.credit, payer, -maxFee);
    add(this.reserved, payer, maxFee);
    const sponsorship = this.sponsorships.get(payer + by);
    if (sponsor !== null && sponsorship) sponsorship.allowance -= maxFee;
    const generation = sponsorship?.generation ?? 0;
    const deadline = block + this.facts.lifetime;
    this.pending.set(++this.lastId, {
      requester: by,
      sponsor,
      generation,
      maxFee,
      deadline,
      delivers,
      draws: what === 'random',
    });
  }

  #answer(id: bigint, deliver: boolean, block: number): Settled[] {
    const request = this.pending.get(id);
    if (request === undefined || block > request.deadline) return [];
    const settled = this.#settle(id, request);
    const { requester, delivers } = request;
    const delivered = deliver && delivers && requester !== this.facts.throwing;
    if (!delivered) this.kept.set(id, { requester, delivers, answered: block });
    return [{ ...settled, delivered }];
  }

  #expire(id: bigint, block: number): Settled[] {
    const request = this.pending.get(id);
    if (request === undefined || block <= request.deadline) return [];
    const settled = this.#settle(id, request);
    this.charge(settled, 0n, this.facts.owner);
    return [settled];
  }

  #settle(id: bigint, request: Pending): Settled {
    this.pending.delete(id);
    this.#toRestore.set(id, request);
    const { maxFee, requester, sponsor } = request;
    return { id, payer: sponsor ?? requester, maxFee, delivered: false };
  }

  #changeNode(
    operation: Extract<Operation, { kind: 'proposeNode' | 'acceptNode' | 'revokeNode' }>,
    block: number,
  ): void {
    if (operation.kind === 'revokeNode') {
      [this.node, this.overlap, this.proposal] = [null, null, null];
    } else if (operation.kind === 'proposeNode') {
      const byOwner = operation.by === this.facts.owner;
      if (byOwner) this.overlap = null;
      this.proposal = { account: operation.account, byOwner };
    } else {
      const { overlapBlocks, by } = operation;
      const until = block + overlapBlocks;
      const stays = this.node !== null && overlapBlocks > 0;
      this.overlap = stays && this.node !== null ? { account: this.node, until } : null;
      [this.node, this.proposal] = [by, null];
    }
  }
}

const of = (balances: ReadonlyMap<Hash160, Datoshi>, account: Hash160): Datoshi =>
  balances.get(account) ?? 0n;

const add = (balances: Map<Hash160, Datoshi>, account: Hash160, amount: Datoshi): void => {
  balances.set(account, of(balances, account) + amount);
};
