import assert from 'node:assert/strict';
import { readContract } from '../../src/chain/contract-read.js';
import type { PriceRound } from '../../src/chain/gateway-calls.js';
import { interopId } from '../../src/chain/interop-id.js';
import { CallFlags, Opcode, pushScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import type { StackItem } from '../../src/chain/stack-item.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf, storedKeys } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { PAIR_READERS, priceOf, pricesIn, published, timeOf } from './prices.js';
import { refuses } from './refusals.js';

const KEPT = 1024;
const AT_ONCE = 64;
/** Leaves the time of the block. */
const TIME = Buffer.concat([Buffer.from([Opcode.SYSCALL]), interopId('System.Runtime.GetTime')]);

describe('prices', () => {
  let world: GatewayWorld<'user' | 'heir'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user', 'heir'] });
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const publish = async (rounds: readonly PriceRound[]) => {
    const applied = await world.run(...published(world, rounds));
    return { applied, events: pricesIn(world, applied) };
  };
  const latest = (pair: string) => readContract(world.network.rpc, world.reads.latestPrice(pair));
  const at = (pair: string, round: bigint) =>
    readContract(world.network.rpc, world.reads.priceAt(pair, round));
  const refusesRounds = (rounds: ScriptArg, refusal: string, by = world.node) =>
    refuses(world.network, by, world.call('submitPrices', rounds), refusal);

  it('are published in rounds of several feeds at once, and read by everybody', async () => {
    const now = await timeOf(world);
    assert.equal(await latest('GAS/USD'), null);
    assert.equal(await at('GAS/USD', 1n), null);
    const rounds = [
      priceOf('GAS/USD', now - 10, { price: 451_234_567n, confidenceBps: 0 }),
      priceOf('Ω/€', now, { price: 1n, confidenceBps: 10_000 }),
    ];
    const { applied, events } = await publish(rounds);
    const none = { payer: null, fee: 0n };
    assert.deepEqual(eventsOf(world, applied), [
      { name: 'PriceUpdated', ...rounds[0], round: 1n, ...none },
      { name: 'PriceUpdated', ...rounds[1], round: 1n, ...none },
      { name: 'Earned', account: world.node.hash, amount: 0n },
    ]);
    assert.equal(events.length, 2);
    const { pair: _, ...first } = rounds[0] as PriceRound;
    assert.deepEqual(await latest('GAS/USD'), { ...first, decimals: 8, round: 1n });
    const next = priceOf('GAS/USD', now - 9, { price: 5n });
    await publish([next]);
    assert.equal((await latest('GAS/USD'))?.price, 5n);
    assert.deepEqual(await at('GAS/USD', 1n), { ...first, decimals: 8, round: 1n });
    assert.equal((await at('GAS/USD', 2n))?.timestamp, now - 9);
    assert.equal(await at('GAS/USD', 0n), null);
    assert.equal(await at('GAS/USD', 3n), null);
    assert.equal(await latest('GAS/EUR'), null);
    assert.equal((await balanceOf(world, world.node.hash)).earned, 0n);
  });

  it('come in order: a round that is not after the last one of its feed is skipped', async () => {
    const now = await timeOf(world);
    await publish([priceOf('NEO/USD', now - 100)]);
    const { events } = await publish([
      priceOf('NEO/USD', now - 101),
      priceOf('NEO/USD', now - 100),
      priceOf('NEO/USD', 0),
      priceOf('NEO/GAS', 0),
      priceOf('NEO/USD', now - 99),
      priceOf('NEO/USD', now - 99),
      priceOf('NEO/USD', now - 98),
    ]);
    assert.deepEqual(
      events.map(({ pair, timestamp, round }) => [pair, timestamp, round]),
      [
        ['NEO/GAS', 0, 1n],
        ['NEO/USD', now - 99, 2n],
        ['NEO/USD', now - 98, 3n],
      ],
    );
  });

  it('are not of a time after the block: such a round is skipped', async () => {
    const hour = 3_600_000;
    const now = await timeOf(world);
    const { events } = await publish([
      priceOf('BTC/USD', now + hour),
      priceOf('ETH/USD', now),
      priceOf('BTC/USD', Number.MAX_SAFE_INTEGER),
    ]);
    assert.deepEqual(
      events.map(({ pair }) => pair),
      ['ETH/USD'],
    );
    assert.equal(await latest('BTC/USD'), null);
    // To the millisecond: the trial tells the time that it has.
    const seen = new Set<boolean>();
    for (let off = -50; off <= 400; off += 25) {
      const timestamp = (await timeOf(world)) + off;
      const script = world.calls.submitPrices([priceOf('BTC/USD', timestamp)]);
      const ran = await world.network.trial(world.node, Buffer.concat([script, TIME]));
      const isPublished = ran.notifications.some(({ name }) => name === 'PriceUpdated');
      assert.equal(isPublished, timestamp <= Number(asInteger(ran.stack[1] as StackItem, 'time')));
      seen.add(isPublished);
    }
    assert.equal(seen.size, 2);
  });

  it('are more than 0 and have a confidence of at most 10000 basis points', async () => {
    const pair = utf8('GAS/USD');
    await refusesRounds([[pair, 0, 1, 0]], 'the price of a round is 0');
    await refusesRounds([[pair, 1, 1, 10_001]], 'confidenceBps of a round is more than 10000');
  });

  it('are of pairs of 1 to 32 bytes of UTF-8, wherever one is named', async () => {
    const { network, owner, reads } = world;
    const longest = 'p'.repeat(32);
    await publish([priceOf(longest, await timeOf(world))]);
    assert.ok(await readContract(network.rpc, reads.latestPrice(longest)));
    const more: Readonly<Record<(typeof PAIR_READERS)[number], readonly ScriptArg[]>> = {
      sponsorFeed: [1, 1],
      chooseFeedSponsor: [null],
      feedSponsorOf: [],
      feedSponsorshipOf: [owner.hash],
      latestPrice: [],
      priceAt: [1],
      twap: [1],
    };
    for (const [pair, refusal] of [
      [utf8('p'.repeat(33)), 'pair is longer than 32 bytes'],
      [Buffer.from([0x47, 0xff]), 'pair is not UTF-8'],
      [utf8(''), 'pair is empty'],
      [null, 'pair is empty'],
    ] as const) {
      await refusesRounds([[pair, 1, 1, 0]], refusal);
      for (const method of PAIR_READERS) {
        await refuses(network, owner, world.call(method, pair, ...more[method]), refusal);
      }
    }
  });

  it('are published by the node account alone, not by the one before it', async () => {
    const { owner, node, calls, accounts } = world;
    const refusal = "submitPrices needs the node account's witness";
    for (const by of [owner, accounts.user]) await refusesRounds([], refusal, by);
    await world.run(owner, calls.proposeNodeAccount(accounts.heir.hash));
    await world.run(accounts.heir, calls.acceptNodeAccount(1000));
    await refusesRounds([], refusal, node);
    await world.run(accounts.heir, calls.submitPrices([priceOf('GAS/USD', await timeOf(world))]));
    await world.run(owner, world.call('revokeNodeAccount'));
    await refusesRounds([], refusal, accounts.heir);
    await world.run(owner, calls.proposeNodeAccount(node.hash));
    await world.run(node, calls.acceptNodeAccount(0));
  });

  it('are at most 64 in one transaction, each [pair, price, timestamp, confidenceBps]', async () => {
    const good = [utf8('GAS/USD'), 1, 1, 0];
    const rounds = Array<ScriptArg>(AT_ONCE + 1).fill(good);
    await refusesRounds(rounds, 'more than 64 rounds in one submitPrices');
    const shape = 'a round is not [pair, price, timestamp, confidenceBps]';
    for (const round of [good.slice(1), [...good, null], []]) await refusesRounds([round], shape);
  });

  it('go on while the gateway is paused', async () => {
    await world.run(world.owner, world.calls.pause(true));
    const { events } = await publish([priceOf('GAS/USD', await timeOf(world))]);
    assert.equal(events.length, 1);
    await world.run(world.owner, world.calls.pause(false));
  });

  describe('of which 1024 rounds of a feed are kept', () => {
    const PAIR = 'RING/USD';
    const rounds: PriceRound[] = [];
    before(async () => {
      const now = await timeOf(world);
      // Uneven in time and price, and more than one turn of the ring.
      for (let n = 0; n < KEPT + AT_ONCE; n++) {
        const timestamp = now - 1_000_000 + n * 700 + ((n * 7919) % 600);
        rounds.push(priceOf(PAIR, timestamp, { price: BigInt(1 + ((n * 104_729) % 1_000_003)) }));
      }
      for (let first = 0; first < rounds.length; first += AT_ONCE) {
        await publish(rounds.slice(first, first + AT_ONCE));
      }
    });

    const oldest = () => rounds.length - KEPT;
    const twapAt = (since: number) => world.call('twap', utf8(PAIR), since);

    it('reads those, and no older one', async () => {
      assert.equal(await storedKeys(world, `R${PAIR}`), KEPT);
      for (const place of [oldest(), oldest() + 1, rounds.length - 1]) {
        const found = await at(PAIR, BigInt(place + 1));
        assert.equal(found?.price, rounds[place]?.price);
        assert.equal(found?.timestamp, rounds[place]?.timestamp);
      }
      assert.equal(await at(PAIR, BigInt(oldest())), null);
      assert.equal(await at(PAIR, 1n), null);
      assert.equal((await latest(PAIR))?.round, BigInt(rounds.length));
    });

    it('tells their mean over time, to the last digit', async () => {
      const first = rounds[oldest()]?.timestamp ?? 0;
      const last = rounds.at(-1)?.timestamp ?? 0;
      const middle = rounds[oldest() + 400]?.timestamp ?? 0;
      const times = [first, first + 1, middle - 1, middle, middle + 1, last - 1, last, last + 50];
      for (const since of times) {
        const script = Buffer.concat([twapAt(since), TIME]);
        const { stack, state, exception } = await world.network.trial(world.node, script);
        assert.equal(state, 'HALT', exception ?? '');
        const [mean, now] = stack.map((item) => asInteger(item, 'figure'));
        assert.ok(mean !== undefined && now !== undefined);
        assert.equal(mean, meanOver(rounds, since, Number(now)), String(since - first));
      }
    });

    it('has no mean of a time before them, or that is not over', async () => {
      const first = rounds[oldest()]?.timestamp ?? 0;
      const { network, node } = world;
      const early = 'sinceTimestamp is before the oldest round that is kept of this pair';
      await refuses(network, node, twapAt(first - 1), early);
      await refuses(network, node, twapAt(0), early);
      const late = "sinceTimestamp is not before the block's time";
      await refuses(network, node, twapAt((await timeOf(world)) + 60_000), late);
      // At the very time of the block, which only the script itself can know.
      const call = [CallFlags.All, utf8('twap'), world.gateway].map(pushScript);
      const args = [TIME, pushScript(utf8(PAIR)), pushScript(2), Buffer.from([Opcode.PACK])];
      const contractCall = interopId('System.Contract.Call');
      const now = [...args, ...call, Buffer.from([Opcode.SYSCALL]), contractCall];
      await refuses(network, node, Buffer.concat(now), late);
      const none = 'twap has no round of this pair';
      await refuses(network, node, world.call('twap', utf8('NONE/USD'), 1), none);
    });
  });
});

/** Each price holds until the next round, the last one until now. */
function meanOver(rounds: readonly PriceRound[], since: number, now: number): bigint {
  let sum = 0n;
  rounds.forEach(({ price, timestamp }, at) => {
    const begins = Math.max(timestamp, since);
    const ends = rounds[at + 1]?.timestamp ?? now;
    if (ends > begins) sum += price * BigInt(ends - begins);
  });
  return sum / BigInt(now - since);
}
