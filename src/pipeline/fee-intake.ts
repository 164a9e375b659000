import type { Datoshi } from '../base/datoshi.js';
import type { SpendKind } from '../base/spend-kind.js';
import type { OwnGas } from '../chain/own-gas.js';
import type { SpendStore } from '../gasbank/spend-store.js';
import type { TransactionEnding } from './transaction-ending.js';

/** Fees of an own transaction, or a part of them, by what they were for. */
export interface PaidFees {
  /** `elsewhere`: this database did not send it. */
  readonly kind: SpendKind | 'elsewhere';
  readonly amount: Datoshi;
}

/** Books what a block tells of the fees of own transactions, and tells what they were for. */
export function createFeeIntake(
  ending: Pick<TransactionEnding, 'burnt'>,
  spends: Pick<SpendStore, 'sharesOf'>,
) {
  return function takeFees(
    ownGas: readonly OwnGas[],
    at: { readonly block: number; readonly atMs: number },
    told: { readonly fees: PaidFees[]; readonly foreign: ('fees' | 'moved')[] },
  ): void {
    for (const gas of ownGas) {
      if (gas.kind !== 'fees') continue;
      const isOurs = ending.burnt(gas, at.block, at.atMs);
      if (!isOurs) told.foreign.push('fees');
      told.fees.push(...feesByKind(isOurs ? spends.sharesOf(gas.tx) : [], gas.amount));
    }
  };
}

/** The fees of a transaction by what it was drawn for; what no share tells of was elsewhere. */
export function feesByKind(
  shares: readonly { readonly kind: SpendKind; readonly amount: Datoshi }[],
  fees: Datoshi,
): PaidFees[] {
  const shared = shares.reduce((sum, { amount }) => sum + amount, 0n);
  if (shared > fees) return [{ kind: 'elsewhere', amount: fees }];
  return shared === fees ? [...shares] : [...shares, { kind: 'elsewhere', amount: fees - shared }];
}

/** GAS that left own wallets other than by the gateway, or by an order that this database sent. */
export const foreignMoves = (outgoing: readonly { readonly cause: string }[]): 'moved'[] =>
  outgoing.flatMap(({ cause }) => (cause === 'spent elsewhere' ? ['moved' as const] : []));
