import assert from 'node:assert/strict';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readGatewayKeys } from '../../src/chain/gateway-keys.js';
import { walletFilesOf } from '../../src/config/wallet-config.js';
import { readWalletEntries } from '../../src/config/wallet-file.js';
import { runCliProcess } from '../cli/cli-process.js';
import { commandLine } from '../cli/command-line.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { KILLED } from './node-process.js';
import { type RunningNode, startNode } from './running-node.js';

/**
 * Where it is killed: when something is sent and in no block yet, or when a step is done. What was
 * sent is in its block when the next run looks: that is the death of the step that is done.
 */
const DEATHS = [
  'create',
  'proposeNodeAccount sent',
  'fund',
  'acceptNodeAccount sent',
  'switch',
  'collect sent',
  'transfer sent',
  'retire',
];

describe('a rotation whose process is killed after each step', function () {
  this.timeout(300_000);
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

  it('is finished by running it again, and does nothing twice', async () => {
    const { config, folder, network, gateway } = fixture;
    const spec = specOf(fixture, '/asked');
    const asked = () => ask(fixture, [consumerAsks(fixture, { spec })]);
    const [before] = readWalletEntries(walletFilesOf(config).file);
    const ids = [...(await asked()).ids];
    await running.untilEnded(ids);
    const common = ['keys', 'rotate', '--kind', 'node', '--config', config.file];
    const words = [...common, '--sweep', '--fund', '20', '--overlap', '200'];
    for (const [at, death] of DEATHS.entries()) {
      const continues = at === 0 ? [] : ['--continue'];
      const { exitCode, text } = await runCliProcess(folder, death, [...words, ...continues]);
      assert.equal(exitCode, KILLED, `${death}: ${text}`);
      if (/^accept|^switch/.test(death)) {
        const status = await cli.run('keys', 'status', '--config', config.file);
        assert.match(status.out, /A rotation of the node account is under way/);
        assert.match(status.out, death === 'switch' ? /^retire /m : /^accept |^switch /m);
        const more = (await asked()).ids;
        await running.untilEnded(more);
        ids.push(...more);
      }
    }
    const last = await runCliProcess(folder, '', [...words, '--continue']);
    assert.deepEqual([last.exitCode, last.text], [0, 'No rotation is under way.\n']);
    await assertBooksMatchChain(network, gateway, running.db);
    const sent = running.db
      .prepare(
        `SELECT purpose, state, COUNT(*) AS count FROM sent_transaction
           WHERE account = ? AND purpose IN ('key', 'order', 'collect')
           GROUP BY purpose, state ORDER BY purpose`,
      )
      .all(before?.account)
      .map((row) => Object.values(row as object).join(' '));
    assert.deepEqual(sent, ['collect halted 1', 'key halted 1', 'order halted 2']);
    const [entry] = readWalletEntries(walletFilesOf(config).file);
    const keys = await readGatewayKeys(network.rpc, gateway);
    assert.equal(keys.nodeAccount, entry?.account);
    assert.equal(running.node.status().wallet?.account, entry?.account);
    const faults = running.db.prepare('SELECT COUNT(*) AS count FROM own_fault').get();
    assert.deepEqual(faults, { count: 0n });
  });
});
