import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { DrawsModel } from './draws-model.js';
import { FeedsModel } from './feeds-model.js';
import { FunctionsModel } from './functions-model.js';
import { add, Balances } from './model-balances.js';
import { NodeModel } from './node-model.js';
import type { Ending, Operation, Settled } from './operations.js';
import type { RandomKey } from './random-proofs.js';
import { UpkeepsModel } from './upkeeps-model.js';

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
  readonly balances = new Balances();
  readonly credit = this.balances.credit;
  readonly earned = this.balances.earned;
  readonly pending = new Map<bigint, Pending>();
  readonly kept = new Map<bigint, Kept>();
  readonly accepted = new Map<Hash160, Hash160>();
  readonly sponsorships = new Map<string, Sponsorship>();
  readonly functions = new FunctionsModel();
  readonly draws: DrawsModel;
  readonly upkeeps: UpkeepsModel;
  readonly feeds: FeedsModel;
  lastId = 0n;
  paused = false;
  readonly nodes: NodeModel;

  constructor(readonly facts: ModelFacts) {
    this.nodes = new NodeModel(facts.owner, facts.node);
    this.draws = new DrawsModel(facts.key);
    this.upkeeps = new UpkeepsModel(this.balances, facts);
    this.feeds = new FeedsModel(this.balances, facts);
  }

  get node(): Hash160 | null {
    return this.nodes.node;
  }

  /** Applies an operation as a block of this index does. */
  apply(operation: Operation, block: number): Ending {
    const refusal = this.#refusalOf(operation, block);
    if (refusal !== null) return { done: false, refusal };
    const nothing = { done: true, settled: [], runs: [], rounds: [] } as const;
    const { by } = operation;
    if (operation.kind === 'feed') {
      return { ...nothing, rounds: this.feeds.perform(operation.act, by) };
    }
    if (operation.kind !== 'upkeep') {
      return { ...nothing, settled: this.#perform(operation, block) };
    }
    if (operation.act.does === 'register') this.lastId++;
    return { ...nothing, runs: this.upkeeps.perform(operation.act, by, block, this.lastId) };
  }

  /** What an answer was charged goes from what was set aside to the sender's earnings. */
  charge({ id, payer, maxFee }: Settled, charged: Datoshi, sender: Hash160): void {
    this.balances.settle(payer, maxFee, charged, sender);
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
        if (this.nodes.mayAnswer(operation.by, block)) return this.#proofRefusal(operation, block);
        return "the node account's witness is missing";
      case 'upkeep': {
        const { act, by } = operation;
        const mayAnswer = this.nodes.mayAnswer(by, block);
        return this.upkeeps.refusalOf(act, by, { paused: this.paused, mayAnswer });
      }
      case 'feed':
        return this.feeds.refusalOf(operation.act, operation.by, this);
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
      case 'acceptNode':
        return this.nodes.refusalOf(operation, block);
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

  #perform(operation: Exclude<Operation, { kind: 'upkeep' | 'feed' }>, block: number): Settled[] {
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
        this.nodes.change(operation, block);
        return [];
    }
  }

  #ask({ by, maxFee, delivers, what }: Extract<Operation, { kind: 'ask' }>, block: number): void {
    const own = of(this.credit, by) >= maxFee;
    const sponsor = own ? null : (this.accepted.get(by) ?? null);
    const payer = sponsor ?? by;
    this.balances.reserve(payer, maxFee);
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
}

const of = (balances: ReadonlyMap<Hash160, Datoshi>, account: Hash160): Datoshi =>
  balances.get(account) ?? 0n;
