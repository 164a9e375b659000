import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { walletFileText } from '../../scripts/devnet/account.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { commandLine } from '../cli/command-line.js';
import { responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

describe('the drill for a stolen key', function () {
  this.timeout(120_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), { nodeGas: parseGas('100') });
    running = await startNode(fixture.config);
  });
  after(async () => {
    cli.remove();
    await running?.stop();
    await fixture?.stop();
  });

  it('takes everything from the thief but what the account earns, and answers what waits', async () => {
    const { network, gateway, node, owner, config, folder } = fixture;
    const wallet = join(folder, 'owner.json');
    const password = join(folder, 'owner.password');
    writeFileSync(wallet, await walletFileText([owner], 'of the owner'), { mode: 0o600 });
    writeFileSync(password, 'of the owner', { mode: 0o600 });
    const asOwner = ['--wallet', wallet, '--password-file', password];
    const keys = async (...words: string[]) => {
      const { exitCode, out, err } = await cli.run('keys', ...words, '--config', config.file);
      assert.equal(exitCode, 0, out + err);
      return out;
    };
    const askOne = async (path: string) =>
      (await ask(fixture, [consumerAsks(fixture, { spec: specOf(fixture, path) })])).ids;
    const earned = await askOne('/earned');
    await running.untilEnded(earned);
    await keys('revoke', ...asOwner, '--dry-run');
    assert.equal(running.node.readiness().ready, true);

    const out = await keys('revoke', ...asOwner, '--sweep');
    // Revoked before anything waits for the account, which the thief could keep from a block.
    const inOrder =
      /revokes the node account[\s\S]*in block (\d+)[\s\S]*collects 0\.\d+ GAS of its earnings/;
    assert.match(out, inOrder);
    assert.match(out, /collects[\s\S]*in block \d+[\s\S]* sends \d+\.\d+ GAS to\s/);
    const audit = await cli.run('audit', 'list', '--json', '--config', config.file);
    const entries = audit.out.match(/"action":"node-key\.revoke","object":"node-key:N\w{33}"/g);
    assert.equal(entries?.length, 1, audit.out);
    const left = await readContract(network.rpc, gatewayReads(gateway).earnedOf(node.hash));
    assert.equal(left, 0n);
    assert.match(await keys('status'), /none: it was revoked; nothing is answered/);

    await network.fund(node.hash, parseGas('5'));
    const attempts: [string, Parameters<typeof network.invoke>[3]][] = [
      ['respond', [[[1n, 0, Buffer.from('x'), false, null]]]],
      ['performUpkeeps', [[]]],
      ['submitPrices', [[]]],
      ['proposeNodeAccount', [node.hash]],
      ['acceptNodeAccount', [0]],
      ['proposeRandomKey', [Buffer.alloc(96), Buffer.alloc(48)]],
      ['revokeNodeAccount', []],
      ['collect', [node.hash, node.hash, 1n]],
    ];
    for (const [method, args] of attempts) {
      const { state, exception } = await network.invoke(node, gateway, method, args);
      assert.equal(state, 'FAULT', method);
      assert.match(
        exception ?? '',
        /witness|only the owner|no node account|has earned|amount/,
        method,
      );
    }

    const waits = await askOne('/waits');
    await setTerms(fixture, { lifetime: 5 });
    const expires = await askOne('/expires');
    await network.waitForBlock((await network.height()) + 8);
    const rotated = await keys('rotate', '--kind', 'node', ...asOwner, '--fund', '20');
    assert.match(rotated, /The rotation is done\.$/m);
    await responsesTo(fixture, running, waits);
    await running.untilEnded(expires);
    assert.deepEqual(
      expires.map((id) => running.explain(id).state),
      ['expired'],
    );
    await running.until('ready', () => running.node.readiness().ready);
    assert.notEqual(running.node.status().wallet?.account, node.hash);
    await assertBooksMatchChain(network, gateway, running.db);
  });
});
