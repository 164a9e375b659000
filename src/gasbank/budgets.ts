import { type Datoshi, formatGas } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { SpendKind } from '../base/spend-kind.js';

/** What a transaction's fees are spent on; the shares of one transaction sum to its fees. */
export interface SpendShare {
  /** Of a request or an upkeep; null where it is for neither. */
  readonly requestId: bigint | null;
  readonly kind: SpendKind;
  /** Who asked for it: of a run its upkeep's owner, of a price round its feed's sponsor. */
  readonly requester: Hash160 | null;
  readonly amount: Datoshi;
}

/** Most that may be spent; null: no limit. */
export interface SpendLimits {
  readonly perHour: Datoshi | null;
  readonly perDay: Datoshi | null;
}

/** The operator's limits, by what they limit. */
export interface Budgets {
  readonly node: SpendLimits;
  /** Of each requester by itself. */
  readonly perRequester: SpendLimits;
  readonly perKind: Readonly<Partial<Record<SpendKind, SpendLimits>>>;
}

/** Whose spending a limit adds up. */
export type SpendScope = 'all' | `kind:${SpendKind}` | `requester:${Hash160}`;

/** What was spent in a minute by the blocks' time (milliseconds since 1970 / 60,000). */
export interface MinuteSpend {
  readonly minute: number;
  readonly amount: Datoshi;
}

export interface BudgetReached {
  readonly scope: SpendScope;
  /** Key of the configuration. */
  readonly key: string;
  readonly limit: Datoshi;
  /** In the last hour or day. */
  readonly spent: Datoshi;
  readonly needed: Datoshi;
  /** When it was looked at, by the blocks' time. */
  readonly atMs: number;
  /** When enough of it is past; null: never, since it is more than the whole limit. */
  readonly resumesMs: number | null;
}

export const MINUTE_MS = 60_000;
export const HOUR_MINUTES = 60;
export const DAY_MINUTES = 24 * HOUR_MINUTES;

export const minuteOf = (atMs: number): number => Math.floor(atMs / MINUTE_MS);

interface Limit {
  readonly key: string;
  readonly amount: Datoshi;
  readonly windowMinutes: number;
}

/** The limits that hold for a scope. */
export function limitsOn(scope: SpendScope, budgets: Budgets): Limit[] {
  const found: Limit[] = [];
  const add = (key: string, amount: Datoshi | null | undefined, windowMinutes: number): void => {
    if (amount !== null && amount !== undefined) found.push({ key, amount, windowMinutes });
  };
  if (scope === 'all') {
    add('gasbank.budgets.perHour', budgets.node.perHour, HOUR_MINUTES);
    add('gasbank.budgets.perDay', budgets.node.perDay, DAY_MINUTES);
  } else if (scope.startsWith('kind:')) {
    const kind = scope.slice('kind:'.length) as SpendKind;
    const key = `gasbank.budgets.perKind.${kind}`;
    add(`${key}.perHour`, budgets.perKind[kind]?.perHour, HOUR_MINUTES);
    add(`${key}.perDay`, budgets.perKind[kind]?.perDay, DAY_MINUTES);
  } else {
    const key = 'gasbank.budgets.perRequester';
    add(`${key}PerHour`, budgets.perRequester.perHour, HOUR_MINUTES);
    add(`${key}PerDay`, budgets.perRequester.perDay, DAY_MINUTES);
  }
  return found;
}

/** True where there is any limit to look at. */
export function hasBudgets({ node, perRequester, perKind }: Budgets): boolean {
  const all = [node, perRequester, ...Object.values(perKind)];
  return all.some(({ perHour, perDay }) => perHour !== null || perDay !== null);
}

/** What shares add up to, by scope. */
export function amountsByScope(shares: readonly SpendShare[]): Map<SpendScope, Datoshi> {
  const amounts = new Map<SpendScope, Datoshi>();
  for (const { kind, requester, amount } of shares) {
    const scopes: SpendScope[] = ['all', `kind:${kind}`];
    if (requester !== null) scopes.push(`requester:${requester}`);
    for (const scope of scopes) amounts.set(scope, (amounts.get(scope) ?? 0n) + amount);
  }
  return amounts;
}

/** True where a share counts for a scope. */
export const isWithin = (share: Pick<SpendShare, 'kind' | 'requester'>, scope: SpendScope) =>
  scope === 'all' || scope === `kind:${share.kind}` || scope === `requester:${share.requester}`;

/**
 * The limit that shares would break if they were spent now; of several the one that lasts longest.
 * `minutesOf` tells what a scope spent from a minute on, in ascending order.
 */
export function findReached(
  shares: readonly SpendShare[],
  budgets: Budgets,
  minutesOf: (scope: SpendScope, sinceMinute: number) => readonly MinuteSpend[],
  nowMs: number,
): BudgetReached | null {
  let worst: BudgetReached | null = null;
  for (const [scope, needed] of amountsByScope(shares)) {
    for (const { key, amount: limit, windowMinutes } of limitsOn(scope, budgets)) {
      const minutes = minutesOf(scope, minuteOf(nowMs) - windowMinutes + 1);
      const spent = minutes.reduce((sum, { amount }) => sum + amount, 0n);
      if (spent + needed <= limit) continue;
      const resumesMs = roomAt(minutes, windowMinutes, spent + needed - limit);
      const reached = { scope, key, limit, spent, needed, atMs: nowMs, resumesMs };
      if (worst === null || lastsLonger(reached, worst)) worst = reached;
    }
  }
  return worst;
}

/** When minutes that are past have freed an amount; null when all of them don't. */
function roomAt(
  minutes: readonly MinuteSpend[],
  windowMinutes: number,
  amount: Datoshi,
): number | null {
  let freed = 0n;
  for (const { minute, amount: spent } of minutes) {
    freed += spent;
    if (freed >= amount) return (minute + windowMinutes) * MINUTE_MS;
  }
  return null;
}

const lastsLonger = (a: BudgetReached, b: BudgetReached): boolean =>
  (a.resumesMs ?? Number.POSITIVE_INFINITY) > (b.resumesMs ?? Number.POSITIVE_INFINITY);

/** A sentence for the operator. What changes from try to try stands in brackets. */
export function describeReached(reached: BudgetReached): string {
  const { scope, key, limit, spent, needed, resumesMs } = reached;
  const whose = scope.startsWith('requester:') ? ` of requester ${scope.slice(10)}` : '';
  const period = key.endsWith('Hour') ? 'hour' : 'day';
  const used = `${formatGas(spent)} GAS spent in the last ${period}`;
  const figures = `${used}, ${formatGas(needed)} needed`;
  const when =
    resumesMs === null
      ? 'more than the whole limit: raise it, or the deadline passes'
      : `there is room again at ${new Date(resumesMs).toISOString()}`;
  return `${key}${whose} holds it: ${formatGas(limit)} GAS (${figures}; ${when})`;
}
