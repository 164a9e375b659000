import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { WalletHoldings } from './rotation-plan.js';

/** An account whose key is here, or at the signer. */
export interface ClosingAccount {
  readonly account: Hash160;
}

/** A request that has not ended, by the books. */
export interface OpenRequest {
  readonly id: bigint;
  /** Last block in which it can be answered. */
  readonly deadline: number;
}

/** What is known where the closing of a service stands. */
export interface ClosingFacts {
  /** Index of the latest block. */
  readonly height: number;
  readonly isPaused: boolean;
  /** Requests that are neither answered nor refunded, by the gateway. */
  readonly pending: number;
  /** Those of them that the books know, the earliest deadline first. */
  readonly open: readonly OpenRequest[];
  /** Whether a node works here now. */
  readonly isNodeRunning: boolean;
  /** Own transactions that are not known to have ended. */
  readonly inFlight: number;
  /** The accounts whose keys are here. */
  readonly accounts: readonly ClosingAccount[];
  /** What each of them has. */
  readonly holdings: ReadonlyMap<Hash160, WalletHoldings>;
}

export interface ClosingWants {
  /** Who gets what is taken out; null: each account itself. */
  readonly to: Hash160 | null;
  /** Whether what is left of the accounts' GAS goes there, too. */
  readonly sweeps: boolean;
  /** What is less is not worth the fee of taking it. */
  readonly worth: Datoshi;
  /** Blocks after a deadline in which a running node refunds by itself. */
  readonly graceBlocks: number;
  /** Requests in one refund. */
  readonly batch: number;
}

export type ClosingStep =
  | { readonly kind: 'pause' }
  | { readonly kind: 'expire'; readonly ids: readonly bigint[] }
  | {
      readonly kind: 'drain';
      readonly pending: number;
      /** Pending requests that the books do not know: a node has to read on. */
      readonly unknown: number;
      /** Block after which the last known one is refunded at the latest; null: none is known. */
      readonly until: number | null;
    }
  | { readonly kind: 'stop' }
  | { readonly kind: 'settle'; readonly inFlight: number }
  | { readonly kind: 'collect'; readonly of: ClosingAccount; readonly amount: Datoshi }
  | { readonly kind: 'withdraw'; readonly of: ClosingAccount; readonly amount: Datoshi }
  | { readonly kind: 'sweep'; readonly of: ClosingAccount; readonly amount: Datoshi };

export type ClosingStepKind = ClosingStep['kind'];

/**
 * Finds what is left of closing a service, in order, by what chain, books and wallet tell: nothing
 * else remembers it, so that it goes on after a crash at any step. Nothing is left: it is closed.
 */
export function planClosing(facts: ClosingFacts, wants: ClosingWants): ClosingStep[] {
  const { pending, open, height, isNodeRunning, inFlight } = facts;
  const grace = isNodeRunning ? wants.graceBlocks : 0;
  const ids = open.filter(({ deadline }) => deadline + grace <= height).map(({ id }) => id);
  const last = open.at(-1)?.deadline ?? null;
  const unknown = Math.max(0, pending - open.length);
  return [
    ...(facts.isPaused ? [] : [{ kind: 'pause' } as const]),
    ...(pending > 0 && ids.length > 0
      ? [{ kind: 'expire', ids: ids.slice(0, wants.batch) } as const]
      : []),
    ...(pending > ids.length ? [{ kind: 'drain', pending, unknown, until: last } as const] : []),
    ...(isNodeRunning ? [{ kind: 'stop' } as const] : []),
    ...(inFlight > 0 ? [{ kind: 'settle', inFlight } as const] : []),
    ...facts.accounts.flatMap((of) => takeOut(of, facts, wants)),
  ];
}

function takeOut(
  of: ClosingAccount,
  { holdings }: ClosingFacts,
  { worth, sweeps, to }: ClosingWants,
): ClosingStep[] {
  const { gas, earned, credit } = holdings.get(of.account) ?? NOTHING;
  return [
    ...(earned > worth ? [{ kind: 'collect', of, amount: earned } as const] : []),
    ...(credit > worth ? [{ kind: 'withdraw', of, amount: credit } as const] : []),
    ...(sweeps && to !== of.account && gas > worth
      ? [{ kind: 'sweep', of, amount: gas } as const]
      : []),
  ];
}

const NOTHING: WalletHoldings = { gas: 0n, earned: 0n, credit: 0n, reserved: 0n };
