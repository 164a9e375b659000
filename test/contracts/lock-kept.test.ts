import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { holdsUntil, inNextBlock } from './in-next-block.js';
import { refused } from './refusals.js';
import { registeredBy, upkeepIds } from './upkeeps.js';

const LIFETIME = 6;

describe('the lock of a cancelled upkeep', () => {
  let world: GatewayWorld<'user' | 'anybody', 'target'>;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user', 'anybody'],
      contracts: ['target'],
      policy: { requestLifetime: LIFETIME },
    });
  });
  after(() => world.network.disconnect());

  it('is kept up to and including the block that was named', async () => {
    const { user, anybody } = world.accounts;
    const refusal = 'the upkeep is cancelled already, and what is locked cannot be given back yet';
    await holdsUntil('the lock is kept', async () => {
      const [id = 0n] = await upkeepIds(world, [registeredBy(world, user, world.contracts.target)]);
      const cancel = world.calls.cancelUpkeep(id);
      const { blockIndex } = await world.run(user, cancel);
      const look = async (): Promise<{ index: number; holds: boolean }> => {
        const nothing = Buffer.alloc(0);
        const { index } = await inNextBlock(world, anybody, nothing);
        const ran = await world.network.trial(anybody, cancel);
        const again = await inNextBlock(world, anybody, nothing);
        if (index !== again.index) return look();
        if (ran.state === 'FAULT') refused(ran, refusal);
        return { index, holds: ran.state === 'FAULT' };
      };
      return { last: blockIndex + LIFETIME, look };
    });
  });
});
