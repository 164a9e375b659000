import assert from 'node:assert/strict';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf, sumOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { priceOf, pricesIn, published, timeOf } from './prices.js';
import { refuses } from './refusals.js';

const ENOUGH = parseGas('5');
/** With it and an account a storage key is 53 bytes, of 64. */
const LONGEST = 'p'.repeat(32);
const MAX = (1n << 63n) - 1n;

describe('the sponsor of a feed', () => {
  let world: GatewayWorld<'user' | 'poor', 'patron'>;
  let timestamp: number;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user', 'poor'], contracts: ['patron'] });
    timestamp = (await timeOf(world)) - 1_000_000;
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const publish = async (pairs: readonly string[], fees: { systemFee?: Datoshi } = {}) => {
    const rounds = pairs.map((pair) => priceOf(pair, ++timestamp));
    const applied = await world.run(...published(world, rounds, fees));
    return { applied, events: pricesIn(world, applied) };
  };
  const sponsored = (pair: string, maxFeePerRound = ENOUGH, allowance = 100n * ENOUGH) =>
    world.run(world.accounts.user, world.calls.sponsorFeed(pair, maxFeePerRound, allowance));
  const choose = (pair: string, payer: Hash160 | null = world.accounts.user.hash) =>
    world.run(world.owner, world.calls.chooseFeedSponsor(pair, payer));
  const sponsorship = (pair: string, payer = world.accounts.user.hash) =>
    readContract(world.network.rpc, world.reads.feedSponsorshipOf(pair, payer));
  const chosen = (pair: string) => readContract(world.network.rpc, world.reads.feedSponsorOf(pair));
  const credit = async () => (await balanceOf(world, world.accounts.user.hash)).credit;

  it('is who offers it, an account or a contract, and is picked by the owner', async () => {
    const { user } = world.accounts;
    const { patron } = world.contracts;
    assert.deepEqual(await sponsorship('A'), { maxFeePerRound: 0n, allowance: 0n });
    assert.equal(await chosen('A'), null);
    const refusal = 'payer of chooseFeedSponsor never offered to sponsor this feed';
    const choice = world.calls.chooseFeedSponsor('A', user.hash);
    await refuses(world.network, world.owner, choice, refusal);
    const offered = await sponsored('A', 7n, 9n);
    const terms = { maxFeePerRound: 7n, allowance: 9n };
    assert.deepEqual(eventsOf(world, offered), [
      { name: 'FeedSponsored', pair: 'A', payer: user.hash, ...terms },
    ]);
    assert.deepEqual(await sponsorship('A'), terms);
    assert.equal(await chosen('A'), null);
    await refuses(
      world.network,
      world.owner,
      world.calls.chooseFeedSponsor('B', user.hash),
      refusal,
    );
    for (const by of [user, world.node]) {
      await refuses(world.network, by, choice, "the owner's witness is missing");
    }
    assert.deepEqual(eventsOf(world, await choose('A')), [
      { name: 'FeedSponsorChosen', pair: 'A', payer: user.hash },
    ]);
    assert.equal(await chosen('A'), user.hash);
    const offer = world.callBy(patron, 'sponsorFeed', utf8('A'), ENOUGH, ENOUGH);
    await world.run(world.owner, offer);
    assert.equal((await sponsorship('A', patron)).allowance, ENOUGH);
    await choose('A', patron);
    assert.equal(await chosen('A'), patron);
    const { events } = await publish(['A']);
    assert.equal(events[0]?.payer, patron);
    assert.deepEqual(eventsOf(world, await choose('A', null)), [
      { name: 'FeedSponsorChosen', pair: 'A', payer: null },
    ]);
    assert.equal(await chosen('A'), null);
  });

  it('pays all that the transaction of its round alone cost', async () => {
    await sponsored('ALONE');
    await choose('ALONE');
    const { earned } = await balanceOf(world, world.node.hash);
    const before = await credit();
    const { applied, events } = await publish(['ALONE']);
    const fee = applied.systemFee + applied.networkFee;
    assert.deepEqual([events[0]?.payer, events[0]?.fee], [world.accounts.user.hash, fee]);
    assert.equal(await credit(), before - fee);
    assert.equal((await balanceOf(world, world.node.hash)).earned, earned + fee);
    assert.equal((await sponsorship('ALONE')).allowance, 100n * ENOUGH - fee);
    const amount = fee;
    assert.deepEqual(eventsOf(world, applied).at(-1), {
      name: 'Earned',
      account: world.node.hash,
      amount,
    });
  });

  it('pays for its feed alone: the shares of others stay with their sponsors or the node', async () => {
    await sponsored('OWN');
    await choose('OWN');
    await publish(['OWN', 'NOBODY', 'OTHER']);
    const { applied, events } = await publish(['NOBODY', 'OWN', 'OTHER']);
    const [nobody, own, other] = events;
    assert.deepEqual([nobody?.payer, nobody?.fee], [null, 0n]);
    assert.deepEqual([other?.payer, other?.fee], [null, 0n]);
    const all = applied.systemFee + applied.networkFee;
    const third = all / 3n;
    const fee = own?.fee ?? 0n;
    // Rounds use about the same.
    assert.ok(fee > (third * 9n) / 10n && fee < (third * 11n) / 10n, `${fee} of ${all}`);
  });

  it('pays for each of its feeds in one transaction, and not for rounds that are skipped', async () => {
    for (const pair of ['ONE', 'TWO', 'THREE']) {
      await sponsored(pair);
      await choose(pair);
    }
    const { applied, events } = await publish(['ONE', 'TWO', 'THREE', 'ONE']);
    const total = sumOf(events.map(({ fee }) => fee));
    assert.equal(events.length, 4);
    assert.equal(total, applied.systemFee + applied.networkFee);
    const stale = priceOf('TWO', timestamp - 100);
    const rounds = [priceOf('ONE', ++timestamp), stale];
    const half = await world.run(...published(world, rounds));
    const [one, ...more] = pricesIn(world, half);
    assert.equal(more.length, 0);
    assert.ok((one?.fee ?? 0n) < half.systemFee + half.networkFee);
  });

  it('pays no more than it said for a round, than is left, or than its credit', async () => {
    const { user } = world.accounts;
    const cap = 1_234_567n;
    await sponsored('CAPPED', cap, cap + 5n);
    await choose('CAPPED');
    const before = await credit();
    const first = await publish(['CAPPED']);
    assert.equal(first.events[0]?.fee, cap);
    const second = await publish(['CAPPED']);
    assert.deepEqual([second.events[0]?.payer, second.events[0]?.fee], [user.hash, 5n]);
    const third = await publish(['CAPPED']);
    assert.deepEqual([third.events[0]?.payer, third.events[0]?.fee], [user.hash, 0n]);
    assert.equal(await credit(), before - cap - 5n);
    assert.deepEqual(await sponsorship('CAPPED'), { maxFeePerRound: cap, allowance: 0n });
    const { poor } = world.accounts;
    await world.run(poor, world.calls.sponsorFeed('POOR', MAX, MAX));
    await choose('POOR', poor.hash);
    const { credit: all } = await balanceOf(world, poor.hash);
    await world.run(poor, world.calls.withdraw(poor.hash, poor.hash, all - 3n));
    assert.equal((await publish(['POOR'])).events[0]?.fee, 3n);
    assert.equal((await publish(['POOR'])).events[0]?.fee, 0n);
    assert.deepEqual(await sponsorship('POOR', poor.hash), {
      maxFeePerRound: MAX,
      allowance: MAX - 3n,
    });
  });

  it('may end it at any time, and offer anew', async () => {
    await sponsored('ENDS');
    await choose('ENDS');
    await sponsored('ENDS', ENOUGH, 0n);
    assert.equal((await publish(['ENDS'])).events[0]?.fee, 0n);
    await sponsored('ENDS');
    assert.ok(((await publish(['ENDS'])).events[0]?.fee ?? 0n) > 0n);
  });

  it('pays the premium of the policy too, and the network fee up to its ceiling', async () => {
    await sponsored('PREMIUM');
    await choose('PREMIUM');
    const premium = 777n;
    const premiums = [0n, 0n, 0n, 0n, premium, 0n];
    await world.run(world.owner, setPolicy(world, { premiums, networkFeeCeiling: 1_000_001n }));
    const { applied, events } = await publish(['PREMIUM']);
    assert.equal(events[0]?.fee, applied.systemFee + 1_000_001n + premium);
    const { events: free } = await publish(['FREE']);
    assert.equal(free[0]?.fee, 0n);
    await world.run(world.owner, setPolicy(world));
  });

  it('costs a round as much on trial, where there are no fees, as in the block', async () => {
    await sponsored(LONGEST);
    await choose(LONGEST);
    await publish([LONGEST]);
    const script = world.calls.submitPrices([priceOf(LONGEST, ++timestamp)]);
    const trial = await world.network.trial(world.node, script);
    const systemFee = trial.gasConsumed;
    const applied = await world.run(world.node, script, { systemFee });
    assert.equal(applied.gasConsumed, systemFee);
  });

  it('is not taken while the gateway is paused, but may end it', async () => {
    const { network, calls, accounts, owner } = world;
    await world.run(owner, calls.pause(true));
    const refusal = 'the gateway is paused: it takes no new sponsors of feeds';
    await refuses(network, accounts.user, calls.sponsorFeed('PAUSED', 1n, 1n), refusal);
    await sponsored('PAUSED', 1n, 0n);
    await world.run(owner, calls.pause(false));
  });
});
