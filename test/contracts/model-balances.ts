import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';

/** What a model of the gateway owes accounts: each of them 0 at first. */
export class Balances {
  readonly credit = new Map<Hash160, Datoshi>();
  readonly reserved = new Map<Hash160, Datoshi>();
  readonly earned = new Map<Hash160, Datoshi>();

  creditOf(account: Hash160): Datoshi {
    return this.credit.get(account) ?? 0n;
  }

  /** Sets credit aside. */
  reserve(account: Hash160, amount: Datoshi): void {
    add(this.credit, account, -amount);
    add(this.reserved, account, amount);
  }

  /** What was charged goes from what was set aside to the earner, the rest back to credit. */
  settle(account: Hash160, amount: Datoshi, charged: Datoshi, earner: Hash160): void {
    add(this.reserved, account, -amount);
    add(this.credit, account, amount - charged);
    add(this.earned, earner, charged);
  }

  /** What was charged goes from credit to the earner. */
  pay(account: Hash160, charged: Datoshi, earner: Hash160): void {
    add(this.credit, account, -charged);
    add(this.earned, earner, charged);
  }
}

export const add = (balances: Map<Hash160, Datoshi>, account: Hash160, amount: Datoshi): void => {
  balances.set(account, (balances.get(account) ?? 0n) + amount);
};
