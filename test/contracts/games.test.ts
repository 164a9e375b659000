import assert from 'node:assert/strict';
import { deployContracts, readContract } from '../../scripts/devnet/contracts.js';
import type { Hash160 } from '../../src/base/hash.js';
import { callScript, type ScriptArg } from '../../src/chain/script.js';
import { isNull } from '../../src/chain/stack-item-values.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { refuses } from './refusals.js';
import { MAX_RANDOM_FEE } from './requests.js';

describe('the example games', () => {
  let world: GatewayWorld<'ann'>;
  let games: Hash160;
  before(async () => {
    world = await gatewayWorld({ accounts: ['ann'] });
    const contract = await readContract('games');
    const [hash] = await deployContracts(world.network, world.owner, [
      { contract, data: world.gateway },
    ]);
    assert.ok(hash);
    games = hash;
  });
  after(() => world.network.disconnect());

  const call = (method: string, ...args: ScriptArg[]) => callScript(games, method, args);

  it('spend their credit for their owner only, on games that there are', async () => {
    const { network, owner, accounts } = world;
    const roll = call('roll', 1, 6, MAX_RANDOM_FEE);
    await refuses(network, accounts.ann, roll, 'only the owner may play');
    const upsideDown = call('roll', 6, 1, MAX_RANDOM_FEE);
    const refusal = 'the lowest number of a roll is above its highest';
    await refuses(network, owner, upsideDown, refusal);
    for (const cards of [0, 257]) {
      const deal = call('deal', cards, MAX_RANDOM_FEE);
      await refuses(network, owner, deal, 'cards is not from 1 to 256');
    }
  });

  it('end by the word of the gateway only', async () => {
    const { network, owner, node } = world;
    for (const forged of [
      call('onRoll', 1, [1, 6], 0, Buffer.alloc(32)),
      call('onDeal', 1, 52, 0, Buffer.alloc(32)),
    ]) {
      await refuses(network, owner, forged, 'only the gateway may end a game');
      await refuses(network, node, forged, 'only the gateway may end a game');
    }
    assert.ok(isNull(await network.read(games, 'numberOf', [1])));
  });
});
