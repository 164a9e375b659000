import assert from 'node:assert/strict';
import { readContract as readBuild } from '../../scripts/devnet/contracts.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { setMode } from './hostile.js';
import { registeredBy, runOf, upkeepIds } from './upkeeps.js';

const MINUTE_MS = 60_000;

/**
 * An upkeep by cron cannot be due before a minute is over. So that no test has to wait for it, a
 * copy of the gateway is made whose upkeep was registered an hour ago. The executor takes no calls
 * of a copy: nothing is delivered.
 */
describe('a run of an upkeep by cron', () => {
  let world: GatewayWorld<'user', 'target' | 'DodonaGateway'>;
  let id: bigint;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'], contracts: ['target', 'DodonaGateway'] });
    const { target, DodonaGateway } = world.contracts;
    await world.run(world.owner, setMode(target, ''));
    const trigger = 'cron:* * * * *';
    [id = 0n] = await upkeepIds(world, [
      registeredBy(world, world.accounts.user, target, { trigger }),
    ]);
    const { results } = await world.network.rpc.call<{
      results: readonly { key: string; value: string }[];
    }>('findstorage', [world.gateway, '', 0]);
    const puts = results.map(({ key, value }) => {
      const bytes = [key, value].map((each) => Buffer.from(each, 'base64'));
      const [name = Buffer.alloc(0), record = Buffer.alloc(0)] = bytes;
      const stored = name[0] === 'g'.charCodeAt(0) ? anHourAgo(record) : record;
      return callScript(DodonaGateway, 'setStorage', [name, stored]);
    });
    const { nef, manifest } = await readBuild('gateway');
    const becomes = callScript(DodonaGateway, 'update', [nef, utf8(manifest)]);
    await world.run(world.owner, Buffer.concat([...puts, becomes]));
  });
  after(() => world.network.disconnect());

  /** Names of the events that performing it on trial has, and the latest block's time. */
  const perform = async (dueOf: (timeMs: number) => number): Promise<string[]> => {
    const { network, contracts, node } = world;
    const height = await network.height();
    const { time } = await network.rpc.call<{ time: number }>('getblockheader', [height, 1]);
    const due = dueOf(time);
    const calls = gatewayCalls(contracts.DodonaGateway);
    const ran = await network.trial(node, calls.performUpkeeps([runOf(id, due)]));
    assert.equal(ran.state, 'HALT', ran.exception ?? '');
    // A minute that begins meanwhile makes the trial tell of another block.
    const { time: after } = await network.rpc.call<{ time: number }>('getblockheader', [
      await network.height(),
      1,
    ]);
    const soon = after + MINUTE_MS / 60;
    if (Math.floor(time / MINUTE_MS) !== Math.floor(soon / MINUTE_MS)) return perform(dueOf);
    return ran.notifications.map(({ name }) => name);
  };
  const minute = (timeMs: number) => Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;

  it('is made when its minute has begun', async () => {
    const ran = ['UpkeepPerformed', 'Earned'];
    assert.deepEqual(await perform(minute), ran);
    assert.deepEqual(await perform((time) => minute(time) - 30 * MINUTE_MS), ran);
  });

  it('is skipped before, and when it is before the last one', async () => {
    const skipped = ['Earned'];
    assert.deepEqual(await perform((time) => minute(time) + MINUTE_MS), skipped);
    assert.deepEqual(await perform((time) => minute(time) - 90 * MINUTE_MS), skipped);
  });
});

/** Of pack(due, ...) of contracts/gateway/storage.go: due lies from bit 63 on. */
function anHourAgo(record: Buffer): Buffer {
  const packed = BigInt(`0x${Buffer.from(record).reverse().toString('hex')}`);
  const earlier = packed - (BigInt(60 * MINUTE_MS) << 63n);
  return Buffer.from(earlier.toString(16).padStart(record.length * 2, '0'), 'hex').reverse();
}
