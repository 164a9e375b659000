import { GAS_UNITS } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, item, textItem, toList } from '../vm-item.js';
import { atLeast, atMost, earn, requireCharging, shareOf } from './charging.js';
import { whole } from './checks.js';
import { chargeSponsorOf, pairOf } from './feeds.js';
import { Kind } from './kinds.js';
import { getAccount, getNumber, Key, loadSettings, type PriceRound, putNumber } from './records.js';

/* contracts/gateway/prices.go */

const MAX_ROUNDS = 64;
const MAX_KEPT_ROUNDS = 1024n;
const MAX_CONFIDENCE_BPS = 10_000n;
const DECIMALS = 8n;

interface Published {
  readonly pair: string;
  readonly round: bigint;
  readonly given: Omit<PriceRound, 'sum'>;
}

export function submitPrices(c: CallContext, [list]: readonly Item[]): undefined {
  requireCharging(
    c,
    'submitPrices must be called by the entry script',
    "submitPrices must be the transaction's first call into the gateway",
  );
  const rounds = toList(list ?? null);
  if (rounds.length > MAX_ROUNDS) c.refuse('more than 64 rounds in one submitPrices');
  const node = getAccount(c, Key.node);
  if (node === null || !c.checkWitness(node)) {
    c.refuse("submitPrices needs the node account's witness");
  }
  const { systemFee, networkFee, sender } = c.container;
  const done: (Published & { used: bigint; place: number })[] = [];
  let shared = systemFee;
  rounds.forEach((round, place) => {
    const before = c.execution.gasLeft();
    c.execution.use(GAS_UNITS.roundItem);
    const fields = toList(round);
    if (fields.length !== 4) c.refuse('a round is not [pair, price, timestamp, confidenceBps]');
    const published = publish(c, fields);
    const used = before - c.execution.gasLeft();
    shared -= used;
    if (published !== null) done.push({ ...published, used, place });
  });
  const { policy } = loadSettings(c);
  const common = shared + atMost(networkFee, policy.networkFeeCeiling);
  let earned = 0n;
  for (const { pair, round, given, used, place } of done) {
    const share = shareOf(used, place, common, rounds.length);
    const premium = policy.premiums[Kind.price] ?? 0n;
    const { payer, fee } = chargeSponsorOf(c, pair, atLeast(share, 0n) + premium);
    earned += fee;
    const { price, timestamp, confidenceBps } = given;
    c.notify('PriceUpdated', textItem(pair), price, timestamp, confidenceBps, round, payer, fee);
  }
  earn(c, sender, earned, 0);
  c.notify('Earned', sender, earned);
}

function publish(c: CallContext, fields: readonly Item[]): Published | null {
  const [given = null, ...figures] = fields;
  const pair = pairOf(c, given);
  const [ofPrice = null, at = null, bps = null] = figures;
  const price = whole(c, ofPrice, 'the price of a round is not from 0 to 2^63-1');
  const timestamp = whole(c, at, 'the timestamp of a round is not from 0 to 2^63-1');
  const confidenceBps = whole(c, bps, 'confidenceBps of a round is not from 0 to 2^63-1');
  if (price === 0n) c.refuse('the price of a round is 0');
  if (confidenceBps > MAX_CONFIDENCE_BPS) c.refuse('confidenceBps of a round is more than 10000');
  const last = getNumber(c, Key.feed(pair));
  let sum = 0n;
  if (last !== 0n) {
    const before = loadRound(c, pair, last);
    if (timestamp <= before.timestamp) return null;
    sum = before.sum + before.price * (timestamp - before.timestamp);
  }
  if (timestamp > BigInt(c.world.timeMs)) return null;
  const round = last + 1n;
  putNumber(c, Key.feed(pair), round);
  const record: PriceRound = { price, timestamp, confidenceBps, sum };
  c.putRecord(Key.round(pair, placeOf(round)), record);
  return { pair, round, given: record };
}

const placeOf = (round: bigint): number => Number(round % MAX_KEPT_ROUNDS);
const firstKept = (last: bigint): bigint => atLeast(last - MAX_KEPT_ROUNDS + 1n, 1n);

function loadRound(c: CallContext, pair: string, round: bigint): PriceRound {
  const found = c.getRecord<PriceRound>(Key.round(pair, placeOf(round)));
  if (found === null) throw new Error('bug: a round that is not kept');
  return found;
}

function roundOf(c: CallContext, pair: string, round: bigint): Item {
  if (round === 0n) return null;
  const { price, timestamp, confidenceBps } = loadRound(c, pair, round);
  return item([price, DECIMALS, timestamp, confidenceBps, round]);
}

export function latestPrice(c: CallContext, [given]: readonly Item[]): Item {
  const pair = pairOf(c, given ?? null);
  return roundOf(c, pair, getNumber(c, Key.feed(pair)));
}

export function priceAt(c: CallContext, [given, of]: readonly Item[]): Item {
  const pair = pairOf(c, given ?? null);
  const round = whole(c, of ?? null, 'round of priceAt is not from 0 to 2^63-1');
  const last = getNumber(c, Key.feed(pair));
  return round > last || round < firstKept(last) ? null : roundOf(c, pair, round);
}

export function twap(c: CallContext, [given, from]: readonly Item[]): bigint {
  const pair = pairOf(c, given ?? null);
  const since = whole(c, from ?? null, 'sinceTimestamp is not from 0 to 2^63-1');
  const now = BigInt(c.world.timeMs);
  if (since >= now) c.refuse("sinceTimestamp is not before the block's time");
  const last = getNumber(c, Key.feed(pair));
  if (last === 0n) c.refuse('twap has no round of this pair');
  let first = firstKept(last);
  if (since < loadRound(c, pair, first).timestamp) {
    c.refuse('sinceTimestamp is before the oldest round that is kept of this pair');
  }
  let high = last;
  while (first < high) {
    const middle = (first + high + 1n) / 2n;
    if (loadRound(c, pair, middle).timestamp <= since) first = middle;
    else high = middle - 1n;
  }
  const sumAt = (round: PriceRound, at: bigint): bigint =>
    round.sum + round.price * (at - round.timestamp);
  const held = sumAt(loadRound(c, pair, last), now) - sumAt(loadRound(c, pair, first), since);
  return held / (now - since);
}
