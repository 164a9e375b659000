import { type Hash160, type Hash256, hash160, hash256 } from '../../../src/base/hash.js';
import type { GatewayNotification, TailedBlock } from '../../../src/chain/block-source.js';
import type { OwnFees, OwnMove } from '../../../src/chain/own-gas.js';
import type { TransactionState } from '../../../src/chain/transaction-state.js';
import {
  type EventFields,
  type GatewayEventName,
  gatewayEvent,
} from '../../chain/gateway-event.js';
import { ModelUpkeeps, type UpkeepCall } from './model-upkeeps.js';

export const numbered = (first: number, number: number): Hash160 =>
  hash160(`0x${first.toString(16).padStart(2, '0')}${number.toString(16).padStart(38, '0')}`);
export const GATEWAY = numbered(0x9a, 0);

/** A request as the contract knows it. */
export interface ModelRequest {
  readonly id: bigint;
  readonly payer: Hash160;
  readonly maxFee: bigint;
  readonly deadline: number;
  readonly asked: number;
  readonly premium: bigint;
  readonly ceiling: bigint;
}

export interface ModelItem {
  readonly id: bigint;
  readonly fee: bigint;
  readonly lostTx: Hash256 | null;
}

/** A price round, whose feed's sponsor, if there is one, pays as far as his credit reaches. */
export interface ModelRound {
  readonly payer: Hash160 | null;
  readonly fee: bigint;
}

/** What a transaction does when it HALTs. */
export type ModelCall =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'respond'; readonly items: readonly ModelItem[] }
  | { readonly kind: 'expire'; readonly ids: readonly bigint[] }
  | {
      readonly kind: 'ask';
      readonly payer: Hash160;
      readonly maxFee: bigint;
      readonly life: number;
    }
  | { readonly kind: 'deposit'; readonly to: Hash160; readonly amount: bigint }
  | {
      readonly kind: 'withdraw';
      readonly of: Hash160;
      readonly to: Hash160;
      readonly amount: bigint;
    }
  | { readonly kind: 'collect'; readonly to: Hash160; readonly amount: bigint }
  | { readonly kind: 'pay'; readonly to: Hash160; readonly amount: bigint }
  | { readonly kind: 'publish'; readonly rounds: readonly ModelRound[] }
  | UpkeepCall;

export interface ModelTransaction {
  readonly hash: Hash256;
  readonly sender: Hash160;
  readonly nonce: number;
  readonly systemFee: bigint;
  readonly networkFee: bigint;
  readonly validUntilBlock: number;
  readonly call: ModelCall;
}

interface Fault {
  readonly transaction: ModelTransaction;
  readonly block: number;
}

/**
 * The chain and its gateway in a few lines, and what true books say of them: the reference.
 * Balances are by account; GAS of accounts without an entry (users') is not counted.
 */
export class ModelChain {
  height = 9;
  premium = 3n;
  ceiling = 50n;
  readonly gas = new Map<Hash160, bigint>();
  readonly credit = new Map<Hash160, bigint>();
  readonly reserved = new Map<Hash160, bigint>();
  readonly earned = new Map<Hash160, bigint>();
  readonly open = new Map<bigint, ModelRequest>();
  readonly ended = new Map<bigint, 'answered' | 'expired'>();
  readonly fates = new Map<Hash256, TransactionState>();
  /** FAULTs of accounts whose GAS is on the books, until they are paid for. */
  readonly faults = new Map<Hash256, Fault>();
  /** Own accounts, each with the GAS that it had before the first block on the books. */
  readonly own = new Map<Hash160, { readonly since: number; readonly before: bigint }>();
  burnt = 0n;
  lost = 0n;
  premiums = 0n;
  readonly upkeeps = new ModelUpkeeps(this);
  #nextId = 1n;
  #transactions = 0;
  #rounds = 0n;

  /** Requests and upkeeps draw theirs from one counter. */
  takeId(): bigint {
    return this.#nextId++;
  }

  newHash(): Hash256 {
    this.#transactions += 1;
    return hash256(`0x${this.#transactions.toString(16).padStart(64, '0')}`);
  }

  isOwn = (account: Hash160): boolean => (this.own.get(account)?.since ?? Infinity) <= this.height;

