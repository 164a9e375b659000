import { fromChainPrice, toChainPrice } from './decimal.js';
import { BPS, distance, isWithinBps, medianDistance, medianOf } from './median.js';
import type { JudgedSource } from './quote.js';

/** What a feed asks of a round. */
export interface AgreementRules {
  /** Groups that must be left and agree. */
  readonly quorum: number;
  /** How far from the published value a group may be that agrees, in basis points. */
  readonly agreementBps: number;
}

/** The opinion of one venue: the median of its fresh sources. */
export interface GroupOpinion {
  readonly group: string;
  readonly value: bigint;
  /** Median of the times of its sources. */
  readonly timestampMs: number;
  readonly isOutlier: boolean;
}

export interface AgreedPrice {
  readonly kind: 'agreed';
  /** As on the chain, with 8 decimals, rounded down. */
  readonly price: bigint;
  /** Plain median of the surviving groups, in 1e-18. */
  readonly value: bigint;
  /** Median of the surviving groups' times: not one venue alone decides it. */
  readonly timestampMs: number;
  /** 1.4826 * MAD of the surviving groups in basis points, rounded up: about a sigma of theirs. */
  readonly confidenceBps: number;
}

/** Nothing may be published. */
export interface NoAgreement {
  readonly kind: 'none';
  /** What is missing, for the operator. */
  readonly why: string;
}

export interface Aggregation {
  readonly result: AgreedPrice | NoAgreement;
  readonly groups: readonly GroupOpinion[];
  /** The sources, those of outlying groups marked. */
  readonly sources: readonly JudgedSource[];
}

/** 3.5, the usual cut of the modified z-score, in tenths. */
const CUT = 35n;
const CUT_UNIT = 10n;
/** MAD to sigma for a normal distribution, in ten thousandths. */
const SIGMA_PER_MAD = 14_826n;
/** The least that counts as spread, in basis points of the median. */
const SPREAD_FLOOR_BPS = 10n;

/** 1.4826 * MAD, at least 10 bp of the median; in ten thousandths of the values' unit. */
function spreadOf(values: readonly bigint[], median: bigint): bigint {
  const spread = SIGMA_PER_MAD * medianDistance(values, median);
  const floor = SPREAD_FLOOR_BPS * median;
  return spread > floor ? spread : floor;
}

/**
 * The price that the fresh sources agree on. Sources of a group are one opinion, their median.
 * Groups are outliers whose distance from the median of all is more than 3.5 * max(1.4826 * MAD,
 * 10 bp of the median). Of what is left the plain median is published, if more than half of the
 * fresh groups, and at least the quorum, lie within `agreementBps` of it. All in integers.
 */
export function aggregate(sources: readonly JudgedSource[], rules: AgreementRules): Aggregation {
  const opinions = opinionsOf(sources);
  if (opinions.length === 0) {
    return { result: tooFew(0, rules.quorum), groups: [], sources };
  }
  const values = opinions.map(({ value }) => value);
  const median = medianOf(values);
  const spread = spreadOf(values, median);
  const groups = opinions.map((opinion) => ({
    ...opinion,
    isOutlier: distance(opinion.value, median) * BPS * CUT_UNIT > CUT * spread,
  }));
  const marked = markOutliers(sources, groups, median, spread);
  return { result: resultOf(groups, rules), groups, sources: marked };
}

function opinionsOf(sources: readonly JudgedSource[]): Omit<GroupOpinion, 'isOutlier'>[] {
  const byGroup = new Map<string, { values: bigint[]; times: bigint[] }>();
  for (const { group, verdict, value, timestampMs } of sources) {
    if (verdict !== 'kept' || value === null || timestampMs === null) continue;
    const heard = byGroup.get(group) ?? { values: [], times: [] };
    heard.values.push(value);
    heard.times.push(BigInt(Math.floor(timestampMs)));
    byGroup.set(group, heard);
  }
  return [...byGroup].map(([group, { values, times }]) => ({
    group,
    value: medianOf(values),
    timestampMs: Number(medianOf(times)),
  }));
}

function resultOf(
  groups: readonly GroupOpinion[],
  { quorum, agreementBps }: AgreementRules,
): AgreedPrice | NoAgreement {
  const left = groups.filter(({ isOutlier }) => !isOutlier);
  if (left.length < quorum) return tooFew(left.length, quorum, groups.length - left.length);
  const values = left.map(({ value }) => value);
  const value = medianOf(values);
  const price = toChainPrice(value);
  if (price === 0n) return { kind: 'none', why: 'the price is less than 0.00000001' };
  const published = fromChainPrice(price);
  const agreeing = values.filter((each) => isWithinBps(each, published, agreementBps)).length;
  if (agreeing < quorum || agreeing * 2 <= groups.length) {
    const needed = Math.max(quorum, Math.floor(groups.length / 2) + 1);
    const far = `${agreeing} of ${groups.length} fresh groups lie within ${agreementBps} bp`;
    return { kind: 'none', why: `${far} of their median, ${needed} are needed` };
  }
  const times = left.map(({ timestampMs }) => BigInt(timestampMs));
  return {
    kind: 'agreed',
    price,
    value,
    timestampMs: Number(medianOf(times)),
    confidenceBps: confidenceOf(values, value),
  };
}

function tooFew(left: number, quorum: number, outliers = 0): NoAgreement {
  const besides = outliers === 0 ? '' : ` (${outliers} more are outliers)`;
  return { kind: 'none', why: `${left} groups are left${besides}, the quorum is ${quorum}` };
}

function confidenceOf(values: readonly bigint[], median: bigint): number {
  const spread = SIGMA_PER_MAD * medianDistance(values, median);
  const bps = (spread + median - 1n) / median;
  return Number(bps < BPS ? bps : BPS);
}

function markOutliers(
  sources: readonly JudgedSource[],
  groups: readonly GroupOpinion[],
  median: bigint,
  spread: bigint,
): JudgedSource[] {
  const outliers = new Map(groups.filter(({ isOutlier }) => isOutlier).map((g) => [g.group, g]));
  const limitBps = (CUT * spread) / (CUT_UNIT * median);
  return sources.map((source) => {
    const group = outliers.get(source.group);
    if (source.verdict !== 'kept' || group === undefined) return source;
    const bps = (distance(group.value, median) * BPS) / median;
    const why = `its group is ${bps} bp from the median of all, at most ${limitBps} bp are allowed`;
    return { ...source, verdict: 'outlier', why };
  });
}
