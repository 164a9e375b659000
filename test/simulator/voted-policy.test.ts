import assert from 'node:assert/strict';
import {
  type OwnPrivateNetwork,
  startPrivateNetwork,
} from '../../scripts/devnet/private-network.js';
import { POLICY_CONTRACT } from '../../src/chain/native-contracts.js';
import { readNetworkPolicy } from '../../src/chain/policy.js';
import { callScript } from '../../src/chain/script.js';
import { openScenario, playOn, type ScenarioRecord } from './play-scenario.js';

const SEED = 11;
const ROUNDS = 8;
/** About a tenth of the first ones, as on mainnet. */
const VOTED = { execFeeFactor: 3n, storagePrice: 10_000n, feePerByte: 500n } as const;

describe('the simulated chain after a vote of the committee', function () {
  this.timeout(180_000);
  let network: OwnPrivateNetwork;

  // A network of its own: the shared one keeps its policy.
  before(async () => {
    network = await startPrivateNetwork({ blockMs: 100 });
  });
  after(() => network?.stop());

  it('asks the fees that neo-go asks, and ends all as it does', async () => {
    const seen: ScenarioRecord = { met: new Map(), gas: [] };
    const world = await openScenario(SEED, seen, network);
    const { chain, simulatedRpc, advance } = world.twins;
    await playOn(world, ROUNDS, seen);
    const dear = seen.gas.length;
    const vote = Buffer.concat([
      // In 1e-4 datoshi, since the hardfork Faun.
      callScript(POLICY_CONTRACT, 'setExecFeeFactor', [VOTED.execFeeFactor * 10_000n]),
      callScript(POLICY_CONTRACT, 'setStoragePrice', [VOTED.storagePrice]),
      callScript(POLICY_CONTRACT, 'setFeePerByte', [VOTED.feePerByte]),
    ]);
    const { state, exception, blockIndex } = await network.applied(
      await network.send(network.committee, vote),
    );
    assert.equal(state, 'HALT', exception ?? '');
    await advance();
    chain.setPolicy(VOTED);
    await network.waitForBlock(blockIndex + 2);
    await advance();
    const [real, simulated] = await Promise.all(
      [network.rpc, simulatedRpc].map((rpc) => readNetworkPolicy(rpc)),
    );
    assert.deepEqual(simulated, real);
    await playOn(world, ROUNDS, seen);
    assert.ok(seen.gas.length > dear, 'something was done at the new prices');
  });
});