  /** A block with those of the transactions that can be paid for, and what it tells. */
  mine(
    transactions: readonly ModelTransaction[],
    isFault: (transaction: ModelTransaction) => boolean,
    reward: { readonly to: Hash160; readonly amount: bigint } | null,
  ): { readonly block: TailedBlock; readonly included: ReadonlySet<Hash256> } {
    this.height += 1;
    const notifications: GatewayNotification[] = [];
    const fees: OwnFees[] = [];
    const moves: OwnMove[] = [];
    const included = transactions.filter((transaction) => this.#burn(transaction));
    if (reward !== null) this.#move(null, reward.to, reward.amount, null, moves);
    for (const transaction of included) {
      const faulted = isFault(transaction);
      this.#note(transaction, faulted, fees);
      if (faulted) continue;
      const tell = (name: GatewayEventName, fields: EventFields) =>
        void notifications.push(gatewayEvent(name, fields, transaction.hash));
      this.#run(transaction, tell, moves);
    }
    const hash = hash256(`0x${(this.height + 2 ** 40).toString(16).padStart(64, '0')}`);
    const ownGas = [...fees, ...moves];
    const block = { index: this.height, hash, timeMs: this.height, notifications, ownGas };
    return { block, included: new Set(included.map((transaction) => transaction.hash)) };
  }

  #burn({ sender, systemFee, networkFee }: ModelTransaction): boolean {
    const has = this.gas.get(sender);
    if (has === undefined) return true;
    if (has < systemFee + networkFee) return false;
    this.gas.set(sender, has - systemFee - networkFee);
    return true;
  }

