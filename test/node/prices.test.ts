import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { sha256 } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { createRoundPredictionStore } from '../../src/gasbank/round-prediction-store.js';
import { createRoundStore } from '../../src/prices/round-store.js';
import { commandLine } from '../cli/command-line.js';
import { feedText, startVenues, type Telling } from '../prices/misbehaving-venues.js';
import { storedAnswer } from './answers.js';
import { ask, consumerAsks, MAX_FEE } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

const SETTINGS = ['pollInterval: 100ms', 'heartbeat: 1h', 'staleness: 1m'];
const ALL = { a: 'USD', b: 'USD', c: 'USD', d: 'USD' };

describe('a node with price feeds', function () {
  this.timeout(90_000);
  let network: PrivateNetwork;
  let fixture: NodeFixture;
  let venues: Awaited<ReturnType<typeof startVenues>>;
  const shell = commandLine();
  const market: Record<string, string | null> = {};
  const telling = (name: string): Telling => {
    return () => {
      const price = market[name] ?? null;
      return price === null ? null : { price, timeMs: Date.now() };
    };
  };

  before(async () => {
    network = await sharedNetwork();
    venues = await startVenues({
      ...{ a: telling('a'), b: telling('b'), c: telling('c'), d: telling('d') },
    });
  });
  beforeEach(async () => {
    fixture = await nodeFixture(network);
    set('3.00');
  });
  afterEach(async () => {
    await fixture?.stop();
  });
  after(async () => {
    shell.remove();
    await venues?.close();
  });

  /** What all venues say, but for `d`, which is ten times off. */
  function set(price: string): void {
    for (const name of ['a', 'b', 'c']) market[name] = price;
    market.d = String(Number(price) * 10);
  }

  function configWith(pairs: Readonly<Record<string, readonly string[]>>): NodeConfig {
    const feedPaths = Object.entries(pairs).map(([pair, settings]) => {
      const file = join(fixture.folder, `${pair.replace('/', '-')}.yaml`);
      const text = feedText(pair, venues.origin, ALL, [...SETTINGS, ...settings]);
      writeFileSync(file, text.replaceAll('heartbeat: 1h', settings.length ? '' : 'heartbeat: 1h'));
      return file;
    });
    const hosts = [{ host: '127.0.0.1', http: true }];
    const { http } = fixture.config;
    return {
      ...fixture.config,
      http: { ...http, allow: { hosts, cidrs: [] } },
      prices: { feedPaths },
    };
  }

  const answer = async (method: 'httpAnswerOf' | 'functionAnswerOf', id: bigint) =>
    (await storedAnswer(fixture, method, id)).result;
  const onChain = (pair: string) =>
    readContract(network.rpc, gatewayReads(fixture.gateway).latestPrice(pair));
  const roundsOf = (running: RunningNode, pair: string): bigint =>
    createRoundStore(running.db).latest(pair)?.round ?? 0n;

  async function withNode<T>(
    config: NodeConfig,
    work: (running: RunningNode) => Promise<T>,
  ): Promise<T> {
    const running = await startNode(config);
    try {
      return await work(running);
    } finally {
      await running.stop();
    }
  }

  it('publishes without the liar, on deviation, and all that is due in one transaction', () =>
    withNode(configWith({ 'GAS/USD': [], 'NEO/USD': [] }), async (running) => {
      await running.until('both are on the chain', () =>
        ['GAS/USD', 'NEO/USD'].every((pair) => roundsOf(running, pair) === 1n),
      );
      const rounds = createRoundStore(running.db);
      const [gas, neo] = ['GAS/USD', 'NEO/USD'].map((pair) => rounds.latest(pair));
      assert.equal(gas?.price, 300_000_000n);
      assert.equal(neo?.price, 300_000_000n);
      const read = await onChain('GAS/USD');
      assert.equal(read?.price, 300_000_000n);
      assert.equal(read?.timestamp, gas?.timestampMs);
      // Twice the deviation is published at once.
      set('3.04');
      await running.until('the next round', () => roundsOf(running, 'GAS/USD') === 2n);
      assert.equal(rounds.latest('GAS/USD')?.price, 304_000_000n);
      // While the market swings both are due again and again: some block finds them together.
      const together = running.db.prepare(
        'SELECT tx FROM price_round GROUP BY tx HAVING COUNT(*) = 2',
      );
      await running.until('both in one transaction', () => {
        set(Math.floor(Date.now() / 500) % 2 === 0 ? '3.00' : '3.08');
        return together.get() !== undefined;
      });
      const metrics = await running.metricsText();
      assert.match(metrics, /dodona_price_rejections_total\{pair="GAS\/USD",source="d",why="outl/);
      assert.match(metrics, /dodona_price_quorum\{pair="GAS\/USD"\} 1/);
      assert.match(metrics, /dodona_price_age_seconds\{pair="GAS\/USD"\} [\d.]+/);
      await assertBooksMatchChain(network, fixture.gateway, running.db);
    }));

  it('holds a jump until a second poll confirms it, and publishes nothing below quorum', () =>
    withNode(configWith({ 'GAS/USD': [] }), async (running) => {
      await running.until('the first round', () => roundsOf(running, 'GAS/USD') === 1n);
      // Nobody agrees: nothing is published, and it is told.
      for (const [name, price] of Object.entries({ a: '3.3', b: '4', c: '5', d: '6' })) {
        market[name] = price;
      }
      await running.until('it is told', () => running.logText().includes('has no quorum'));
      assert.match(await running.metricsText(), /dodona_price_quorum\{pair="GAS\/USD"\} 0/);
      const [feed] = running.node.status().prices ?? [];
      assert.deepEqual([feed?.pair, feed?.latest?.round, feed?.isHeld], ['GAS/USD', 1n, false]);
      assert.deepEqual([feed?.hasQuorum, feed?.latest?.price], [false, '3']);
      assert.ok(feed?.ageMs !== null && feed?.ageMs !== undefined && feed.ageMs < 60_000);
      assert.equal(roundsOf(running, 'GAS/USD'), 1n);
      set('3.9');
      await running.until('the jump is published', () => roundsOf(running, 'GAS/USD') === 2n);
      const decisions = running.db
        .prepare('SELECT why FROM price_poll WHERE pair = ? ORDER BY id')
        .pluck()
        .all('GAS/USD') as string[];
      const held = decisions.findIndex((why) => /more than the breaker's 1000 bp: held/.test(why));
      const confirmed = decisions.findIndex((why) => /and a second poll confirms it/.test(why));
      assert.ok(held >= 0 && confirmed > held, decisions.join('\n'));
      assert.equal(createRoundStore(running.db).latest('GAS/USD')?.price, 390_000_000n);
    }));

  it('publishes on heartbeat though nothing moves', () =>
    withNode(configWith({ 'GAS/USD': ['heartbeat: 1s'] }), async (running) => {
      await running.until('three rounds', () => roundsOf(running, 'GAS/USD') >= 3n);
      assert.match(running.logText(), /"price sent".*\(heartbeat 1\.0 s\)/);
    }));

  it('is paid back by the sponsor that the owner chose, in the books as well', async () => {
    const { owner, gateway } = fixture;
    const calls = gatewayCalls(gateway);
    const amount = parseGas('10');
    await mustHalt(network.send(owner, calls.deposit(owner.hash, amount)).then(network.applied));
    await mustHalt(
      network
        .send(owner, calls.sponsorFeed('GAS/USD', parseGas('1'), amount))
        .then(network.applied),
    );
    await mustHalt(
      network.send(owner, calls.chooseFeedSponsor('GAS/USD', owner.hash)).then(network.applied),
    );
    await withNode(configWith({ 'GAS/USD': [] }), async (running) => {
      await running.until('the first round', () => roundsOf(running, 'GAS/USD') === 1n);
      const round = createRoundStore(running.db).latest('GAS/USD');
      assert.equal(round?.payer, owner.hash);
      assert.ok((round?.fee ?? 0n) > 0n);
      // Foretold to the datoshi before it was signed.
      const { pair, payer, fee, tx } = round ?? assert.fail();
      const predicted = createRoundPredictionStore(running.db).of(tx);
      assert.deepEqual(predicted, [{ pair, payer, fee }]);
      assert.equal(round?.chargeDifference, null);
      await assertBooksMatchChain(network, fixture.gateway, running.db);
    });
  });

  it('answers requests and functions with the round of their block, and can prove it', () =>
    withNode(configWith({ 'GAS/USD': [] }), async (running) => {
      await running.until('the first round', () => roundsOf(running, 'GAS/USD') === 1n);
      const { owner, gateway, consumer } = fixture;
      const source = `export default async ({ pair }, ctx) => {
        const { text, round } = await ctx.price(pair);
        return { twice: ctx.decimal.mul(text, 2), round };
      };`;
      const code = { codeHash: sha256(source).toString('hex'), source, uri: '' };
      const registered = gatewayCalls(gateway).registerFunction('f', code);
      const { stack } = await mustHalt(network.send(owner, registered).then(network.applied));
      const functionId = asInteger(stack[0] ?? assert.fail(), 'functionId');
      const call = (pair: string): Buffer =>
        callScript(consumer, 'askFunction', [functionId, utf8(JSON.stringify({ pair })), MAX_FEE]);
      const spec = JSON.stringify({ url: 'price:GAS/USD' });
      const { ids } = await ask(fixture, [
        consumerAsks(fixture, { spec, filter: '$.price' }),
        consumerAsks(fixture, { spec: JSON.stringify({ url: 'price:NO/USD' }) }),
        call('GAS/USD'),
        call('NO/USD'),
      ]);
      await running.untilEnded(ids);
      assert.deepEqual(
        ids.map((id) => running.explain(id).code),
        [0, 20, 0, 255],
      );
      const [price = 0n, , computed = 0n] = ids;
      assert.deepEqual(JSON.parse(await answer('httpAnswerOf', price)), [300_000_000]);
      assert.deepEqual(JSON.parse(await answer('functionAnswerOf', computed)), {
        twice: '6',
        round: 1,
      });
      // By the bundle alone: the prices are in it.
      for (const id of ids) {
        const words = ['verify', String(id), '--json', '--config', fixture.config.file];
        const { exitCode, out, err } = await shell.run(...words);
        assert.equal(exitCode, 0, out + err);
        assert.equal(JSON.parse(out).verdict, 'verified');
      }
    }));

  it('publishes each round once though two nodes of one account do', async () => {
    const config = configWith({ 'GAS/USD': ['heartbeat: 1s'] });
    const twin = { ...config, storage: { dir: join(fixture.folder, 'twin') } };
    await withNode(config, (one) =>
      withNode(twin, async (other) => {
        await one.until('six rounds', () => roundsOf(one, 'GAS/USD') >= 6n);
        await other.until('they are known there', () => roundsOf(other, 'GAS/USD') >= 6n);
        const told = [one, other].map(
          ({ db }) =>
            db
              .prepare(
                'SELECT round, timestamp_ms, tx FROM price_round WHERE round <= 6 ORDER BY round',
              )
              .all() as { round: bigint; timestamp_ms: bigint; tx: string }[],
        );
        assert.deepEqual(told[0], told[1]);
        const times = (told[0] ?? []).map(({ timestamp_ms: at }) => at);
        assert.ok(times.every((at, place) => place === 0 || at > (times[place - 1] ?? 0n)));
        assert.doesNotMatch(one.logText() + other.logText(), /FAULTed/);
      }),
    );
  });

  it('publishes once though it is killed between keeping a transaction and sending it', async () => {
    const given = configWith({ 'GAS/USD': [] });
    // On a busy machine a restart takes longer than the usual ten short blocks.
    const pipeline = { ...given.pipeline, validUntilBlocks: 2_000 };
    const config = { ...given, pipeline };
    const stopAt = new Error('killed');
    let isArmed = true;
    const crashed = await startNode(config, {
      crashPoint(at) {
        if (at !== 'persisted' || !isArmed) return;
        isArmed = false;
        throw stopAt;
      },
      waitsUntilInStep: false,
    });
    await assert.rejects(crashed.node.ended, stopAt);
    await crashed.stop();
    assert.equal(await onChain('GAS/USD'), null);
    await withNode(config, async (running) => {
      const kept = running.db
        .prepare("SELECT hash FROM sent_transaction WHERE purpose = 'price'")
        .pluck()
        .all() as string[];
      assert.equal(kept.length, 1);
      await running.until('the round', () => roundsOf(running, 'GAS/USD') === 1n);
      assert.equal(createRoundStore(running.db).latest('GAS/USD')?.tx, kept[0]);
      await assertBooksMatchChain(network, fixture.gateway, running.db);
    });
  });
});
