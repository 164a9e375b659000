import { type Datoshi, formatGas } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';

/*
 * An upkeep's owner may cancel it in front of a run that is under way: then the gateway skips it,
 * and its part of the fees is charged to nobody. Nor is that of a shared transaction that FAULTed,
 * or of one alone that did, until it is claimed. What that may cost the node is bounded here.
 */

/** What the node knows of an owner; amounts of all upkeeps of his, in datoshi. */
export interface OwnerStanding {
  /** Charged for runs, ever. */
  readonly paid: Datoshi;
  /** What his runs cost that nobody was charged for, ever. */
  readonly lost: Datoshi;
  /** Time (ms since 1970) of the last of those that are held against him; 0: there is none. */
  readonly lostMs: number;
  /** What his runs cost that are under way, or to be claimed. */
  readonly underWay: Datoshi;
}

export interface CostOfRun {
  readonly upkeepId: bigint;
  readonly owner: Hash160;
  /** Its part of the transaction's fees. */
  readonly cost: Datoshi;
  /** It is to bring back what an earlier run lost. */
  readonly isClaim: boolean;
}

export interface RiskRule {
  /** Most that may be lost in an hour to owners who have not paid as much before. */
  readonly limit: Datoshi;
  /** What of it is used: lost in the last hour, and under way. */
  readonly used: Datoshi;
  /** By the blocks, in milliseconds since 1970. */
  readonly nowMs: number;
}

/** Of each run what its owner has not paid before; or why it may not be made now. */
export interface RunRisk {
  readonly upkeepId: bigint;
  readonly cost: Datoshi;
  readonly risk: Datoshi;
  readonly refusal: string | null;
}

/** So long after it an owner whose cancelling cost more than he ever paid is not trusted. */
export const CANCEL_HOLD_MS = 3_600_000;

/** Judges the runs of one transaction, in their order. */
export function judgeRisks(
  costs: readonly CostOfRun[],
  standingOf: (owner: Hash160) => OwnerStanding,
  { limit, used, nowMs }: RiskRule,
): RunRisk[] {
  const free = new Map<Hash160, Datoshi>();
  let atRisk = used;
  return costs.map(({ upkeepId, owner, cost, isClaim }) => {
    const { paid, lost, lostMs, underWay } = standingOf(owner);
    // To hold a claim would keep what it brings back at risk.
    if (!isClaim && lost > paid && nowMs < lostMs + CANCEL_HOLD_MS) {
      return { upkeepId, cost, risk: cost, refusal: describeOwner(paid, lost, lostMs) };
    }
    const left = free.get(owner) ?? paid - lost - underWay;
    const covered = left > 0n ? left : 0n;
    const risk = cost > covered ? cost - covered : 0n;
    if (!isClaim && risk > 0n && atRisk + risk > limit) {
      return { upkeepId, cost, risk, refusal: describeLimit(risk, atRisk, limit) };
    }
    free.set(owner, left - cost);
    atRisk += risk;
    return { upkeepId, cost, risk, refusal: null };
  });
}

function describeOwner(paid: Datoshi, lost: Datoshi, lostMs: number): string {
  const until = new Date(lostMs + CANCEL_HOLD_MS).toISOString();
  return (
    `its owner cancelled upkeeps in front of their runs, which cost the node ${formatGas(lost)} ` +
    `GAS with what else of his nobody paid; his runs paid ${formatGas(paid)}. Held until ${until}`
  );
}

const describeLimit = (risk: Datoshi, used: Datoshi, limit: Datoshi): string =>
  `its owner could cancel in front of it, and has paid ${formatGas(risk)} GAS too little so far ` +
  `to be trusted with that: gasbank.cancelLossPerHour is ${formatGas(limit)} GAS, of which ` +
  `${formatGas(used)} are lost or at risk`;
