import assert from 'node:assert/strict';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { BlockRun, BlockSource } from '../../src/chain/block-source.js';
import { createFastBlockSource } from '../../src/chain/block-source-fast.js';
import { createPortableBlockSource } from '../../src/chain/block-source-portable.js';
import { createBlockSource } from '../../src/chain/choose-block-source.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { decodeGatewayEvent } from '../../src/chain/gateway-events.js';
import { createRpcClient, type Rpc, type RpcClient } from '../../src/chain/rpc.js';
import { type GatewayFixture, gatewayFixture, QUESTION, thenFault } from './gateway-fixture.js';
import { holds } from './holds.js';
import { type JsonRequest, type LocalEndpoint, startEndpoint } from './local-endpoint.js';

describe('block source', () => {
  let fixture: GatewayFixture;
  let network: PrivateNetwork;
  let gateway: Hash160;
  let fast: BlockSource;
  let portable: BlockSource;
  /** Blocks in which everything below happened. */
  let from: number;
  let toIndex: number;

  before(async () => {
    fixture = await gatewayFixture();
    ({ network, gateway } = fixture);
    fast = createFastBlockSource({ rpc: network.rpc, gateway });
    portable = createPortableBlockSource({ rpc: network.rpc, gateway });
    await populate(fixture);
  });
  after(() => network.disconnect());

  /** Deposits and requests, each also in a transaction that FAULTs, together in few blocks. */
  async function populate({ user }: GatewayFixture): Promise<void> {
    const calls = gatewayCalls(gateway);
    const ask = calls.requestHttp(QUESTION);
    const first = await network.send(user, calls.deposit(user.hash, parseGas('5')));
    from = (await network.applied(first)).blockIndex - 1;
    const systemFee = parseGas('1');
    const scripts = [
      ask,
      thenFault(ask),
      thenFault(calls.deposit(user.hash, 1234n)),
      Buffer.concat([ask, ask]),
      calls.deposit(user.hash, 5678n),
    ];
    const sent = await Promise.all(
      scripts.map((script) => network.send(user, script, { systemFee })),
    );
    const ends = await Promise.all(sent.map((hash) => network.applied(hash)));
    assert.deepEqual(
      ends.map(({ state }) => state),
      ['HALT', 'FAULT', 'FAULT', 'HALT', 'HALT'],
    );
    // The FAULTed ones did emit events before they failed, or the test would show nothing.
    const emitted = ends.map((end) => end.notifications.map(({ name }) => name));
    assert.deepEqual(emitted[1], ['HttpRequest']);
    holds(emitted[2]?.includes('Deposit'));
    toIndex = Math.max(...ends.map(({ blockIndex }) => blockIndex)) + 1;
    await network.waitForBlock(toIndex);
  }

  const namesOf = ({ blocks }: BlockRun) =>
    blocks.flatMap(({ notifications }) => notifications.map(({ name }) => name)).sort();

  it('reads the events of HALTed transactions only, by either path', async () => {
    for (const source of [fast, portable]) {
      const run = await source.read(from, toIndex - from + 1);
      const expected = ['Deposit', 'Deposit', 'HttpRequest', 'HttpRequest', 'HttpRequest'];
      assert.deepEqual(namesOf(run), expected);
    }
  });

  it('reads the very same by the fast path and the portable one', async () => {
    const count = toIndex - from + 1;
    const quick = await fast.read(from, count);
    const slow = await portable.read(from, count);
    assert.equal(quick.previousHash, slow.previousHash);
    assert.equal(quick.blocks.length, count);
    quick.blocks.forEach((block, at) => {
      const other = slow.blocks[at];
      assert.deepEqual(block.notifications, other?.notifications);
      assert.equal(block.index, from + at);
      // The fast path leaves out headers that nobody needs.
      const inner = at > 0 && at < count - 1 && block.notifications.length === 0;
      assert.equal(block.hash, inner ? null : other?.hash);
      assert.equal(block.timeMs, inner ? null : other?.timeMs);
      assert.deepEqual(
        block.notifications.map(({ indexInBlock }) => indexInBlock),
        block.notifications.map((_, place) => place),
      );
    });
  });

  it('reads other contracts of the same blocks apart', async () => {
    const rpc = network.rpc;
    const executor = createFastBlockSource({ rpc, gateway: fixture.executor });
    assert.deepEqual(namesOf(await executor.read(from, toIndex - from + 1)), []);
  });

  it('reads events that decode to what was asked', async () => {
    const run = await fast.read(from, toIndex - from + 1);
    const events = run.blocks.flatMap(({ notifications }) => notifications.map(decodeGatewayEvent));
    const deposits = events.filter((event) => event.name === 'Deposit');
    const account = fixture.user.hash;
    assert.deepEqual(
      deposits.map((event) => event),
      [
        { name: 'Deposit', account, from: account, amount: parseGas('5') },
        { name: 'Deposit', account, from: account, amount: 5678n },
      ],
    );
    const ids = events.flatMap((event) => (event.name === 'HttpRequest' ? [event.id] : []));
    assert.deepEqual(ids, [1n, 2n, 3n]);
  });

  for (const path of ['fast', 'portable'] as const) {
    it(`reads the end of the chain with its next block in one go (${path})`, async () => {
      const source = path === 'fast' ? fast : portable;
      const past = await source.tip(from + 1);
      assert.equal(past.next?.blocks[0]?.index, from + 1);
      assert.deepEqual(past.next, await source.read(from + 1, 1));
      const { blockCount } = past;
      holds(blockCount > toIndex);
      const beyond = await source.tip(blockCount + 1000);
      assert.equal(beyond.next, null);
      holds(beyond.blockCount >= blockCount);
    });

    it(`says that a block is missing (${path})`, async () => {
      const source = path === 'fast' ? fast : portable;
      await assert.rejects(source.read(1_000_000, 2), { code: 'BLOCK_MISSING', retryable: true });
      assert.equal(await source.hashAt(1_000_000), null);
      assert.match((await source.hashAt(0)) ?? '', /^0x[0-9a-f]{64}$/);
    });
  }

  describe('chosen by what the endpoint can do', () => {
    let endpoint: LocalEndpoint;
    let client: RpcClient;
    const methods = new Map<string, number>();
    let lacks: (method: string) => boolean = () => false;

    before(async () => {
      endpoint = await startEndpoint(async (body, response) => {
        const asked = [JSON.parse(body)].flat() as JsonRequest[];
        const answers = await Promise.all(asked.map((one) => forward(network.rpc, one)));
        response.end(JSON.stringify(body.startsWith('[') ? answers : answers[0]));
      });
      client = createRpcClient({ url: endpoint.url, clock: systemClock });
    });
    beforeEach(() => methods.clear());
    after(async () => {
      client.close();
      await endpoint.stop();
    });

    async function forward(rpc: Rpc, { id, method, params }: JsonRequest) {
      methods.set(method, (methods.get(method) ?? 0) + 1);
      if (lacks(method)) return { id, error: { code: -32601, message: 'Method not found' } };
      const [result] = await rpc.batch([{ method, params }]);
      if (result?.ok) return { id, result: result.result };
      return { id, error: { code: result?.error.rpcCode, message: 'error' } };
    }

    it('takes the fast path where it can', async () => {
      lacks = () => false;
      const rpc = client;
      const source = createBlockSource({ rpc, gateway, clock: systemClock, mode: 'auto' });
      assert.deepEqual(await source.read(from, 3), await fast.read(from, 3));
      assert.equal(methods.has('getblock'), false);
    });

    it('takes the portable path where the fast call is missing, and asks for it once', async () => {
      lacks = (method) => method === 'getblocknotifications';
      const rpc = client;
      const source = createBlockSource({ rpc, gateway, clock: systemClock, mode: 'auto' });
      assert.deepEqual(await source.read(from, 3), await portable.read(from, 3));
      assert.deepEqual((await source.tip(from)).next, (await portable.tip(from)).next);
      assert.equal(methods.get('getblocknotifications'), 3);
    });

    it('never asks for the fast call when told to be portable', async () => {
      lacks = () => false;
      const rpc = client;
      const source = createBlockSource({ rpc, gateway, clock: systemClock, mode: 'portable' });
      await source.read(from, 3);
      await source.tip(from);
      assert.equal(methods.has('getblocknotifications'), false);
    });

    it('names the plugin that a node without application logs lacks', async () => {
      lacks = (method) => method === 'getapplicationlog';
      const source = createPortableBlockSource({ rpc: client, gateway });
      const read = source.read(from, toIndex - from + 1);
      await assert.rejects(read, { code: 'RPC_NO_APPLICATION_LOGS', retryable: false });
    });
  });
});
