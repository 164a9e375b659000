import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { sha256Hex } from '../../src/resolvers/function-code.js';
import { runCliProcess } from '../cli/cli-process.js';
import { eventsOf } from './answers.js';
import { ask, consumerAsks, MAX_FEE, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { endingsOf } from './chain-history.js';
import { deployGames, rolls } from './draws.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';
import { deployMetronomes, register } from './upkeeps.js';

/** Of each round: web requests, functions, a draw. */
const ROUNDS = 3;
/** Nodes look at their wallet once in 20 blocks, and again where a block came in between. */
const BLOCKS_BETWEEN_LOOKS = 26;
const SOURCE = 'export default async (args) => args.n + 1;';

describe('a backup of a node under load', function () {
  this.timeout(180_000);
  let fixture: NodeFixture;
  let functionId: bigint;
  let games: Hash160;
  const running: RunningNode[] = [];
  const ids: bigint[] = [];
  const upkeeps: bigint[] = [];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), {
      nodeGas: parseGas('500'),
      drawsNumbers: true,
    });
    const { network, gateway, owner, folder } = fixture;
    writeFileSync(join(folder, 'backup.passphrase'), 'of a test, and long', { mode: 0o600 });
    await depositCredit(network, owner, gateway, owner.hash, parseGas('100'));
    games = await deployGames(fixture);
    const code = { codeHash: sha256Hex(Buffer.from(SOURCE)), source: SOURCE, uri: '' };
    const script = gatewayCalls(gateway).registerFunction('f', code);
    const applied = await mustHalt(network.send(owner, script).then(network.applied));
    functionId = asInteger(applied.stack[0] as NonNullable<(typeof applied.stack)[0]>, 'id');
    const [target] = await deployMetronomes(fixture, [4]);
    const asked = { target: target as Hash160, trigger: 'every:4' };
    upkeeps.push(...(await register(fixture, [asked])).ids);
  });
  after(async () => {
    for (const node of running) await node.stop();
    await fixture?.stop();
  });

  async function askMixed(rounds = ROUNDS): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const { consumer } = fixture;
      const args = utf8(JSON.stringify({ n: round }));
      const scripts = [
        ...[1, 2, 3].map((each) => consumerAsks(fixture, { spec: specOf(fixture, `/${each}`) })),
        callScript(consumer, 'askFunction', [functionId, args, MAX_FEE]),
        rolls(games, 1n, 6n),
      ];
      ids.push(...(await ask(fixture, scripts)).ids);
    }
  }

  async function command(...words: string[]): Promise<string> {
    const { folder } = fixture;
    const { exitCode, text } = await runCliProcess(folder, '', words);
    assert.equal(exitCode, 0, text);
    return text;
  }
  const passphrase = () => ['--password-file', join(fixture.folder, 'backup.passphrase')];
  const backupTo = (name: string) => {
    const { config, folder } = fixture;
    return command('backup', join(folder, name), ...passphrase(), '--config', config.file);
  };
  const restoreTo = (name: string, dir: string, ...more: string[]) => {
    const { config, folder } = fixture;
    const words = ['restore', join(folder, name), '--to', dir, '--config', config.file];
    return command(...words, ...passphrase(), ...more);
  };

  async function start(dir: string): Promise<RunningNode> {
    const { config } = fixture;
    // The key of random numbers is where it was.
    const random = { ...config.random, keyFile: join(config.storage.dir, 'random.key') };
    const node = await startNode({ ...config, random, storage: { dir } } satisfies NodeConfig);
    running.push(node);
    return node;
  }
  async function stop(node: RunningNode): Promise<void> {
    running.splice(running.indexOf(node), 1);
    await node.stop();
  }

  /** Each request has one answer on the chain; no occurrence of the upkeep ran twice. */
  async function assertEndedOnce(node: RunningNode): Promise<void> {
    await node.untilEnded(ids, 60_000);
    const events = await eventsOf(fixture);
    const endings = endingsOf(events);
    for (const id of ids) {
      const names = endings.get(id)?.map(({ name }) => name);
      assert.deepEqual(names, ['Response'], `request ${id}`);
    }
    const dues = events.flatMap((event) => {
      return event.name === 'UpkeepPerformed' && upkeeps.includes(event.id) ? [event.due] : [];
    });
    assert.ok(dues.length > 0);
    assert.equal(new Set(dues).size, dues.length, 'an occurrence runs once');
  }

  /** What an operator would look at: of the node on a directory, running or not. */
  async function assertBooks(node: RunningNode, dir: string): Promise<void> {
    const { network, gateway, config, folder } = fixture;
    // What a twin paid shows when a node looks at its wallet again.
    await network.waitForBlock((await network.height()) + BLOCKS_BETWEEN_LOOKS);
    await assertBooksMatchChain(network, gateway, node.db);
    const text = readFileSync(config.file, 'utf8').replace('dir: ./node', `dir: ${dir}`);
    const file = join(folder, 'moved.config.yaml');
    writeFileSync(file, text, { mode: 0o600 });
    await command('gasbank', 'reconcile', '--config', file);
    assert.match(await command('audit', 'verify', '--config', file), /The audit log is whole/);
  }

  it('is made while it works, and restored it goes on beside the node and in its place', async () => {
    const original = await start(fixture.config.storage.dir);
    await askMixed();
    const [made] = await Promise.all([backupTo('live.backup'), askMixed()]);
    assert.match(made, /keys +not in it/);
    const dir = join(fixture.folder, 'other');
    await restoreTo('live.backup', dir);
    const restored = await start(dir);
    await askMixed(2);
    await assertEndedOnce(original);
    await assertEndedOnce(restored);
    await stop(original);
    await askMixed(2);
    await assertEndedOnce(restored);
    await assertBooks(restored, dir);
    await stop(restored);
  });

  it('does no harm, however old it is: what was answered since is not answered again', async () => {
    const { dir } = fixture.config.storage;
    const told = await restoreTo('live.backup', dir, '--replace');
    assert.match(told, /what was there is in/);
    await askMixed(1);
    const again = await start(dir);
    await assertEndedOnce(again);
    await assertBooks(again, dir);
    await stop(again);
  });
});
