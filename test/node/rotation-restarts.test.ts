import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readGatewayKeys } from '../../src/chain/gateway-keys.js';
import { walletFilesOf } from '../../src/config/wallet-config.js';
import { readWalletEntries } from '../../src/config/wallet-file.js';
import { runCliProcess } from '../cli/cli-process.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { KILLED, startNodeProcess } from './node-process.js';
import { type RunningNode, startNode } from './running-node.js';

const TRY_AGAIN = 75;
/** More blocks than a test lasts. */
const LONG = 3_000;

describe('a rotation whose process is killed, and run again with the same words', function () {
  this.timeout(300_000);
  let fixture: NodeFixture;
  let running: RunningNode | null = null;
  beforeEach(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    running = null;
  });
  afterEach(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  const rotate = (death: string, ...more: string[]) => {
    const { config, folder } = fixture;
    const words = ['keys', 'rotate', '--kind', 'node', '--fund', '20'];
    const where = ['--overlap', String(LONG), '--config', config.file];
    return runCliProcess(folder, death, [...words, ...where, ...more]);
  };
  const dies = async (death: string): Promise<string> => {
    const { exitCode, text } = await rotate(death);
    assert.equal(exitCode, KILLED, `${death}: ${text}`);
    return text;
  };
  const assertRotated = async (): Promise<void> => {
    const { network, gateway, node, config } = fixture;
    const [entry, ...others] = readWalletEntries(walletFilesOf(config).file);
    assert.ok(entry !== undefined && others.length === 0);
    assert.notEqual(entry.account, node.hash);
    const { nodeAccount, proposed } = await readGatewayKeys(network.rpc, gateway);
    assert.deepEqual([nodeAccount, proposed], [entry.account, null]);
    await running?.until('it signs as the new one', () => {
      return running?.node.status().wallet?.account === entry.account;
    });
    assert.ok(running);
    await assertBooksMatchChain(network, gateway, running.db);
  };

  it('when it accepted, drained and retired, and nothing is begun anew', async () => {
    const { config } = fixture;
    const before = readFileSync(config.file, 'utf8');
    const pipeline = `pipeline:\n  validUntilBlocks: ${LONG}\n`;
    assert.doesNotMatch(before, /^pipeline:/m);
    writeFileSync(config.file, `${before}\n${pipeline}`);
    // An answer of the old account that is signed, and that nobody has sent yet.
    const crashing = await startNodeProcess(fixture, { crash: { at: 'persisted', nth: 1 } });
    await crashing.untilInStep();
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: specOf(fixture, '/a') })]);
    assert.equal(await crashing.exited, KILLED, await crashing.logText());
    await dies('accept');
    await dies('drain');
    await dies('retire');
    const again = await rotate('');
    assert.equal(again.exitCode, TRY_AGAIN, again.text);
    assert.match(
      again.text,
      /the rotation before is done, and N\w+ may answer until block \d+: no other is begun/,
    );
    const last = await rotate('', '--continue');
    assert.deepEqual([last.exitCode, last.text], [0, 'No rotation is under way.\n']);
    running = await startNode(config);
    await running.untilEnded(ids);
    await assertRotated();
  });

  it('while the node does not find the new key, which it goes over to within seconds', async () => {
    const { config, folder } = fixture;
    const files = walletFilesOf(config);
    const file = join(folder, 'wallet-of-the-node.json');
    copyFileSync(files.file, file);
    const wallet = { ...config.wallet, files: { ...files, file } };
    running = await startNode({ ...config, wallet });
    await dies('follow begun');
    copyFileSync(files.file, file);
    const { exitCode, text } = await rotate('');
    assert.equal(exitCode, 0, text);
    assert.match(text, /The rotation is done\.$/m);
    await assertRotated();
  });

  it('says before it starts that the canary needs credit of the new account', async () => {
    const { config } = fixture;
    const before = readFileSync(config.file, 'utf8');
    const url = `${fixture.source.httpUrl}/canary`;
    const canary = { url, filter: '', everyMs: 100, timeoutMs: 60_000, maxFee: parseGas('1') };
    writeFileSync(config.file, `${before}\ncanary:\n  url: ${url}\n`);
    running = await startNode({ ...config, canary });
    const { exitCode, text } = await rotate('');
    assert.equal(exitCode, 0, text);
    const [first = ''] = text.split('\n');
    assert.match(first, /^canary +the new account has 0\.0+ GAS of credit; a canary needs 1\.0+/);
    const [, address = ''] = /pay in: dodona gasbank deposit GAS --for (N\w+)$/m.exec(text) ?? [];
    assert.equal(address, readWalletEntries(walletFilesOf(config).file)[0]?.address);
    const pays = ['gasbank', 'deposit', '5', '--for', address, '--config', config.file];
    // Until then each failure says why.
    const why = new RegExp(`canary failed.*unsent.*${address} has 0\\.0+ GAS of credit`);
    await running.until('it is told why', () => why.test(running?.logText() ?? ''));
    const paid = await runCliProcess(fixture.folder, '', pays);
    assert.equal(paid.exitCode, 0, paid.text);
    const answered = /canary answered/;
    await running.until('answered', () => answered.test(running?.logText() ?? ''), 60_000);
    const faults = running.db.prepare('SELECT COUNT(*) AS count FROM own_fault').get();
    assert.deepEqual(faults, { count: 0n });
  });
});
