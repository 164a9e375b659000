import assert from 'node:assert/strict';
import { readContract as readBuild } from '../../scripts/devnet/contracts.js';
import { hash160 } from '../../src/base/hash.js';
import { deployScript } from '../../src/chain/deploy.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { asHash160 } from '../../src/chain/stack-item-values.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { refuses, trialOf } from './refusals.js';

const ALL_FLAGS = 15;

describe('the executor', () => {
  let world: GatewayWorld<'user', 'target' | 'DodonaExecutor'>;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user'],
      contracts: ['target', 'DodonaExecutor'],
    });
  });
  after(() => world.network.disconnect());

  const call = (target = world.contracts.target) =>
    callScript(world.executor, 'call', [target, utf8('count'), [], ALL_FLAGS]);

  it('knows its gateway', async () => {
    const gateway = await world.network.read(world.executor, 'gateway');
    assert.equal(asHash160(gateway, 'gateway'), world.gateway);
  });

  it('is called by the gateway only', async () => {
    const { network, owner, node, contracts } = world;
    const refusal = 'only the gateway may call the executor';
    for (const sender of [owner, node]) await refuses(network, sender, call(), refusal);
    const args: ScriptArg[] = [contracts.target, utf8('count'), [], ALL_FLAGS];
    const through = callScript(contracts.target, 'call', [world.executor, utf8('call'), args]);
    await refuses(network, owner, through, refusal);
    // A witness of the gateway is none of its calls.
    const ran = await trialOf(network, call(), world.gateway, 'Global');
    assert.match(ran.exception ?? '', /only the gateway may call the executor/);
  });

  it('knows no gateway that is no account', async () => {
    const { network, accounts } = world;
    const { nef, manifest } = await readBuild('executor');
    const refusal = "the deploy data is not the gateway's Hash160 (20 bytes)";
    for (const data of [Buffer.alloc(19), Buffer.alloc(21), Buffer.alloc(0), null]) {
      const script = deployScript(nef, manifest, data);
      await refuses(network, accounts.user, script, refusal);
    }
  });

  it('takes no payment, and has neither owner nor update', async () => {
    const { network, accounts } = world;
    const { user } = accounts;
    const pay = callScript(GAS_TOKEN, 'transfer', [user.hash, world.executor, 1n, null]);
    const ran = await network.trial(user, pay);
    assert.equal(ran.state, 'FAULT');
    assert.match(ran.exception ?? '', /onNEP17Payment/);
    const state = await network.rpc.call<{
      manifest: { abi: { methods: readonly { name: string }[] } };
    }>('getcontractstate', [world.executor]);
    const names = state.manifest.abi.methods.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => !name.startsWith('_')),
      ['call', 'gateway'],
    );
  });

  it('is no update of anything either', async () => {
    const { nef, manifest } = await readBuild('executor');
    const script = callScript(world.contracts.DodonaExecutor, 'update', [nef, utf8(manifest)]);
    await refuses(world.network, world.owner, script, 'the executor is never updated');
    assert.notEqual(world.executor, hash160(world.contracts.DodonaExecutor));
  });
});
