import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import {
  type ContractEvent,
  type ContractEventReader,
  createContractEventReader,
} from '../../src/chain/contract-events.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { createRpcClient, type RpcClient } from '../../src/chain/rpc.js';
import { callScript } from '../../src/chain/script.js';
import { deployMetronomes } from '../node/upkeeps.js';
import { thenFault } from './gateway-fixture.js';
import { holds } from './holds.js';
import { type JsonRequest, type LocalEndpoint, startEndpoint } from './local-endpoint.js';

/** One more than is asked for one by one. */
const MANY = 9;
const MINUTE_MS = 60_000;

describe('events of any contract', () => {
  let network: PrivateNetwork;
  let user: DevnetAccount;
  let metronomes: Hash160[];
  let first: Hash160;
  let second: Hash160;
  let fast: ContractEventReader;
  let portable: ContractEventReader;
  /** Blocks in which everything below happened. */
  let from: number;
  let count: number;
  let expected: ContractEvent[];

  before(async () => {
    network = await sharedNetwork();
    const { rpc } = network;
    fast = createContractEventReader({ rpc, clock: systemClock, mode: 'auto' });
    portable = createContractEventReader({ rpc, clock: systemClock, mode: 'portable' });
    [user, metronomes] = await Promise.all([
      network.newAccount(),
      deployMetronomes({ network }, Array(MANY).fill(5)),
    ]);
    [first, second] = metronomes as [Hash160, Hash160];
    await populate();
  });
  after(() => network.disconnect());

  /** Beats: one, two of one transaction, of two contracts, among others' events, and a FAULT. */
  async function populate(): Promise<void> {
    from = (await network.height()) + 1;
    const beat = (contract: Hash160): Buffer => callScript(contract, 'beat', []);
    const given = [user.hash, network.faucet.hash, 5n, null];
    const transfer = callScript(GAS_TOKEN, 'transfer', given);
    const scripts = [
      beat(first),
      Buffer.concat([beat(first), beat(first)]),
      Buffer.concat([beat(second), transfer, beat(first)]),
      thenFault(beat(first)),
      callScript(first, 'tick', [1]),
      transfer,
    ];
    const systemFee = parseGas('1');
    const sent: Hash256[] = [];
    for (const script of scripts) sent.push(await network.send(user, script, { systemFee }));
    const ends = await Promise.all(sent.map((hash) => network.applied(hash)));
    const states = ends.map(({ state }) => state);
    assert.deepEqual(states, ['HALT', 'HALT', 'HALT', 'FAULT', 'HALT', 'HALT']);
    // It did emit before it failed, or the test would show nothing.
    assert.deepEqual(
      ends[3]?.notifications.map(({ name }) => name),
      ['Beat'],
    );
    const last = Math.max(...ends.map(({ blockIndex }) => blockIndex)) + 1;
    await network.waitForBlock(last);
    count = last - from + 1;
    expected = ends
      .filter(({ state }) => state === 'HALT')
      .flatMap(({ blockIndex: block, notifications }) =>
        notifications.map(({ contract, name }) => ({ block, contract, name })),
      );
    assert.equal(expected.filter(({ name }) => name === 'Beat').length, 5);
  }

  /** What must be read of these contracts, in an order that both readers share. */
  const of = (contracts: readonly Hash160[]) =>
    sorted(expected.filter(({ contract }) => contracts.includes(contract)));
  const sorted = (events: readonly ContractEvent[]) =>
    events.map(({ block, contract, name }) => `${block} ${contract} ${name}`).sort();

  it('are the same by the fast call and the portable ones, of HALTed transactions only', async () => {
    for (const contracts of [[first], [second], [first, second], metronomes]) {
      const events = of(contracts);
      holds(events.length > 0);
      assert.deepEqual(sorted(await fast.read(from, count, contracts)), events);
      assert.deepEqual(sorted(await portable.read(from, count, contracts)), events);
    }
    holds(metronomes.length === MANY);
  });

  it('of a block itself are none: its fees and rewards move GAS with each', async () => {
    const quick = sorted(await fast.read(from, count, [GAS_TOKEN]));
    assert.deepEqual(sorted(await portable.read(from, count, [GAS_TOKEN])), quick);
    // Others share this network: theirs may be among them.
    for (const event of of([GAS_TOKEN])) holds(quick.includes(event), event);
    const log = await network.rpc.call<{ blocks?: unknown }>('getblocknotifications', [from]);
    holds(JSON.stringify(log).includes('Transfer'), 'there is one to leave out');
    const quiet = await network.rpc.call<{ application?: unknown[] }>('getblocknotifications', [0]);
    assert.deepEqual(quiet.application ?? [], []);
    for (const reader of [fast, portable]) {
      assert.deepEqual(await reader.read(0, 1, [GAS_TOKEN]), []);
    }
  });

  it('are in the order of their blocks', async () => {
    for (const reader of [fast, portable]) {
      const blocks = (await reader.read(from, count, metronomes)).map(({ block }) => block);
      assert.deepEqual(
        blocks,
        [...blocks].sort((a, b) => a - b),
      );
    }
  });

  it('of a block that is not there yet are waited for', async () => {
    for (const reader of [fast, portable]) {
      const missing = { code: 'BLOCK_MISSING', retryable: true };
      await assert.rejects(reader.read(1_000_000, 1, [first]), missing);
    }
  });

  describe('by what the endpoint can do', () => {
    let endpoint: LocalEndpoint;
    let client: RpcClient;
    let lacks: string | null;
    const methods = new Map<string, number>();
    let nowMs = 0;
    const clock: Clock = { ...systemClock, monotonicMs: () => nowMs };

    before(async () => {
      endpoint = await startEndpoint(async (body, response) => {
        const asked = [JSON.parse(body)].flat() as JsonRequest[];
        const answers = await Promise.all(asked.map(forward));
        response.end(JSON.stringify(body.startsWith('[') ? answers : answers[0]));
      });
      client = createRpcClient({ url: endpoint.url, clock: systemClock });
    });
    beforeEach(() => {
      methods.clear();
      lacks = null;
    });
    after(async () => {
      client.close();
      await endpoint.stop();
    });
    async function forward({ id, method, params }: JsonRequest) {
      methods.set(method, (methods.get(method) ?? 0) + 1);
      if (lacks === method) return { id, error: { code: -32601, message: 'Method not found' } };
      return { id, result: await network.rpc.call(method, params) };
    }
    const reader = (mode: 'auto' | 'portable') =>
      createContractEventReader({ rpc: client, clock, mode });

    it('takes the fast call: of few contracts each apart, of many the whole block', async () => {
      const auto = reader('auto');
      assert.deepEqual(sorted(await auto.read(from, count, [first, second])), of([first, second]));
      assert.deepEqual([...methods], [['getblocknotifications', 2 * count]]);
      methods.clear();
      assert.deepEqual(sorted(await auto.read(from, count, metronomes)), of(metronomes));
      assert.deepEqual([...methods], [['getblocknotifications', count]]);
      methods.clear();
      assert.deepEqual(await auto.read(from, count, []), []);
      assert.equal(methods.size, 0);
    });

    it('goes without it where it is missing, and looks for it again after a minute', async () => {
      lacks = 'getblocknotifications';
      const auto = reader('auto');
      assert.deepEqual(sorted(await auto.read(from, count, [first])), of([first]));
      assert.equal(methods.get('getblocknotifications'), count);
      lacks = null;
      nowMs += MINUTE_MS - 1;
      methods.clear();
      assert.deepEqual(sorted(await auto.read(from, count, [first])), of([first]));
      assert.equal(methods.has('getblocknotifications'), false);
      nowMs += 1;
      methods.clear();
      assert.deepEqual(sorted(await auto.read(from, count, [first])), of([first]));
      assert.deepEqual([...methods.keys()], ['getblocknotifications']);
    });

    it('never asks for it where the configuration says portable', async () => {
      assert.deepEqual(sorted(await reader('portable').read(from, count, [first])), of([first]));
      assert.equal(methods.has('getblocknotifications'), false);
    });
  });
});
