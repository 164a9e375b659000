import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { GatewayKeys } from '../chain/gateway-keys.js';
import { canSign, type WalletAccount, type WalletEntry } from '../config/wallet-file.js';
import { NEXT_LABEL } from '../keystore/nep6-wallet.js';

/** GAS of an account, and what the gateway holds for it. */
export interface WalletHoldings {
  readonly gas: Datoshi;
  readonly earned: Datoshi;
  /** Canaries are paid from it. */
  readonly credit: Datoshi;
  /** Of credit, for requests that wait; what they leave comes back to it. */
  readonly reserved: Datoshi;
}

/** What is known where a rotation of the node account stands. */
export interface RotationFacts {
  readonly chain: Pick<GatewayKeys, 'nodeAccount' | 'overlap' | 'proposed'>;
  readonly wallet: readonly WalletEntry[];
  /** Accounts that a node here signed with, now or before. */
  readonly own: readonly Hash160[];
  /** Of the wallet's accounts, what each has. */
  readonly holdings: ReadonlyMap<Hash160, WalletHoldings>;
  /** Own transactions that are not known to have ended. */
  readonly inFlight: ReadonlyMap<Hash160, number>;
  /** Whether a node works here now. */
  readonly isNodeRunning: boolean;
  /** Whom it says that it signs as; null where it does not say. */
  readonly signsAs: Hash160 | null;
}

export interface RotationWants {
  /** Begin one where none is under way. */
  readonly begins: boolean;
  /** An account of the wallet to be the next one; null: the one that is marked, or a new one. */
  readonly next: Hash160 | null;
  /** GAS that the new account has at least before it accepts. */
  readonly fund: Datoshi;
  /** Whether what is left of the old account's GAS goes to the new one. */
  readonly sweeps: boolean;
  /** What collecting, or sending away what is left, costs: less than this is left where it is. */
  readonly worth: Datoshi;
}

export type RotationStep =
  | { readonly kind: 'create' }
  | { readonly kind: 'propose'; readonly next: WalletAccount | null }
  | { readonly kind: 'fund'; readonly next: WalletAccount | null; readonly amount: Datoshi }
  | { readonly kind: 'accept'; readonly next: WalletAccount | null }
  | { readonly kind: 'switch'; readonly account: Hash160 | null }
  | { readonly kind: 'follow'; readonly account: Hash160 | null }
  | { readonly kind: 'drain'; readonly old: WalletAccount; readonly inFlight: number }
  | { readonly kind: 'collect'; readonly old: WalletAccount; readonly amount: Datoshi }
  | { readonly kind: 'withdraw'; readonly old: WalletAccount; readonly amount: Datoshi }
  | { readonly kind: 'sweep'; readonly old: WalletAccount; readonly amount: Datoshi }
  | {
      readonly kind: 'retire';
      readonly old: WalletAccount;
      /** Credit that stays at the gateway: too little to be worth the fee, or reserved. */
      readonly left: Datoshi;
    };

export type RotationStepKind = RotationStep['kind'];

export interface RotationPlan {
  /** The gateway's node account; null when revoked. */
  readonly current: Hash160 | null;
  /** The one to come; null where there is none yet. */
  readonly next: WalletAccount | null;
  /** Those that are to be given up. */
  readonly olds: readonly WalletAccount[];
  /** What is still to do, in order; empty where none is under way. */
  readonly steps: readonly RotationStep[];
}

/**
 * Finds where a rotation stands and what is left of it, by what chain, wallet and books tell:
 * nothing else remembers it, so that it goes on after a crash at any step.
 */
export function planRotation(facts: RotationFacts, wants: RotationWants): RotationPlan {
  const { chain, own } = facts;
  const held = facts.wallet.filter(canSign);
  const current = chain.nodeAccount;
  const next = nextOf(facts, held, wants.next);
  const wasNode = ({ account }: WalletAccount): boolean =>
    own.includes(account) || chain.overlap?.account === account;
  const olds = held.filter((entry) => {
    return entry.account !== current && entry.account !== next?.account && wasNode(entry);
  });
  const present = held.find(({ account }) => account === current) ?? null;
  const isMarked = present?.label === NEXT_LABEL;
  const isSwitched = !isMarked && (present === null || present.isDefault || olds.length === 0);
  // After a revocation there is nobody to go over to before another one is made and accepted.
  const isComing = next !== null || current === null || (olds.length === 0 && isSwitched);
  if (isComing && next === null && !wants.begins) return { current, next, olds, steps: [] };
  const before = isComing ? stepsBefore(facts, next, wants) : [];
  const account = isComing ? (next?.account ?? null) : current;
  const switches = isComing || !isSwitched ? [{ kind: 'switch', account } as const] : [];
  const isFollowed = account !== null && isSignedAs(facts, account);
  const follows = facts.isNodeRunning && !isFollowed ? [{ kind: 'follow', account } as const] : [];
  const leaving = isComing && present !== null ? [...olds, present] : olds;
  const after = leaving.flatMap((old) => stepsOf(old, facts, wants, old === present));
  return { current, next, olds, steps: [...before, ...switches, ...follows, ...after] };
}

/** Whether the running node works as an account, and has it on its books. */
export const isSignedAs = (
  { own, signsAs }: Pick<RotationFacts, 'own' | 'signsAs'>,
  account: Hash160,
): boolean => signsAs === account && own.includes(account);

/** The proposed one, else one that was asked for, else the latest that was made for it. */
function nextOf(
  { chain, own }: RotationFacts,
  held: readonly WalletAccount[],
  wanted: Hash160 | null,
): WalletAccount | null {
  const others = held.filter(({ account }) => account !== chain.nodeAccount);
  const find = (account: Hash160 | null | undefined) =>
    others.find((entry) => entry.account === account);
  const isMarked = ({ label, account }: WalletAccount): boolean =>
    label === NEXT_LABEL && !own.includes(account);
  return find(wanted) ?? find(chain.proposed?.account) ?? others.findLast(isMarked) ?? null;
}

function stepsBefore(
  { chain, holdings }: RotationFacts,
  next: WalletAccount | null,
  { fund }: RotationWants,
): RotationStep[] {
  const isProposed = next !== null && chain.proposed?.account === next.account;
  const has = next === null ? 0n : (holdings.get(next.account)?.gas ?? 0n);
  return [
    ...(next === null ? [{ kind: 'create' } as const] : []),
    ...(isProposed ? [] : [{ kind: 'propose', next } as const]),
    ...(has >= fund ? [] : [{ kind: 'fund', next, amount: fund - has } as const]),
    { kind: 'accept', next },
  ];
}

function stepsOf(
  old: WalletAccount,
  { holdings, inFlight }: RotationFacts,
  { sweeps, worth }: RotationWants,
  isPresent: boolean,
): RotationStep[] {
  const waiting = inFlight.get(old.account) ?? 0;
  const { gas, earned, credit, reserved } = holdings.get(old.account) ?? NOTHING;
  const isWithdrawn = credit > worth;
  return [
    ...(isPresent || waiting > 0 ? [{ kind: 'drain', old, inFlight: waiting } as const] : []),
    ...(earned > worth ? [{ kind: 'collect', old, amount: earned } as const] : []),
    ...(isWithdrawn ? [{ kind: 'withdraw', old, amount: credit } as const] : []),
    ...(sweeps && gas > worth ? [{ kind: 'sweep', old, amount: gas } as const] : []),
    { kind: 'retire', old, left: isWithdrawn ? reserved : credit + reserved },
  ];
}

const NOTHING: WalletHoldings = { gas: 0n, earned: 0n, credit: 0n, reserved: 0n };
