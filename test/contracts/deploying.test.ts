import assert from 'node:assert/strict';
import { createAccount, type DevnetAccount } from '../../scripts/devnet/account.js';
import {
  type DeployedGateway,
  deployGateway,
  gatewayHashes,
  readContract as readBuild,
} from '../../scripts/devnet/contracts.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { readTogether } from '../../src/chain/contract-read.js';
import { deployScript } from '../../src/chain/deploy.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { decodeGatewayEvent } from '../../src/chain/gateway-events.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { GAS_TOKEN, LEDGER_CONTRACT } from '../../src/chain/native-contracts.js';
import { assertScript, callScript, type ScriptArg } from '../../src/chain/script.js';
import { gasBalance } from './books.js';
import { refused, refuses, trialOf } from './refusals.js';

const NEO_TOKEN = hash160('0xef4073a0f2b305a38ec4050e4d3d28bc40ea63f5');
const EARLY = parseGas('3');

describe('deploying a gateway', () => {
  let network: PrivateNetwork;
  let owner: DevnetAccount;
  let hashes: DeployedGateway;
  const node = createAccount().hash;
  before(async () => {
    network = await sharedNetwork();
    owner = await network.newAccount(parseGas('1000'));
    hashes = await gatewayHashes(owner);
  });
  after(() => network.disconnect());

  const refusesData = async (data: ScriptArg, refusal: string) => {
    const { nef, manifest } = await readBuild('gateway');
    await refuses(network, owner, deployScript(nef, manifest, data), refusal);
  };

  for (const [at, what] of ['owner', 'nodeAccount', 'executor'].entries()) {
    it(`refuses an ${what} that is no account`, async () => {
      for (const bad of [null, Buffer.alloc(0), Buffer.alloc(19), Buffer.alloc(21)]) {
        const data = [owner.hash, node, hashes.executor].map((good, each) =>
          each === at ? bad : good,
        );
        await refusesData(data, `${what} in the deploy data is not a Hash160 (20 bytes)`);
      }
    });
  }

  for (const [at, what] of ['owner', 'nodeAccount'].entries()) {
    it(`refuses a native contract, the gateway or the executor as ${what}`, async () => {
      const natives: Hash160[] = [GAS_TOKEN, NEO_TOKEN, LEDGER_CONTRACT];
      for (const bad of [...natives, hashes.gateway, hashes.executor]) {
        const data = [owner.hash, node, hashes.executor].map((good, each) =>
          each === at ? bad : good,
        );
        const refusal = 'is a native contract, the gateway or the executor';
        await refusesData(data, `${what} in the deploy data ${refusal}`);
      }
    });
  }

  it('credits the owner with GAS that was there before it, and tells so', async () => {
    const { gateway } = hashes;
    const send = (token: Hash160, from: DevnetAccount, amount: bigint) =>
      network.invoke(from, token, 'transfer', [from.hash, gateway, amount, null]);
    // NEO too, which no gateway takes once it is there, and which brings GAS to who holds it.
    const [gas, neo] = await Promise.all([
      send(GAS_TOKEN, owner, EARLY),
      send(NEO_TOKEN, network.committee, 1_000n),
    ]);
    assert.deepEqual([gas.state, neo.state], ['HALT', 'HALT']);
    const { nef, manifest } = await readBuild('gateway');
    const data = [owner.hash, node, hashes.executor];
    const ran = await network.trial(owner, deployScript(nef, manifest, data));
    const [deposit] = ran.notifications.filter(({ contract }) => contract === gateway);
    assert.ok(deposit);
    const txHash = `0x${'00'.repeat(32)}` as const;
    assert.deepEqual(decodeGatewayEvent({ ...deposit, txHash, indexInBlock: 0 }), {
      name: 'Deposit',
      account: owner.hash,
      from: owner.hash,
      amount: EARLY,
    });
    await deployGateway(network, owner, node);
    const reads = gatewayReads(gateway);
    const { values } = await readTogether(network.rpc, [
      reads.creditOf(owner.hash),
      gasBalance(gateway),
      reads.owner(),
      reads.nodeAccount(),
      reads.executor(),
      reads.isPaused(),
      reads.pendingCount(),
      reads.version(),
    ]);
    const { executor } = hashes;
    assert.deepEqual(values, [EARLY, EARLY, owner.hash, node, executor, false, 0, 1]);
  });

  it('leaves GAS that nobody sent nowhere to go: it is refused', async () => {
    const { gateway } = hashes;
    // Only the gateway itself could move its NEO; a trial needs no signature for it.
    const move = assertScript(callScript(NEO_TOKEN, 'transfer', [gateway, owner.hash, 0n, null]));
    const ran = await trialOf(network, move, gateway, 'Global');
    refused(ran, 'a deposit without a sender names no account to credit');
  });

  it('credits nobody when nothing was there', async () => {
    const other = await network.newAccount(parseGas('1000'));
    const { gateway } = await deployGateway(network, other, node);
    const { values } = await readTogether(network.rpc, [
      gatewayReads(gateway).creditOf(other.hash),
      gasBalance(gateway),
    ]);
    assert.deepEqual(values, [0n, 0n]);
  });

  it('gives every gateway of one owner one place: a second is not deployed', async () => {
    const { nef, manifest } = await readBuild('gateway');
    const data = [owner.hash, node, hashes.executor];
    const ran = await network.trial(owner, deployScript(nef, manifest, data));
    assert.match(ran.exception ?? '', /contract already exists/);
    const { calls } = { calls: gatewayCalls(hashes.gateway) };
    const deposit = await network.trial(owner, calls.deposit(owner.hash, 1n));
    assert.equal(deposit.state, 'HALT');
  });
});
