import type { Hash160, Hash256 } from '../../../src/base/hash.js';
import type { EventFields, GatewayEventName } from '../../chain/gateway-event.js';
import { add, claimOf, least, type ModelChain, of } from './model-chain.js';

/** An upkeep as the contract knows it. */
interface ModelUpkeep {
  readonly id: bigint;
  readonly owner: Hash160;
  readonly maxFee: bigint;
  readonly premium: bigint;
  readonly ceiling: bigint;
  isFunded: boolean;
  due: number;
  lastRun: number;
}

/** What a target does while it runs. */
export type TargetDoes =
  | 'nothing'
  | 'cancel'
  | 'fund'
  | 'fund and cancel'
  | 'withdraw'
  | 'register';

export interface ModelRun {
  readonly id: bigint;
  readonly fee: bigint;
  readonly lostTx: Hash256 | null;
  readonly does: TargetDoes;
}

export type UpkeepCall =
  | { readonly kind: 'register'; readonly owner: Hash160; readonly maxFee: bigint }
  | { readonly kind: 'fund'; readonly id: bigint }
  | { readonly kind: 'cancel'; readonly id: bigint; readonly by: Hash160 }
  | { readonly kind: 'perform'; readonly runs: readonly ModelRun[] };

type Tell = (name: GatewayEventName, fields: EventFields) => void;

/** The upkeeps of the gateway in a few lines. */
export class ModelUpkeeps {
  readonly all = new Map<bigint, ModelUpkeep>();

  constructor(private readonly chain: ModelChain) {}

  run(call: UpkeepCall, sender: Hash160, tell: Tell): void {
    switch (call.kind) {
      case 'register':
        return this.#register(call.owner, call.maxFee, tell);
      case 'fund':
        return this.#fund(call.id, tell);
      case 'cancel':
        return this.#cancel(call.id, call.by, tell);
      case 'perform': {
        const done = call.runs.flatMap((run) => this.#perform(run, sender, tell));
        const earned = done.map((charge) => charge()).reduce((sum, each) => sum + each, 0n);
        add(this.chain.earned, sender, earned);
        return tell('Earned', { account: sender, amount: earned });
      }
    }
  }

  #lock({ owner, maxFee }: Pick<ModelUpkeep, 'owner' | 'maxFee'>): boolean {
    if (of(this.chain.credit, owner) < maxFee) return false;
    add(this.chain.credit, owner, -maxFee);
    add(this.chain.reserved, owner, maxFee);
    return true;
  }

  #unlock({ owner, maxFee }: ModelUpkeep, refund: bigint): void {
    add(this.chain.reserved, owner, -maxFee);
    add(this.chain.credit, owner, refund);
  }

  #register(owner: Hash160, maxFee: bigint, tell: Tell): void {
    if (!this.#lock({ owner, maxFee })) return;
    const { premium, ceiling, height: lastRun } = this.chain;
    const id = this.chain.takeId();
    const rest = { isFunded: true, due: 0, lastRun };
    this.all.set(id, { id, owner, maxFee, premium, ceiling, ...rest });
    const what = { target: owner, method: 'run', trigger: 'every:1' };
    tell('UpkeepRegistered', { id, owner, ...what, maxFee });
  }

  #fund(id: bigint, tell: Tell): void {
    const upkeep = this.all.get(id);
    if (upkeep === undefined || upkeep.isFunded || !this.#lock(upkeep)) return;
    upkeep.isFunded = true;
    tell('UpkeepFunded', { id, amount: upkeep.maxFee });
  }

  #cancel(id: bigint, by: Hash160, tell: Tell): void {
    const upkeep = this.all.get(id);
    if (upkeep === undefined || by !== upkeep.owner) return;
    if (upkeep.isFunded) this.#unlock(upkeep, upkeep.maxFee);
    this.all.delete(id);
    tell('UpkeepCancelled', { id });
  }

  /** Makes a run but for its charge, which comes after all of them. */
  #perform(run: ModelRun, sender: Hash160, tell: Tell): (() => bigint)[] {
    const upkeep = this.all.get(run.id);
    if (upkeep === undefined || !upkeep.isFunded) return [];
    const claim = this.#claimable(run, upkeep, sender);
    const due = upkeep.due + 1;
    const locked = this.#lock(upkeep) ? upkeep.maxFee : 0n;
    Object.assign(upkeep, { due, isFunded: locked > 0n || upkeep.maxFee === 0n });
    upkeep.lastRun = this.chain.height;
    this.#target(run.does, upkeep, tell);
    return [() => this.#charge(run, upkeep, { due, locked, claim }, sender, tell)];
  }

  #claimable({ id, lostTx }: ModelRun, { lastRun, ceiling }: ModelUpkeep, sender: Hash160): bigint {
    const fault = lostTx === null ? undefined : this.chain.faults.get(lostTx);
    if (fault === undefined || fault.block <= lastRun) return 0n;
    const { transaction } = fault;
    const fits = transaction.sender === sender && BigInt(transaction.nonce) === id;
    return fits ? claimOf(transaction, ceiling) : 0n;
  }

  #target(does: TargetDoes, { id, owner }: ModelUpkeep, tell: Tell): void {
    if (does.includes('fund')) this.#fund(id, tell);
    if (does.includes('cancel')) this.#cancel(id, owner, tell);
    if (does === 'register') this.#register(owner, 20n, tell);
    const amount = of(this.chain.credit, owner);
    if (does !== 'withdraw' || amount === 0n) return;
    add(this.chain.credit, owner, -amount);
    tell('Withdrawal', { account: owner, to: owner, amount });
  }

  #charge(
    { id, fee: asked, lostTx }: ModelRun,
    upkeep: ModelUpkeep,
    run: { due: number; locked: bigint; claim: bigint },
    sender: Hash160,
    tell: Tell,
  ): bigint {
    const { owner, maxFee } = upkeep;
    const fee = least(asked, maxFee);
    const lost = least(run.claim, maxFee - fee);
    const premium = least(upkeep.premium, maxFee - fee - lost);
    const charged = fee + lost + premium;
    this.#unlock(upkeep, maxFee - charged);
    if (this.chain.isOwn(sender)) this.chain.premiums += premium;
    this.chain.recover(lostTx, lost);
    const { due, locked } = run;
    tell('UpkeepPerformed', { id, owner, due, delivered: true, fee, lost, premium, locked });
    return charged;
  }
}
