import { durationText } from '../base/duration.js';
import type { AgreedPrice } from './aggregate.js';
import { fromChainPrice } from './decimal.js';
import { centiBpsFrom, isWithinBps } from './median.js';

/** When a feed's price is worth a transaction. */
export interface PublicationRules {
  readonly deviationBps: number;
  readonly heartbeatMs: number;
  readonly breakerBps: number;
  readonly pollIntervalMs: number;
}

/** The round that is on the chain. */
export interface ChainRound {
  /** With 8 decimals. */
  readonly price: bigint;
  readonly timestampMs: number;
}

/** What earlier polls left to be remembered; it outlives a restart. */
export interface FeedMemory {
  /** Polls in a row that deviated enough. */
  readonly deviatingPolls: number;
  /** A jump over the breaker's step that waits to be seen again. */
  readonly jump: { readonly value: bigint; readonly seenMs: number } | null;
}

export const NO_MEMORY: FeedMemory = { deviatingPolls: 0, jump: null };

export type Reason = 'first' | 'deviation' | 'heartbeat' | 'confirmed jump';

export type PublicationDecision =
  | { readonly kind: 'publish'; readonly reason: Reason; readonly why: string }
  | {
      readonly kind: 'wait';
      readonly reason: 'quiet' | 'second poll' | 'breaker' | 'no newer';
      readonly why: string;
    };

/** Deviations of this many polls in a row are published. */
const POLLS_TO_PUBLISH = 2;

/**
 * Whether an agreed price is to be published: the first; a deviation of at least `deviationBps` on
 * two polls in a row, or twice that at once; a heartbeat. A jump over the breaker's step waits
 * until a second poll, at least one interval later, lies within the deviation of the first. A price
 * whose time is not later than the chain's is never published: the contract would skip it.
 */
export function decidePublication(
  agreed: Pick<AgreedPrice, 'value' | 'timestampMs'>,
  last: ChainRound | null,
  memory: FeedMemory,
  rules: PublicationRules,
  nowMs: number,
): { readonly decision: PublicationDecision; readonly memory: FeedMemory } {
  if (last === null) {
    const why = 'nothing has been published yet';
    return { decision: { kind: 'publish', reason: 'first', why }, memory: NO_MEMORY };
  }
  const decided = decideAgainst(agreed.value, last, memory, rules, nowMs);
  if (decided.decision.kind === 'wait' || agreed.timestampMs > last.timestampMs) return decided;
  const why = `${decided.decision.why}, but the sources' time is not after that of the last round`;
  return { decision: { kind: 'wait', reason: 'no newer', why }, memory: decided.memory };
}

function decideAgainst(
  value: bigint,
  last: ChainRound,
  memory: FeedMemory,
  rules: PublicationRules,
  nowMs: number,
): { decision: PublicationDecision; memory: FeedMemory } {
  const base = fromChainPrice(last.price);
  const moved = `it is ${bpsText(value, base)} from the last round`;
  if (!isWithinBps(value, base, rules.breakerBps)) {
    return decideJump(value, memory.jump, rules, nowMs, moved);
  }
  const isDeviating = !lessThanBps(value, base, rules.deviationBps);
  const deviatingPolls = isDeviating ? memory.deviatingPolls + 1 : 0;
  const next: FeedMemory = { deviatingPolls, jump: null };
  const isTwice = !lessThanBps(value, base, 2 * rules.deviationBps);
  if (isTwice || deviatingPolls >= POLLS_TO_PUBLISH) {
    const polls = isTwice ? 'twice the deviation' : `for ${deviatingPolls} polls in a row`;
    const why = `${moved} (${polls}; deviation ${rules.deviationBps} bp)`;
    return { decision: { kind: 'publish', reason: 'deviation', why }, memory: next };
  }
  const ageMs = nowMs - last.timestampMs;
  if (ageMs >= rules.heartbeatMs) {
    const age = durationText(ageMs);
    const why = `the last round is ${age} old (heartbeat ${durationText(rules.heartbeatMs)})`;
    return { decision: { kind: 'publish', reason: 'heartbeat', why }, memory: next };
  }
  if (isDeviating) {
    const why = `${moved}: it is published if the next poll deviates too`;
    return { decision: { kind: 'wait', reason: 'second poll', why }, memory: next };
  }
  const rest = durationText(rules.heartbeatMs - ageMs);
  const why = `${moved}, less than ${rules.deviationBps} bp; heartbeat in ${rest}`;
  return { decision: { kind: 'wait', reason: 'quiet', why }, memory: next };
}

function decideJump(
  value: bigint,
  first: FeedMemory['jump'],
  rules: PublicationRules,
  nowMs: number,
  moved: string,
): { decision: PublicationDecision; memory: FeedMemory } {
  const isNear = first !== null && isWithinBps(value, first.value, rules.deviationBps);
  const isLater = first !== null && nowMs - first.seenMs >= rules.pollIntervalMs;
  if (isNear && isLater) {
    const why = `${moved}, and a second poll confirms it`;
    const decision = { kind: 'publish', reason: 'confirmed jump', why } as const;
    return { decision, memory: { deviatingPolls: 0, jump: first } };
  }
  // A first sighting that a later one contradicts is forgotten; one too soon after it is no news.
  const jump = first !== null && !isLater && isNear ? first : { value, seenMs: nowMs };
  const later = durationText(rules.pollIntervalMs);
  const why =
    `${moved}, more than the breaker's ${rules.breakerBps} bp: ` +
    `held until a poll ${later} later is within ${rules.deviationBps} bp of it`;
  const decision = { kind: 'wait', reason: 'breaker', why } as const;
  return { decision, memory: { deviatingPolls: 0, jump } };
}

const lessThanBps = (value: bigint, base: bigint, bps: number): boolean =>
  isWithinBps(value, base, bps) && !isExactlyBps(value, base, bps);

const isExactlyBps = (value: bigint, base: bigint, bps: number): boolean =>
  (value > base ? value - base : base - value) * 10_000n === base * BigInt(bps);

/** A distance for people, e.g. "51.27 bp". */
export function bpsText(value: bigint, base: bigint): string {
  const hundredths = centiBpsFrom(value, base);
  return `${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, '0')} bp`;
}

/** What a price would have to be to be published at once, below and above; in 1e-18. */
export function publishesAt(last: ChainRound, { deviationBps }: PublicationRules) {
  const base = fromChainPrice(last.price);
  const step = (base * BigInt(deviationBps)) / 10_000n;
  return { below: base - step, above: base + step };
}
