import assert from 'node:assert/strict';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { systemClock } from '../../src/base/clock.js';
import { type Hash256, hash256 } from '../../src/base/hash.js';
import type { BlockRun, BlockSource, TailedBlock } from '../../src/chain/block-source.js';
import { createFastBlockSource } from '../../src/chain/block-source-fast.js';
import { createPortableBlockSource } from '../../src/chain/block-source-portable.js';
import {
  type TailOptions,
  type TailProgress,
  type TailTrouble,
  tailBlockRuns,
  tailBlocks,
} from '../../src/chain/block-tailer.js';
import { type BlockWake, createBlockWake } from '../../src/chain/block-wake.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { createRpcClient } from '../../src/chain/rpc.js';
import { createRpcPool } from '../../src/chain/rpc-pool.js';
import { silentLog } from '../../src/telemetry/log.js';
import { startFaultyProxy } from './faulty-proxy.js';
import { type GatewayFixture, gatewayFixture } from './gateway-fixture.js';
import { holds } from './holds.js';

const WRONG_HASH = hash256(`0x${'ee'.repeat(32)}`);
/** Blocks that a test needs on the chain, so that there is something to catch up with. */
const SOME_BLOCKS = 60;

describe('block tailer', () => {
  let network: PrivateNetwork;
  let fixture: GatewayFixture;
  let source: BlockSource;
  let polling: BlockWake;

  before(async () => {
    network = await sharedNetwork();
    fixture = await gatewayFixture();
    source = createFastBlockSource({ rpc: network.rpc, gateway: fixture.gateway });
    polling = createBlockWake({ urls: [], clock: systemClock, log: silentLog, pollMs: 20 });
    await network.waitForBlock(SOME_BLOCKS);
  });
  after(() => {
    network.disconnect();
    fixture.network.disconnect();
  });

  const optionsOf = (changes: Partial<TailOptions> = {}): TailOptions => ({
    source,
    fromIndex: 0,
    wake: polling,
    clock: systemClock,
    signal: new AbortController().signal,
    runBlocks: 7,
    ...changes,
  });
  async function take(count: number, options: TailOptions): Promise<TailedBlock[]> {
    const blocks: TailedBlock[] = [];
    for await (const block of tailBlocks(options)) {
      blocks.push(block);
      if (blocks.length === count) break;
    }
    return blocks;
  }
  const countFrom = (from: number, length: number) => Array.from({ length }, (_, at) => from + at);
  const indexesOf = (blocks: readonly TailedBlock[]) => blocks.map(({ index }) => index);
  const hashAt = async (index: number): Promise<Hash256> => {
    return (await source.hashAt(index)) ?? assert.fail(`no block ${index}`);
  };

  it('delivers every block in order: those behind, then those to come', async () => {
    const count = (await network.height()) + 4;
    assert.deepEqual(indexesOf(await take(count, optionsOf())), countFrom(0, count));
  });

  it('delivers a block with its events soon after an announcement, without polling', async () => {
    const { user } = fixture;
    const urls = [network.wsUrl];
    const wake = createBlockWake({ urls, clock: systemClock, log: silentLog, pollMs: 60_000 });
    try {
      const fromIndex = (await network.height()) + 1;
      const blocks = take(10, optionsOf({ fromIndex, wake }));
      const { gateway } = fixture;
      const deposit = gatewayCalls(gateway).deposit(user.hash, 5n);
      const { blockIndex } = await network.applied(await network.send(user, deposit));
      assert.deepEqual(indexesOf(await blocks), countFrom(fromIndex, 10));
      const found = (await blocks).find(({ index }) => index === blockIndex);
      assert.deepEqual(
        found?.notifications.map(({ name }) => name),
        ['Deposit'],
      );
    } finally {
      wake.close();
    }
  });

  for (const path of ['fast', 'portable'] as const) {
    it(`skips nothing although the endpoint fails now and then (${path})`, async () => {
      const proxy = await startFaultyProxy(network.rpcUrl);
      const faults = ['pass', 'refuse', 'pass', 'cut', 'freeze', 'pass', 'pass'] as const;
      proxy.server.prependListener('request', () => {
        proxy.fault = faults[proxy.asked % faults.length] ?? 'pass';
      });
      const rpc = createRpcClient({ url: proxy.url, clock: systemClock });
      const create = path === 'fast' ? createFastBlockSource : createPortableBlockSource;
      const faulty = create({ rpc, gateway: fixture.gateway });
      const troubles: TailTrouble[] = [];
      try {
        const onTrouble = (trouble: TailTrouble) => troubles.push(trouble);
        const blocks = await take(SOME_BLOCKS, optionsOf({ source: faulty, onTrouble }));
        assert.deepEqual(indexesOf(blocks), countFrom(0, SOME_BLOCKS));
        holds(troubles.length > 0);
        holds(troubles.every(({ retryInMs }) => retryInMs >= 100));
      } finally {
        rpc.close();
        await proxy.stop();
      }
    });
  }

  it('goes on with another endpoint when one stalls', async () => {
    const proxy = await startFaultyProxy(network.rpcUrl);
    const pool = createRpcPool({
      urls: [proxy.url, network.rpcUrl],
      magic: network.magic,
      clock: systemClock,
      log: silentLog,
      timeoutMs: 100,
    });
    try {
      const pooled = createFastBlockSource({ rpc: pool, gateway: fixture.gateway });
      const blocks: number[] = [];
      for await (const { index } of tailBlocks(optionsOf({ source: pooled }))) {
        blocks.push(index);
        if (index === 20) proxy.fault = 'stall';
        if (index === SOME_BLOCKS) break;
      }
      assert.deepEqual(blocks, countFrom(0, SOME_BLOCKS + 1));
    } finally {
      pool.stop();
      await proxy.stop();
    }
  });

  it('has several runs under way when behind, but never more than its window', async () => {
    let underWay = 0;
    let most = 0;
    const counting: BlockSource = {
      ...source,
      read: async (...asked) => {
        underWay += 1;
        most = Math.max(most, underWay);
        try {
          return await source.read(...asked);
        } finally {
          underWay -= 1;
        }
      },
    };
    const options = optionsOf({ source: counting, runBlocks: 3, windowRuns: 5 });
    await take(SOME_BLOCKS, options);
    assert.equal(most, 5);
  });

  it('shows progress while it catches up', async () => {
    const seen: TailProgress[] = [];
    const onProgress = (progress: TailProgress) => seen.push(progress);
    await take(SOME_BLOCKS, optionsOf({ onProgress, progressEveryMs: 0 }));
    holds(seen.length > 3);
    const target = seen[0]?.target ?? 0;
    holds(target >= SOME_BLOCKS - 1);
    assert.deepEqual(
      seen.slice(0, 3).map(({ blocks }) => blocks),
      [0, 7, 14],
    );
    holds(seen.every(({ index, blocks }) => index === blocks));
  });

  it('delivers runs that hold the same blocks', async () => {
    const runs: TailedBlock[] = [];
    for await (const run of tailBlockRuns(optionsOf())) {
      runs.push(...run);
      if (runs.length > SOME_BLOCKS) break;
    }
    assert.deepEqual(indexesOf(runs), countFrom(0, runs.length));
  });

  it('delivers a run with many events in parts, and lets others work between them', async () => {
    const eventsIn = new Map([3, 4, 9, 19].map((index) => [index, index === 9 ? 25 : 6]));
    const full: BlockSource = {
      ...source,
      read: async (...asked) => {
        const run = await source.read(...asked);
        const blocks = run.blocks.map((block): TailedBlock => {
          const event = { txHash: WRONG_HASH, indexInBlock: 0, name: 'Earned', state: [] };
          const notifications = Array.from({ length: eventsIn.get(block.index) ?? 0 }, () => event);
          return { ...block, notifications };
        });
        return { ...run, blocks };
      },
    };
    let worked = 0;
    const others = setInterval(() => {
      worked += 1;
    }, 0);
    const seen: { readonly last: number; readonly worked: number }[] = [];
    try {
      const options = optionsOf({ source: full, runBlocks: 20, windowRuns: 1, partEvents: 10 });
      for await (const run of tailBlockRuns(options)) {
        seen.push({ last: run.at(-1)?.index ?? -1, worked });
        if ((run.at(-1)?.index ?? 0) >= 40) break;
      }
    } finally {
      clearInterval(others);
    }
    // Block 0 comes by itself, then runs of 20: the events of the first are counted anew in parts.
    const lasts = seen.map(({ last }) => last);
    assert.deepEqual(lasts, [0, 4, 9, 20, 40]);
    const between = seen.slice(1, 4).map((part) => part.worked);
    assert.equal(new Set(between).size, between.length, `worked after ${between}`);
  });

  it('ends without an error when its signal says so, wherever it is', async () => {
    for (const stopAt of [5, null]) {
      const stop = new AbortController();
      const blocks: number[] = [];
      for await (const { index } of tailBlocks(optionsOf({ signal: stop.signal }))) {
        blocks.push(index);
        const atEnd = index >= (await network.height());
        if (index === stopAt || (stopAt === null && atEnd)) stop.abort(new Error('stopping'));
        holds(blocks.length < 100_000);
      }
      assert.deepEqual(blocks, countFrom(0, blocks.length));
    }
    const signal = AbortSignal.abort(new Error('stopping'));
    assert.deepEqual(await take(1, optionsOf({ signal })), []);
  });

  it('starts when the known block is on the chain', async () => {
    const known = { height: 9, hash: await hashAt(9) };
    for (const fromIndex of [10, 30]) {
      const [first] = await take(1, optionsOf({ fromIndex, known }));
      assert.equal(first?.index, fromIndex);
    }
  });

  it('refuses another chain than the one that was read before', async () => {
    const known = { height: 9, hash: WRONG_HASH };
    await assert.rejects(take(1, optionsOf({ fromIndex: 10, known })), {
      code: 'CHAIN_DIFFERENT',
      retryable: false,
      message: /block 9 has the hash 0x[0-9a-f]{64}, but 0xeeee[e]+ was read before/,
    });
  });

  it('refuses a chain that changes while it is read', async () => {
    const swapped: BlockSource = {
      ...source,
      read: async (fromIndex, count, signal): Promise<BlockRun> => {
        const run = await source.read(fromIndex, count, signal);
        return fromIndex > 20 ? { ...run, previousHash: WRONG_HASH } : run;
      },
    };
    const blocks: number[] = [];
    await assert.rejects(
      async () => {
        for await (const { index } of tailBlocks(optionsOf({ source: swapped })))
          blocks.push(index);
      },
      { code: 'CHAIN_DIFFERENT' },
    );
    assert.deepEqual(blocks, countFrom(0, 22));
  });

  it('refuses a chain that is shorter than what was read before', async () => {
    const behind = {
      code: 'CHAIN_BEHIND_CURSOR',
      message: /ends before block \d{7}, which was read/,
    };
    const far = { fromIndex: 1_000_001, behindLimitMs: 0 };
    await assert.rejects(take(1, optionsOf(far)), behind);
    const known = { height: 1_000_000, hash: WRONG_HASH };
    await assert.rejects(take(1, optionsOf({ ...far, known })), behind);
    const pool = createRpcPool({ urls: [network.rpcUrl], clock: systemClock, log: silentLog });
    const pooled = createFastBlockSource({ rpc: pool, gateway: fixture.gateway });
    await assert.rejects(take(1, optionsOf({ ...far, source: pooled })), behind);
    pool.stop();
  });

  it('waits for a node that still loads blocks', async () => {
    const height = await network.height();
    const troubles: TailTrouble[] = [];
    const onTrouble = (trouble: TailTrouble) => troubles.push(trouble);
    const options = optionsOf({ fromIndex: height + 5, onTrouble });
    const [first] = await take(1, options);
    assert.equal(first?.index, height + 5);
    holds(troubles.length > 0);
  });
});
