import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createAccount } from '../../scripts/devnet/account.js';
import {
  type CompiledContract,
  deployConsumer,
  deployContracts,
  readContract,
} from '../../scripts/devnet/contracts.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { sha256 } from '../../src/base/bytes.js';
import { NodeError } from '../../src/base/node-error.js';
import { contractHash } from '../../src/chain/deploy.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { walletFilesOf } from '../../src/config/wallet-config.js';
import { DATABASE_FILE } from '../../src/node.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { refusalOf } from './refusal.js';
import { makeNode, startNode } from './running-node.js';

describe('a node refuses to start', function () {
  this.timeout(60_000);
  let network: PrivateNetwork;
  let fixture: NodeFixture;
  before(async () => {
    network = await sharedNetwork();
    fixture = await nodeFixture(network);
  });
  after(async () => {
    await fixture?.stop();
  });

  it('on another network, and writes nothing', async () => {
    const config = {
      ...elsewhere('other-network'),
      network: { ...fixture.config.network, magic: fixture.config.network.magic + 1 },
    };
    const error = await refusalOf(config);
    assert.match(error.code, /^(CHAIN_WRONG_NETWORK|RPC_WRONG_NETWORK)$/);
    assert.equal(error.retryable, false);
    assert.match(error.message, new RegExp(`${fixture.config.network.magic}`));
    assert.match(error.hint ?? '', /network\.magic/);
    assertNothingWritten(config);
  });

  it('for a gateway that is not there or is none, and writes nothing', async () => {
    const nowhere = { ...elsewhere('no-gateway'), gateway: gatewayAt(createAccount().hash) };
    const missing = await refusalOf(nowhere);
    assert.equal(missing.code, 'GATEWAY_MISSING');
    assert.match(missing.message, new RegExp(nowhere.gateway.hash));
    assertNothingWritten(nowhere);
    const consumer = await deployConsumer(network, await network.newAccount(), fixture.gateway);
    const other = { ...elsewhere('no-gateway'), gateway: gatewayAt(consumer) };
    const wrong = await refusalOf(other);
    assert.equal(wrong.code, 'GATEWAY_NOT_ONE');
    assert.match(wrong.hint ?? '', /gateway\.hash/);
    assertNothingWritten(other);
  });

  it('for a gateway of a version that it does not know, and writes nothing', async () => {
    const owner = await network.newAccount();
    const contract = ofVersion(await readContract('gateway'), 2);
    const hash = contractHash(owner.hash, contract.nef, contract.manifest);
    const data = [owner.hash, fixture.node.hash, createAccount().hash];
    await deployContracts(network, owner, [{ contract, data }]);
    const config = { ...elsewhere('new-version'), gateway: gatewayAt(hash) };
    const error = await refusalOf(config);
    assert.equal(error.code, 'GATEWAY_WRONG_VERSION');
    assert.match(error.message, /version 2.*speaks 1/);
    assertNothingWritten(config);
  });

  it('on a database of another gateway', async () => {
    const other = await nodeFixture(network);
    try {
      const first = await startNode(other.config);
      await first.stop();
      const { node } = makeNode({ ...fixture.config, storage: other.config.storage });
      const failure = await node
        .start()
        .then(() => node.ended)
        .catch((thrown: unknown) => thrown);
      await node.stop();
      assert.ok(failure instanceof NodeError, String(failure));
      assert.equal(failure.code, 'DB_OTHER_CHAIN');
      assert.match(failure.hint ?? '', /storage\.dir/);
    } finally {
      await other.stop();
    }
  });

  it('with a wallet that its password does not open, without a word of either', async () => {
    const { file } = walletFilesOf(fixture.config);
    const wallet = { ...fixture.config.wallet, files: { file, passwordFile: file } };
    const error = await refusalOf({ ...elsewhere('wallet'), wallet });
    assert.match(error.code, /WALLET|PASSWORD/);
    assert.ok(!error.message.includes(fixture.node.wif));
  });

  const elsewhere = (name: string): NodeConfig => ({
    ...fixture.config,
    storage: { dir: join(fixture.folder, name) },
  });
  const gatewayAt = (hash: NodeConfig['gateway']['hash']) => ({ hash, startBlock: null });
  const assertNothingWritten = ({ storage }: NodeConfig) =>
    assert.equal(existsSync(join(storage.dir, DATABASE_FILE)), false);
});

const PUSH0 = 0x10;
const RET = 0x40;
const CHECKSUM_BYTES = 4;

/** The contract with another number for its method `version` to return. */
function ofVersion({ nef, manifest }: CompiledContract, version: number): CompiledContract {
  const { methods } = (
    JSON.parse(manifest) as { abi: { methods: { name: string; offset: number }[] } }
  ).abi;
  const offset = methods.find(({ name }) => name === 'version')?.offset ?? 0;
  const changed = Buffer.from(nef);
  const at = scriptStart(nef) + offset;
  assert.deepEqual([...nef.subarray(at, at + 2)], [PUSH0 + 1, RET], 'it returns 1');
  changed[at] = PUSH0 + version;
  const body = changed.subarray(0, -CHECKSUM_BYTES);
  sha256(sha256(body))
    .subarray(0, CHECKSUM_BYTES)
    .forEach((byte, place) => {
      changed[body.length + place] = byte;
    });
  return { nef: changed, manifest };
}

/** The script is the last of a NEF but its checksum, with its length in two bytes before it. */
function scriptStart(nef: Buffer): number {
  for (let at = 0; at + 3 < nef.length; at++) {
    const length = nef.readUInt16LE(at + 1);
    if (nef[at] === 0xfd && at + 3 + length + CHECKSUM_BYTES === nef.length) return at + 3;
  }
  throw new Error('bug: no script in the NEF');
}
