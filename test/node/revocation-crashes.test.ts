import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { walletFileText } from '../../scripts/devnet/account.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { readGatewayKeys } from '../../src/chain/gateway-keys.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { runCliProcess } from '../cli/cli-process.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { KILLED } from './node-process.js';
import { type RunningNode, startNode } from './running-node.js';

/** When something is sent, and in no block yet. */
const DEATHS = ['revokeNodeAccount sent', 'collect sent', 'transfer sent'];

describe('a revocation whose process is killed', function () {
  this.timeout(300_000);
  let fixture: NodeFixture;
  let running: RunningNode | null = null;
  beforeEach(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const { folder, owner } = fixture;
    const wallet = await walletFileText([owner], 'of the owner');
    writeFileSync(join(folder, 'owner.json'), wallet, { mode: 0o600 });
    writeFileSync(join(folder, 'owner.password'), 'of the owner', { mode: 0o600 });
    running = await startNode(fixture.config);
    const spec = specOf(fixture, '/earned');
    await running.untilEnded((await ask(fixture, [consumerAsks(fixture, { spec })])).ids);
  });
  afterEach(async () => {
    await running?.stop();
    running = null;
    await fixture?.stop();
  });

  const run = async (death: string, ...words: string[]) => {
    const { config, folder } = fixture;
    const { exitCode, text } = await runCliProcess(folder, death, [
      ...words,
      ...['--config', config.file],
    ]);
    assert.equal(exitCode, death === '' ? 0 : KILLED, `${death}: ${text}`);
    return text;
  };
  const asOwner = () => [
    ...['--wallet', join(fixture.folder, 'owner.json')],
    ...['--password-file', join(fixture.folder, 'owner.password')],
  ];
  const revoke = (death: string) => run(death, 'keys', 'revoke', '--sweep', ...asOwner());
  const earned = () => {
    const { network, gateway, node } = fixture;
    return readContract(network.rpc, gatewayReads(gateway).earnedOf(node.hash));
  };
  const isRevoked = async () =>
    (await readGatewayKeys(fixture.network.rpc, fixture.gateway)).nodeAccount === null;
  /** Orders of the node's account, by purpose and state. */
  const sentOrders = () =>
    running?.db
      .prepare(
        `SELECT purpose, state, COUNT(*) AS count FROM sent_transaction
           WHERE purpose IN ('order', 'collect') GROUP BY purpose, state ORDER BY purpose`,
      )
      .all()
      .map((row) => Object.values(row as object).join(' '));

  it('with something on its way is finished by running it again, and nothing is sent twice', async () => {
    assert.ok(running);
    const { network, gateway, node } = fixture;
    for (const [at, death] of DEATHS.entries()) {
      const text = await revoke(death);
      if (at > 0) assert.match(text, /^revoked +before: the gateway has no node account/m);
      assert.equal(/revokes the node account/.test(text), at === 0, text);
    }
    const last = await revoke('');
    assert.match(last, /^swept +N\w+ has no more$/m);
    assert.doesNotMatch(last, /warning|^sent /m);
    assert.equal(await isRevoked(), true);
    assert.equal(await earned(), 0n);
    const balance = await network.read(GAS_TOKEN, 'balanceOf', [node.hash]);
    assert.ok(asInteger(balance, 'balance') < parseGas('0.1'));
    await assertBooksMatchChain(network, gateway, running.db);
    assert.deepEqual(sentOrders(), ['collect halted 1', 'order halted 1']);
  });

  it('between two steps goes on from there, also after gasbank collect', async () => {
    assert.ok(running);
    await revoke('revoke');
    assert.ok((await earned()) > 0n);
    const { owner, network, gateway } = fixture;
    const collects = ['gasbank', 'collect', 'all', '--to', owner.address];
    assert.match(await run('', ...collects), /^done +in block \d+/m);
    assert.equal(await earned(), 0n);
    for (const death of ['collect', 'sweep', '']) {
      const text = await revoke(death);
      assert.doesNotMatch(text, /revokes the node|collects|warning/);
      assert.equal(/sends \d+\.\d+ GAS/.test(text), death === 'sweep', text);
    }
    await assertBooksMatchChain(network, gateway, running.db);
    assert.deepEqual(sentOrders(), ['collect halted 1', 'order halted 1']);
  });

  it('before anybody saw it is finished with what was signed, not with another', async () => {
    const { file } = fixture.config;
    // It must not be past its last block when the next run begins.
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, `${text}\npipeline:\n  validUntilBlocks: 3000\n`);
    await revoke('noted');
    assert.equal(await isRevoked(), false);
    const told = await revoke('');
    assert.match(told, /^revoked +before[\s\S]*collects 0\.\d+ GAS/m);
    assert.doesNotMatch(told, /revokes the node account|warning/);
    assert.equal(await isRevoked(), true);
    assert.equal(await earned(), 0n);
  });
});
