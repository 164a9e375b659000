import assert from 'node:assert/strict';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { publicKeyId } from '../../src/base/sealed-box.js';
import { readGatewayKeys } from '../../src/chain/gateway-keys.js';
import { openRandomKeys } from '../../src/node/open-random.js';
import { runCliProcess } from '../cli/cli-process.js';
import { responsesTo } from './answers.js';
import { ask } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { deployGames, rolls } from './draws.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { KILLED } from './node-process.js';
import { type RunningNode, startNode } from './running-node.js';

/**
 * Where it is killed: when a step is done, or when something is sent and in no block yet. In the
 * one that follows the second, the proposal is in its block.
 */
const DEATHS = ['create', 'proposeRandomKey sent', 'retire'];

describe('a rotation of the random key whose process is killed', function () {
  this.timeout(300_000);
  let fixture: NodeFixture;
  let games: Hash160;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), {
      drawsNumbers: true,
      nodeGas: parseGas('300'),
    });
    games = await deployGames(fixture, parseGas('100'));
    running = await startNode(fixture.config);
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  const rotate = async (death: string, ...more: string[]) => {
    const { config, folder } = fixture;
    const words = ['keys', 'rotate', '--kind', 'random', ...more, '--config', config.file];
    const { exitCode, text } = await runCliProcess(folder, death, words);
    assert.equal(exitCode, death === '' ? 0 : KILLED, `${death}: ${text}`);
    return text;
  };
  const held = () => openRandomKeys(fixture.config).publicKeys().map(publicKeyId);
  const current = async () => {
    const { rpc } = fixture.network;
    return (await readGatewayKeys(rpc, fixture.gateway)).randomKey;
  };
  const drawn = async () => {
    const { ids } = await ask(fixture, [rolls(games, 1n, 6n)]);
    const [response] = await responsesTo(fixture, running, ids);
    assert.equal(response?.delivered, true);
  };
  /** The proposals, by state. */
  const proposals = () =>
    running.db
      .prepare(
        `SELECT state, COUNT(*) AS count FROM sent_transaction
           WHERE purpose = 'key' GROUP BY state`,
      )
      .all()
      .map((row) => Object.values(row as object).join(' '));

  it('goes on when it is run again, makes one key, and proposes it once', async () => {
    const [first] = held();
    const before = (await current()).keyId;
    for (const [at, death] of DEATHS.entries()) {
      const text = await rotate(death);
      const isSaid = /^note +a rotation is under way: this finishes it, and begins no/m.test(text);
      assert.equal(isSaid, at > 0, text);
      await drawn();
    }
    const { keyId, publicKey } = await current();
    assert.equal(keyId, before + 1n);
    const now = held();
    assert.deepEqual(now, [publicKey === null ? '' : publicKeyId(publicKey)]);
    assert.notEqual(now[0], first);
    await rotate('', '--continue');
    assert.deepEqual(held(), now);
    assert.deepEqual(proposals(), ['halted 1']);
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('after the proposal only moves the former key aside', async () => {
    await rotate('propose');
    const { keyId } = await current();
    assert.equal(held().length, 2);
    const text = await rotate('');
    assert.match(text, /a rotation is under way[\s\S]*^retired +\w{16}: it is in/m);
    assert.equal((await current()).keyId, keyId);
    assert.equal(held().length, 1);
    assert.deepEqual(proposals(), ['halted 2']);
    await drawn();
  });
});
