import assert from 'node:assert/strict';
import type { AppliedTransaction } from '../../scripts/devnet/private-chain.js';
import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readTogether } from '../../src/chain/contract-read.js';
import { storedKeys, sumOf } from './books.js';
import type { BooksModel } from './books-model.js';
import type { ModelRound } from './feeds-model.js';
import { pricesIn } from './prices.js';
import type { AnyWorld } from './requests.js';
import { chargedBy, performedIn } from './upkeeps.js';
import type { SettledRun } from './upkeeps-model.js';

/** What a transaction that charges its fees was to do, and who sent it. */
interface Charging {
  readonly applied: AppliedTransaction;
  readonly earner: Hash160;
  /** How many items it had, skipped ones too. */
  readonly items: number;
  readonly premium: Datoshi;
}

/** Compares the runs of a transaction with the model's, which it then tells what was charged. */
export function settleRuns(
  world: AnyWorld,
  model: BooksModel,
  settled: readonly SettledRun[],
  { applied, earner, items, premium }: Charging,
): void {
  const runs = performedIn(world, applied);
  assert.deepEqual(
    runs.map(({ id, owner, due, delivered, locked }) => ({ id, owner, due, delivered, locked })),
    settled.map(({ id, owner, due, delivered, locked }) => ({ id, owner, due, delivered, locked })),
  );
  let isExact = runs.length === items;
  settled.forEach(({ owner, maxFee }, at) => {
    const run = runs[at] ?? assert.fail();
    const left = maxFee - run.fee;
    assert.ok(left >= 0n && run.lost === 0n);
    assert.equal(run.premium, left < premium ? left : premium);
    if (left === 0n) isExact = false;
    model.balances.settle(owner, maxFee, chargedBy(run), earner);
  });
  assertSum(sumOf(runs.map(({ fee }) => fee)), applied, isExact);
}

/** Compares the rounds of a transaction with the model's, which it then tells what was charged. */
export function settleRounds(
  world: AnyWorld,
  model: BooksModel,
  settled: readonly ModelRound[],
  { applied, earner, items, premium }: Charging,
): void {
  const rounds = pricesIn(world, applied);
  assert.deepEqual(
    rounds.map(({ pair, timestamp }) => ({ pair, timestamp })),
    settled.map(({ pair, timestamp }) => ({ pair, timestamp })),
  );
  let isExact = rounds.length === items;
  for (const { pair, payer, fee } of rounds) {
    const limit = model.feeds.limitOf(pair);
    assert.equal(payer, limit.payer);
    assert.ok(fee <= limit.most, `${fee} is charged of ${limit.most}`);
    if (fee === limit.most) isExact = false;
    if (payer !== null) model.feeds.charge(pair, payer, fee, earner);
  }
  const fees = sumOf(rounds.map(({ fee }) => fee));
  assertSum(fees - (isExact ? premium * BigInt(rounds.length) : 0n), applied, isExact);
}

function assertSum(
  fees: Datoshi,
  { systemFee, networkFee }: AppliedTransaction,
  isExact: boolean,
): void {
  const paid = systemFee + networkFee;
  if (isExact) assert.equal(fees, paid);
}

/** Compares what is stored of upkeeps and feeds. */
export async function compareUpkeepsAndFeeds(
  world: AnyWorld,
  { upkeeps, feeds, lastId }: BooksModel,
  pairs: readonly string[],
): Promise<void> {
  const { reads, network } = world;
  const ids = [...Array(Number(lastId)).keys()].map((at) => BigInt(at + 1));
  const { values: found } = await readTogether(
    network.rpc,
    ids.map((id) => reads.upkeepOf(id)),
  );
  assert.deepEqual(
    found.map((each) => {
      if (each === null) return null;
      const { owner, target, maxFee, lastDue, isFunded } = each;
      return { owner, target, maxFee, lastDue, isFunded };
    }),
    ids.map((id) => {
      const upkeep = upkeeps.list.get(id);
      return upkeep === undefined ? null : { ...upkeep };
    }),
  );
  const { values: latest } = await readTogether(
    network.rpc,
    pairs.map((pair) => reads.latestPrice(pair)),
  );
  assert.deepEqual(
    latest.map((round) => round && [Number(round.round), round.timestamp, Number(round.price)]),
    pairs.map((pair) => {
      const rounds = feeds.rounds.get(pair);
      return rounds ? [rounds.length, rounds.at(-1), rounds.at(-1)] : null;
    }),
  );
  const offers = pairs.flatMap((pair) => [...feeds.payers].map((payer) => ({ pair, payer })));
  const { values: offered } = await readTogether(
    network.rpc,
    offers.map(({ pair, payer }) => reads.feedSponsorshipOf(pair, payer)),
  );
  assert.deepEqual(
    offered,
    offers.map(({ pair, payer }) => {
      const { maxFee = 0n, allowance = 0n } = feeds.sponsorships.get(pair + payer) ?? {};
      return { maxFeePerRound: maxFee, allowance };
    }),
  );
  const all = [...upkeeps.list.values()];
  const rounds = [...feeds.rounds.values()];
  assert.deepEqual(
    await Promise.all(['t', 'g', 'P', 'R', 'C', 'S'].map((key) => storedKeys(world, key))),
    [
      all.length,
      all.length,
      rounds.length,
      rounds.reduce((sum, each) => sum + each.length, 0),
      feeds.chosen.size,
      feeds.sponsorships.size,
    ],
    'records of upkeeps and feeds: nothing is left of what is gone',
  );
}
