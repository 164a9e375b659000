import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readGatewayKeys } from '../../src/chain/gateway-keys.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { commandLine } from '../cli/command-line.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { giveKeyToSigner, type SignerProcess, startSigner } from './remote-signer-process.js';
import { type RunningNode, startNode } from './running-node.js';

describe("a rotation where the wallet is a signer's", function () {
  this.timeout(300_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let config: NodeConfig;
  let signer: SignerProcess;
  let running: RunningNode;
  let operatorFile: string;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), { nodeGas: parseGas('100') });
    const before = readFileSync(fixture.config.file, 'utf8');
    const given = giveKeyToSigner(fixture, ['maxPerHour: 100 GAS']);
    config = given.config;
    // As the signer's user has it: with the wallet, and a storage directory of his own.
    const dir = dirname(given.signerFile);
    operatorFile = join(dir, 'operator.config.yaml');
    const text = before
      .replace(/^ {2}file: .*wallet.*$/m, '  file: ./wallet.json')
      .replace(/^ {2}passwordFile: .*$/m, '  passwordFile: ./wallet.password')
      .replace(/^ {2}caFile: .*\n/m, '');
    writeFileSync(operatorFile, text, { mode: 0o600 });
    signer = await startSigner(given.signerFile, fixture.folder);
    running = await startNode(config);
  });
  after(async () => {
    cli.remove();
    await running?.stop();
    await signer?.stop();
    await fixture?.stop();
  });
  const asked = async (): Promise<bigint[]> => {
    const { ids } = await ask(fixture, [
      consumerAsks(fixture, { spec: specOf(fixture, '/asked') }),
    ]);
    return [...ids];
  };

  it('is made with the wallet, and the running node goes over to the new key', async () => {
    const first = await asked();
    await running.untilEnded(first);
    const words = ['keys', 'rotate', '--kind', 'node', '--fund', '20', '--overlap', '200'];
    const rotated = await cli.run(...words, '--config', operatorFile);
    assert.equal(rotated.exitCode, 0, rotated.err);
    const { nodeAccount } = await readGatewayKeys(fixture.network.rpc, fixture.gateway);
    assert.notEqual(nodeAccount, fixture.node.hash);
    await running.until(
      'the node signs as the new account',
      () => running.node.status().wallet?.account === nodeAccount,
      // A signer that is slow to open the new key is asked again within a minute.
      120_000,
    );
    const second = await asked();
    await running.untilEnded(second);
    for (const id of [...first, ...second]) assert.equal(running.explain(id).state, 'answered');
    const by = running.db
      .prepare(`SELECT DISTINCT account FROM sent_transaction WHERE purpose = 'respond'`)
      .all();
    assert.deepEqual(
      new Set(by.map((row) => Object.values(row as object)[0])),
      new Set([fixture.node.hash, nodeAccount]),
    );
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
    assert.equal(running.node.status().signer?.lastRefusal, null);
    // The node did not send the rotation's transactions, and says so; its books are right.
    assert.match(
      await running.metricsText(),
      /^dodona_foreign_transactions_total\{what="moved"\} 1$/m,
    );
  });
});
