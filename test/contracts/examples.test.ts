import assert from 'node:assert/strict';
import { deployContracts, readContract } from '../../scripts/devnet/contracts.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract as readValue } from '../../src/chain/contract-read.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { asBoolean, asInteger } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf, gasBalance } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { priceOf, published, timeOf } from './prices.js';
import { refuses } from './refusals.js';
import { nextRun, perform, registeredBy, UPKEEP_FEE, upkeepIds } from './upkeeps.js';

const HOUR_MS = 3_600_000;

describe('the example that reads prices', () => {
  let world: GatewayWorld;
  let example: Hash160;
  before(async () => {
    world = await gatewayWorld();
    const contract = await readContract('prices');
    const [hash] = await deployContracts(world.network, world.owner, [
      { contract, data: world.gateway },
    ]);
    example = hash ?? assert.fail('not deployed');
  });
  after(() => world.network.disconnect());

  const call = (method: string, ...args: ScriptArg[]) => callScript(example, method, args);
  const read = async (method: string, ...args: ScriptArg[]) =>
    asInteger(await world.network.read(example, method, args), method);
  const refusesRead = (script: Buffer, refusal: string) =>
    refuses(world.network, world.owner, script, refusal);
  const pair = utf8('GAS/USD');

  it('takes a price that is there and not too old', async () => {
    await refusesRead(call('fresh', pair, HOUR_MS), 'no price of this pair was published');
    const now = await timeOf(world);
    await world.run(...published(world, [priceOf('GAS/USD', now - 5_000, { price: 4n })]));
    assert.equal(await read('fresh', pair, HOUR_MS), 4n);
    await refusesRead(call('fresh', pair, 4_000), 'the latest price of this pair is too old');
  });

  it('values by the lower of the latest price and the mean', async () => {
    const now = await timeOf(world);
    const [low, high] = [parseGas('2'), parseGas('8')];
    const rounds = [
      priceOf('NEO/USD', now - HOUR_MS, { price: low }),
      priceOf('NEO/USD', now - 1_000, { price: high }),
    ];
    await world.run(...published(world, rounds));
    const amount = parseGas('10');
    const mean = await read('worth', utf8('NEO/USD'), amount, HOUR_MS, HOUR_MS / 2);
    assert.ok(mean >= parseGas('20') && mean < parseGas('21'), String(mean));
    await world.run(...published(world, [priceOf('NEO/USD', await timeOf(world), { price: 1n })]));
    assert.equal(await read('worth', utf8('NEO/USD'), amount, HOUR_MS, HOUR_MS / 2), 10n);
  });
});

describe('the example of an upkeep', () => {
  let world: GatewayWorld<'user' | 'heir'>;
  let example: Hash160;
  const PERIOD = 5;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user', 'heir'] });
    const contract = await readContract('upkeep');
    const data = [world.gateway, world.accounts.heir.hash, PERIOD];
    const [hash] = await deployContracts(world.network, world.owner, [{ contract, data }]);
    example = hash ?? assert.fail('not deployed');
  });
  after(async () => {
    await assertBooks(world, [example]);
    world.network.disconnect();
  });

  const call = (method: string, ...args: ScriptArg[]) => callScript(example, method, args);
  const pay = (amount: bigint) => {
    const { user } = world.accounts;
    return world.run(user, callScript(GAS_TOKEN, 'transfer', [user.hash, example, amount, null]));
  };
  const gasOf = (account: Hash160) => readValue(world.network.rpc, gasBalance(account));
  const isDue = async () => asBoolean(await world.network.read(example, 'isDue'), 'isDue');
  let id: bigint;

  it('is of a contract that registers it for itself, with credit of its own', async () => {
    const start = call('start', parseGas('20'), UPKEEP_FEE);
    await pay(parseGas('20'));
    await refuses(
      world.network,
      world.accounts.user,
      start,
      "only the contract's owner may do this",
    );
    assert.equal(await isDue(), false);
    const events = eventsOf(world, await world.run(world.owner, start));
    const registered = events.find((event) => event.name === 'UpkeepRegistered');
    assert.ok(registered?.name === 'UpkeepRegistered');
    ({ id } = registered);
    assert.deepEqual([registered.owner, registered.target], [example, example]);
    await refuses(world.network, world.owner, start, 'the upkeep is registered already');
    assert.equal((await balanceOf(world, example)).credit, parseGas('18'));
  });

  it('hands on what came in when it is due, and once a period', async () => {
    const { heir } = world.accounts;
    await pay(parseGas('3'));
    assert.equal(await isDue(), true);
    const before = await gasOf(heir.hash);
    const { applied, runs } = await perform(world, [await nextRun(world, id)]);
    assert.equal(runs[0]?.delivered, true);
    assert.equal(await gasOf(heir.hash), before + parseGas('3'));
    await pay(parseGas('1'));
    const early = await perform(world, [await nextRun(world, id)]);
    if (early.applied.blockIndex < applied.blockIndex + PERIOD) {
      assert.equal(early.runs[0]?.delivered, false, 'the condition is asked again');
    }
    await world.network.waitForBlock(applied.blockIndex + PERIOD);
    const later = await perform(world, [await nextRun(world, id)]);
    assert.equal(later.runs[0]?.delivered, early.runs[0]?.delivered === false);
    assert.equal(await gasOf(heir.hash), before + parseGas('4'));
  });

  it('takes no call but through the executor, and does nothing that is not due', async () => {
    const { owner, network, accounts } = world;
    const refusal = "only the gateway's executor may call";
    await refuses(network, owner, call('payOut'), refusal);
    // Anybody may register an upkeep of its method: nothing comes of it, at his cost.
    const [foreign = 0n] = await upkeepIds(world, [
      registeredBy(world, accounts.user, example, { method: 'payOut', args: [] }),
    ]);
    assert.equal(await isDue(), false);
    const before = await gasOf(accounts.heir.hash);
    const { runs } = await perform(world, [await nextRun(world, foreign)]);
    assert.deepEqual([runs[0]?.delivered, runs[0]?.owner], [true, accounts.user.hash]);
    assert.equal(await gasOf(accounts.heir.hash), before);
  });

  it('takes GAS alone', async () => {
    const { owner, network } = world;
    const payment = call('onNEP17Payment', owner.hash, 1, null);
    await refuses(network, owner, payment, 'only GAS can be handed on');
  });

  it('is stopped by its owner, who gets back the credit', async () => {
    const { owner, network, accounts } = world;
    await refuses(network, accounts.user, call('stop'), "only the contract's owner may do this");
    const events = eventsOf(world, await world.run(owner, call('stop')));
    assert.deepEqual(
      events.map(({ name }) => name),
      ['UpkeepCancelled'],
    );
    const { credit } = await balanceOf(world, example);
    await world.run(owner, call('withdrawCredit', credit));
    assert.equal((await balanceOf(world, example)).credit, 0n);
  });
});