  #note(transaction: ModelTransaction, faulted: boolean, told: OwnFees[]): void {
    const { hash, sender, nonce, systemFee, networkFee } = transaction;
    const exception = faulted ? 'ABORT' : null;
    const block = this.height;
    this.fates.set(hash, { kind: 'inBlock', block, halted: !faulted, exception, gasConsumed: 1n });
    if (!this.own.has(sender)) return;
    const amount = systemFee + networkFee;
    const fault = faulted ? { nonce } : null;
    told.push({ kind: 'fees', account: sender, tx: hash, amount, fault });
    if (!this.isOwn(sender)) return;
    if (faulted) {
      this.lost += amount;
      this.faults.set(hash, { transaction, block });
    } else this.burnt += amount;
  }

  #move(
    from: Hash160 | null,
    to: Hash160,
    amount: bigint,
    tx: Hash256 | null,
    told: OwnMove[],
  ): void {
    if (amount === 0n || from === to) return;
    const ends = [
      { account: from, other: to, amount: -amount },
      { account: to, other: from, amount },
    ];
    for (const { account, other, amount: change } of ends) {
      const has = account === null ? undefined : this.gas.get(account);
      if (account === null || has === undefined) continue;
      this.gas.set(account, has + change);
      if (this.own.has(account)) told.push({ kind: 'moved', account, other, tx, amount: change });
    }
  }

  #run(
    { hash, sender, call }: ModelTransaction,
    tell: (name: GatewayEventName, fields: EventFields) => void,
    moves: OwnMove[],
  ): void {
    switch (call.kind) {
      case 'nothing':
        return;
      case 'pay':
        if (this.#has(sender, call.amount)) this.#move(sender, call.to, call.amount, hash, moves);
        return;
      case 'deposit':
        if (call.amount === 0n || !this.#has(sender, call.amount)) return;
        this.#move(sender, GATEWAY, call.amount, hash, moves);
        add(this.credit, call.to, call.amount);
        return tell('Deposit', { account: call.to, from: sender, amount: call.amount });
      case 'withdraw':
        if (call.amount === 0n || of(this.credit, call.of) < call.amount) return;
        add(this.credit, call.of, -call.amount);
        this.#move(GATEWAY, call.to, call.amount, hash, moves);
        return tell('Withdrawal', { account: call.of, to: call.to, amount: call.amount });
      case 'collect':
        if (call.amount === 0n || of(this.earned, sender) < call.amount) return;
        add(this.earned, sender, -call.amount);
        this.#move(GATEWAY, call.to, call.amount, hash, moves);
        return tell('Collected', { account: sender, to: call.to, amount: call.amount });
      case 'ask':
        return this.#ask(call, tell);
      case 'expire':
        for (const id of call.ids) this.#expire(id, tell);
        return;
      case 'respond': {
        const earned = call.items.map((item) => this.#answer(item, sender, tell));
        const total = earned.reduce((sum, each) => sum + each, 0n);
        add(this.earned, sender, total);
        return tell('Earned', { account: sender, amount: total });
      }
      case 'publish': {
        const earned = call.rounds.map((round) => this.#publish(round, tell));
        const total = earned.reduce((sum, each) => sum + each, 0n);
        add(this.earned, sender, total);
        return tell('Earned', { account: sender, amount: total });
      }
      default:
        return this.upkeeps.run(call, sender, tell);
    }
  }

  #publish(
    { payer, fee: most }: ModelRound,
    tell: (name: 'PriceUpdated', fields: EventFields) => void,
  ): bigint {
    const fee = payer === null ? 0n : least(most, of(this.credit, payer));
    if (payer !== null) add(this.credit, payer, -fee);
    this.#rounds += 1n;
    const given = { pair: 'GAS/USD', price: 1n, timestamp: this.height, confidenceBps: 0 };
    tell('PriceUpdated', { ...given, round: this.#rounds, payer, fee });
    return fee;
  }

  #has = (account: Hash160, amount: bigint): boolean => (this.gas.get(account) ?? amount) >= amount;

  #ask(
    { payer, maxFee, life }: Extract<ModelCall, { kind: 'ask' }>,
    tell: (name: 'HttpRequest', fields: EventFields) => void,
  ): void {
    if (of(this.credit, payer) < maxFee) return;
    const id = this.takeId();
    const deadline = this.height + life;
    const { premium, ceiling, height: asked } = this;
    this.open.set(id, { id, payer, maxFee, deadline, asked, premium, ceiling });
    add(this.credit, payer, -maxFee);
    add(this.reserved, payer, maxFee);
    const who = { requester: payer, payer };
    tell('HttpRequest', { id, ...who, spec: '{}', filter: '', maxFee, deadline });
  }

  #expire(id: bigint, tell: (name: 'Expired', fields: EventFields) => void): void {
    const request = this.open.get(id);
    if (request === undefined || this.height <= request.deadline) return;
    this.#end(request, request.maxFee, 'expired');
    tell('Expired', { id, payer: request.payer, refund: request.maxFee });
  }

  #answer(
    { id, fee: asked, lostTx }: ModelItem,
    sender: Hash160,
    tell: (name: 'Response', fields: EventFields) => void,
  ): bigint {
    const request = this.open.get(id);
    if (request === undefined || this.height > request.deadline) return 0n;
    const fault = lostTx === null ? undefined : this.faults.get(lostTx);
    const fee = least(asked, request.maxFee);
    const due = fault === undefined ? 0n : claimOf(fault.transaction, request.ceiling);
    const lost = least(due, request.maxFee - fee);
    const premium = least(request.premium, request.maxFee - fee - lost);
    this.#end(request, request.maxFee - fee - lost - premium, 'answered');
    if (this.isOwn(sender)) this.premiums += premium;
    this.recover(lostTx, lost);
    const { payer } = request;
    const charged = { code: 0, delivered: true, fee, lost, premium };
    tell('Response', { id, requester: payer, payer, ...charged });
    return fee + lost + premium;
  }

  /** What an answer or a run was charged for a FAULT of before, is not lost any more. */
  recover(lostTx: Hash256 | null, amount: bigint): void {
    if (lostTx === null || amount === 0n || !this.faults.delete(lostTx)) return;
    this.lost -= amount;
    this.burnt += amount;
  }

  #end(request: ModelRequest, back: bigint, how: 'answered' | 'expired'): void {
    this.open.delete(request.id);
    this.ended.set(request.id, how);
    add(this.reserved, request.payer, -request.maxFee);
    add(this.credit, request.payer, back);
  }
}

export const of = (balances: ReadonlyMap<Hash160, bigint>, account: Hash160): bigint =>
  balances.get(account) ?? 0n;

export const add = (balances: Map<Hash160, bigint>, account: Hash160, amount: bigint): void =>
  void balances.set(account, of(balances, account) + amount);

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What the contract lets an answer charge for a FAULTed transaction. */
export const claimOf = ({ systemFee, networkFee }: ModelTransaction, ceiling: bigint): bigint =>
  systemFee + least(networkFee, ceiling);
