import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { ScriptArg } from '../../src/chain/script.js';
import type { Balances } from './model-balances.js';
import { upkeepArgs } from './upkeeps.js';

/* What the design says of upkeeps, to run beside a real gateway. All are by `every:1`. */

/** What is done with upkeeps. */
export type UpkeepAct =
  | { readonly does: 'register'; readonly maxFee: Datoshi; readonly target: Hash160 }
  | { readonly does: 'perform'; readonly runs: readonly ModelRun[] }
  | { readonly does: 'fund' | 'cancel'; readonly id: bigint };

export interface ModelRun {
  readonly id: bigint;
  readonly due: number;
  readonly deliver: boolean;
}

/** A run that was made, to be charged. */
export interface SettledRun {
  readonly id: bigint;
  readonly owner: Hash160;
  readonly maxFee: Datoshi;
  readonly due: number;
  readonly delivered: boolean;
  readonly locked: Datoshi;
}

export interface ModelUpkeep {
  readonly owner: Hash160;
  readonly target: Hash160;
  readonly maxFee: Datoshi;
  lastDue: number;
  isFunded: boolean;
}

export function upkeepCall(act: UpkeepAct): [string, ...ScriptArg[]] {
  switch (act.does) {
    case 'register':
      return ['registerUpkeep', ...upkeepArgs(act.target, { maxFee: act.maxFee })];
    case 'perform':
      return ['performUpkeeps', act.runs.map(({ id, due, deliver }) => [id, due, deliver, null])];
    case 'fund':
      return ['fundUpkeep', act.id];
    case 'cancel':
      return ['cancelUpkeep', act.id];
  }
}

export class UpkeepsModel {
  readonly list = new Map<bigint, ModelUpkeep>();

  constructor(
    private readonly balances: Balances,
    private readonly facts: {
      readonly minimum: Datoshi;
      readonly throwing: Hash160;
    },
  ) {}

  refusalOf(
    act: UpkeepAct,
    by: Hash160,
    at: { readonly paused: boolean; readonly mayAnswer: boolean },
  ): string | null {
    if (act.does === 'perform') {
      return at.mayAnswer ? null : "the node account's witness is missing";
    }
    if (act.does === 'register') {
      if (at.paused) return 'the gateway is paused: it takes no new upkeeps';
      if (act.maxFee < this.facts.minimum) {
        return "maxFee of registerUpkeep is below the policy's minimum for upkeeps";
      }
      const isCovered = this.balances.creditOf(by) >= act.maxFee;
      return isCovered ? null : "the owner's credit is below maxFee of registerUpkeep";
    }
    const upkeep = this.list.get(act.id);
    if (upkeep === undefined) return `no upkeep has the id of ${act.does}Upkeep`;
    if (act.does === 'fund') {
      if (upkeep.isFunded) return 'the upkeep is funded already';
      if (this.balances.creditOf(upkeep.owner) >= upkeep.maxFee) return null;
      return "the credit of the upkeep's owner is below its maxFee";
    }
    return by === upkeep.owner ? null : "only the upkeep's owner may cancel it";
  }

  /** Does what is not refused; `newId` is that of an upkeep that is registered. */
  perform(act: UpkeepAct, by: Hash160, block: number, newId: bigint): SettledRun[] {
    switch (act.does) {
      case 'register': {
        const { target, maxFee } = act;
        this.balances.reserve(by, maxFee);
        const state = { lastDue: block, isFunded: true };
        this.list.set(newId, { owner: by, target, maxFee, ...state });
        return [];
      }
      case 'perform':
        return act.runs.flatMap((run) => this.#run(run, block));
      case 'fund': {
        const upkeep = this.#of(act.id);
        this.balances.reserve(upkeep.owner, upkeep.maxFee);
        upkeep.isFunded = true;
        return [];
      }
      case 'cancel': {
        const upkeep = this.#of(act.id);
        if (upkeep.isFunded) this.balances.settle(upkeep.owner, upkeep.maxFee, 0n, by);
        this.list.delete(act.id);
        return [];
      }
    }
  }

  #of(id: bigint): ModelUpkeep {
    const upkeep = this.list.get(id);
    if (upkeep === undefined) throw new Error(`no upkeep ${id}`);
    return upkeep;
  }

  #run({ id, due, deliver }: ModelRun, block: number): SettledRun[] {
    const upkeep = this.list.get(id);
    if (!upkeep?.isFunded || due <= upkeep.lastDue || due > block) return [];
    const { owner, maxFee, target } = upkeep;
    const locked = this.balances.creditOf(owner) >= maxFee ? maxFee : 0n;
    this.balances.reserve(owner, locked);
    upkeep.lastDue = due;
    upkeep.isFunded = locked > 0n;
    const delivered = deliver && target !== this.facts.throwing;
    return [{ id, owner, maxFee, due, delivered, locked }];
  }
}
