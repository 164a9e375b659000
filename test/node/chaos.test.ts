import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import {
  type OwnPrivateNetwork,
  startPrivateNetwork,
} from '../../scripts/devnet/private-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { type Fault, type FaultyProxy, startFaultyProxy } from '../chain/faulty-proxy.js';
import { eventsOf } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { endingsOf } from './chain-history.js';
import { deployHostiles, type Hostile, hostileAsks, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

/** DODONA_CHAOS_MS makes it last longer, to look for what comes seldom. */
const ASKING_MS = Number(process.env.DODONA_CHAOS_MS ?? 6_000);
const ENDED_WITHIN_MS = 60_000;
/** Nodes look at their wallet once in 20 blocks, and again where a block came in between. */
const BLOCKS_BETWEEN_LOOKS = 26;
const FAULTS: readonly Fault[] = ['pass', 'pass', 'stall', 'cut', 'refuse', 'freeze'];
const MODES: readonly (readonly [mode: string, number?: bigint])[] = [
  ['faultBelowGas', parseGas('1.5')],
  ['throw'],
  ['endless'],
  ['abort'],
  [''],
];

const pick = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T;

/** Two nodes of one key, endpoints that fail at random, and contracts that do their worst. */
describe('when everything goes wrong at once', function () {
  this.timeout(ASKING_MS + 2 * ENDED_WITHIN_MS);
  let network: OwnPrivateNetwork;
  let fixture: NodeFixture;
  let hostiles: Hostile[];
  let proxies: FaultyProxy[] = [];
  let nodes: RunningNode[] = [];
  before(async () => {
    network = await startPrivateNetwork({ blockMs: 200 });
    fixture = await nodeFixture(network, { nodeGas: parseGas('2000'), requestLifetime: 5_000 });
    const { owner, gateway, consumer } = fixture;
    hostiles = await deployHostiles(fixture, MODES.length);
    const modes = hostiles.map((hostile, at) => modeScript(hostile, ...(MODES[at] ?? [''])));
    await mustHalt(network.send(owner, Buffer.concat(modes)).then(network.applied));
    for (const account of [consumer, ...hostiles.map(({ hash }) => hash)]) {
      await depositCredit(network, network.faucet, gateway, account, parseGas('10000'));
    }
    proxies = [await startFaultyProxy(network.rpcUrl), await startFaultyProxy(network.rpcUrl)];
    nodes = await Promise.all(
      proxies.map(({ url }, at) => startNode(configOver(url, `twin${at}`))),
    );
  });
  after(async () => {
    for (const node of nodes) await node.stop();
    for (const proxy of proxies) await proxy.stop();
    await fixture?.stop();
    await network?.stop();
  });

  const configOver = (rpcUrl: string, name: string) => ({
    ...fixture.config,
    storage: { dir: join(fixture.folder, name) },
    network: {
      ...fixture.config.network,
      rpcUrls: [rpcUrl],
      requestTimeoutMs: 1_000,
      healthIntervalMs: 200,
    },
  });
  const question = () => {
    const asked = { spec: specOf(fixture, `/${randomInt(1_000)}`), filter: pick(['', '$.path']) };
    return randomInt(4) === 0
      ? hostileAsks(fixture, pick(hostiles), asked)
      : consumerAsks(fixture, asked);
  };

  it('ends every request once, and keeps every book', async () => {
    const ids: bigint[] = [];
    const end = performance.now() + ASKING_MS;
    while (performance.now() < end) {
      for (const proxy of proxies) if (randomInt(4) === 0) proxy.fault = pick(FAULTS);
      const scripts = Array.from({ length: 1 + randomInt(8) }, question);
      ids.push(...(await ask(fixture, scripts)).ids);
      await delay(randomInt(300));
    }
    for (const proxy of proxies) proxy.fault = 'pass';
    for (const node of nodes) await node.untilEnded(ids, ENDED_WITHIN_MS);
    const endings = endingsOf(await eventsOf(fixture));
    for (const id of ids) {
      const names = endings.get(id)?.map(({ name }) => name);
      assert.deepEqual(names, ['Response'], `request ${id}`);
    }
    // What the twin paid shows when a node looks at its wallet again.
    await network.waitForBlock((await network.height()) + BLOCKS_BETWEEN_LOOKS);
    for (const { db } of nodes) await assertBooksMatchChain(network, fixture.gateway, db);
  });
});
