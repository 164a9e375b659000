import { type AgreementRules, aggregate } from './aggregate.js';
import { BPS, distance } from './median.js';
import type { JudgedSource } from './quote.js';

/** What so many corrupt sources can do to a price, at the most that was found. */
export interface Manipulation {
  readonly corrupt: number;
  /** The farthest price downwards and upwards, in 1e-18; null: no other than the true one. */
  readonly lowest: bigint | null;
  readonly highest: bigint | null;
  /** The larger of the two distances from the true price, in basis points, rounded up. */
  readonly bps: bigint;
  /** They can say what the price is: it follows them wherever they go. */
  readonly isFree: boolean;
  /** They can keep it from being published at all. */
  readonly canSilence: boolean;
}

/** How far off lies are tried, in hundredths of a basis point: 0.5 bp to ten times the price. */
const OFFSETS = [
  50, 100, 200, 300, 500, 700, 900, 1_000, 1_250, 1_500, 1_750, 2_000, 2_250, 2_500, 2_750, 3_000,
  3_250, 3_400, 3_490, 3_500, 4_000, 5_000, 6_000, 7_500, 9_000, 9_900, 10_000, 12_500, 15_000,
  20_000, 30_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 9_000_000,
];
const OFFSET_UNIT = 1_000_000n;
/** A price that moves with a lie of ten times, by half of that, is theirs. */
const FREE_FACTOR = 5n;

/**
 * How far f = 1..n corrupt sources can move what the fresh sources of a round agree on: found by
 * trying, each time with the sources that matter most, lies of many sizes to both sides. What was
 * found can be done; that nothing worse can be is shown by tests for minorities, not by this.
 */
export function findManipulations(
  sources: readonly JudgedSource[],
  rules: AgreementRules,
): Manipulation[] {
  const fresh = sources
    .filter(({ verdict }) => verdict === 'kept' || verdict === 'outlier')
    .map((source): JudgedSource => ({ ...source, verdict: 'kept', why: null }));
  const { result } = aggregate(fresh, rules);
  if (result.kind === 'none') return [];
  return fresh.map((_, at) => manipulation(fresh, result.value, at + 1, rules));
}

function manipulation(
  fresh: readonly JudgedSource[],
  truth: bigint,
  corrupt: number,
  rules: AgreementRules,
): Manipulation {
  let lowest: bigint | null = null;
  let highest: bigint | null = null;
  let canSilence = false;
  for (const side of ['down', 'up'] as const) {
    const liars = new Set(chooseLiars(fresh, corrupt, side));
    for (const offset of OFFSETS) {
      for (const lies of liesOf(truth, BigInt(offset), side)) {
        let turn = 0;
        const told = fresh.map((source) => {
          if (!liars.has(source)) return source;
          const wanted = lies[turn++ % lies.length] ?? truth;
          return { ...source, value: lieFor(source, wanted, fresh, liars) };
        });
        const { result } = aggregate(told, rules);
        if (result.kind === 'none') {
          canSilence = true;
          continue;
        }
        if (result.value < (lowest ?? truth)) lowest = result.value;
        if (result.value > (highest ?? truth)) highest = result.value;
      }
    }
  }
  const reach = [lowest, highest].map((each) => (each === null ? 0n : distance(each, truth)));
  const farthest = reach.reduce((most, each) => (each > most ? each : most), 0n);
  const bps = (farthest * BPS + truth - 1n) / truth;
  const isFree = highest !== null && highest > truth * FREE_FACTOR;
  return { corrupt, lowest, highest, bps, isFree, canSilence };
}

/** All say the same, or half of them something far away, which widens what counts as spread. */
function liesOf(truth: bigint, offset: bigint, side: 'down' | 'up'): readonly bigint[][] {
  const up = truth + (truth * offset) / OFFSET_UNIT;
  const down = (truth * OFFSET_UNIT) / (OFFSET_UNIT + offset);
  const [near, other] = side === 'up' ? [up, down] : [down, up];
  return [[near], [near, other], [near, truth * 1_000n], [near, 1n]];
}

/**
 * What a liar says so that his group's opinion is what he wants. Where he and his like are half of
 * it, that is the middle between a lie and an honest word: so he says as much more.
 */
function lieFor(
  { group }: JudgedSource,
  wanted: bigint,
  fresh: readonly JudgedSource[],
  liars: ReadonlySet<JudgedSource>,
): bigint {
  const mates = fresh.filter((source) => source.group === group);
  const honest = mates.flatMap((mate) => (liars.has(mate) ? [] : [mate.value ?? wanted]));
  if (honest.length === 0 || honest.length * 2 !== mates.length) return wanted;
  const [first = wanted, ...others] = honest;
  const [least, most] = others.reduce(
    ([low, high], each) => [each < low ? each : low, each > high ? each : high],
    [first, first],
  );
  const lie = 2n * wanted - (wanted > most ? most : least);
  return lie > 0n ? lie : 1n;
}

/**
 * The sources whose lies move the median most: of the groups that take fewest sources to own, those
 * whose opinions lie on the other side.
 */
function chooseLiars(
  fresh: readonly JudgedSource[],
  corrupt: number,
  side: 'down' | 'up',
): JudgedSource[] {
  const byGroup = new Map<string, JudgedSource[]>();
  for (const source of fresh) {
    byGroup.set(source.group, [...(byGroup.get(source.group) ?? []), source]);
  }
  const sign = side === 'up' ? 1 : -1;
  const order = [...byGroup.values()].sort(
    (a, b) => a.length - b.length || sign * compare(a[0]?.value ?? 0n, b[0]?.value ?? 0n),
  );
  // Of a group half suffice: the middle of two, or of an even number, is between an honest one and
  // a lie.
  const first = order.flatMap((group) => group.slice(0, (group.length + 1) >> 1));
  const rest = order.flatMap((group) => group.slice((group.length + 1) >> 1));
  return [...first, ...rest].slice(0, corrupt);
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
