import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.js';
import { hash160 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import type { TailedBlock } from '../../src/chain/block-source.js';
import type { GatewayPort } from '../../src/pipeline/gateway-port.js';
import type { IntakeResult } from '../../src/pipeline/intake.js';
import { type PipelineParts, runPipeline } from '../../src/pipeline/pipeline.js';
import { silentLog } from '../../src/telemetry/log.js';

const ACCOUNT = hash160(`0x${'a1'.repeat(20)}`);
const NOTHING: IntakeResult = {
  received: [],
  answered: [],
  expired: [],
  overdue: [],
  performed: [],
  published: [],
  halted: [],
  fees: [],
  foreign: [],
  differences: [],
  settingsChanged: false,
};

/** Blocks that a test lets come; the next one is waited for, until the test's end. */
function createBlocks() {
  const waiting: ((block: readonly TailedBlock[]) => void)[] = [];
  const come: (readonly TailedBlock[])[] = [];
  return {
    push(index: number, timeMs: number | null = null): void {
      const run = [{ index, hash: null, timeMs, notifications: [], ownGas: [] }];
      const take = waiting.shift();
      if (take === undefined) come.push(run);
      else take(run);
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        yield come.shift() ??
          (await new Promise<readonly TailedBlock[]>((resolve) => waiting.push(resolve)));
      }
    },
  };
}

/** Resolves when called; what it is waited for is said when it never is. */
function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

describe('the pipeline', () => {
  let stop: AbortController;
  let blocks: ReturnType<typeof createBlocks>;
  beforeEach(() => {
    stop = new AbortController();
    blocks = createBlocks();
  });
  afterEach(() => stop.abort());

  const run = (given: Partial<PipelineParts>, wallet: GatewayPort['walletBalance']) =>
    runPipeline({
      retell: (_, failure) => Promise.reject(failure),
      chain: { account: ACCOUNT, walletBalance: wallet } as GatewayPort,
      clock: systemClock,
      log: silentLog,
      crashPoint: () => {},
      blocks,
      tipHeight: () => 0,
      takeIn: () => NOTHING,
      resolve: { pump() {}, idle: async () => {} },
      respond: { pump() {} },
      automation: { run: async () => {}, onPlace() {}, hasWaited: () => false },
      confirm: async () => ({ faulted: 0, dead: 0, waiting: 0 }),
      expire: async () => {},
      collect: async () => {},
      canary: async () => {},
      publishPrices: async () => {},
      openWallets: async () => true,
      reconcile: async () => {},
      walletEveryBlocks: 1,
      isWalletShort: () => false,
      onWallet: () => {},
      onBlocks: () => {},
      signal: stop.signal,
      ...given,
    });

  it('looks at no wallet and holds no books against the chain before wallets are opened', async () => {
    const opened = gate();
    const seen: string[] = [];
    const running = run(
      {
        openWallets: async () => {
          seen.push('open');
          return seen.length > 1;
        },
        reconcile: async (height) => {
          seen.push(`compare at ${height}`);
          opened.open();
        },
      },
      async () => {
        seen.push('wallet');
        return { height: 2, balance: 1n };
      },
    );
    blocks.push(1);
    while (seen.length === 0) await new Promise(setImmediate);
    blocks.push(2);
    await opened.opened;
    stop.abort();
    await running;
    assert.deepEqual(seen, ['open', 'open', 'wallet', 'compare at 2']);
  });

  it('looks at the wallet once in so many blocks, and with each while it is short', async () => {
    const looked: number[] = [];
    let isShort = false;
    let settled = 0;
    const running = run(
      {
        walletEveryBlocks: 3,
        isWalletShort: () => isShort,
        canary: async (height) => {
          settled = height;
        },
      },
      async () => {
        looked.push(settled + 1);
        return { height: settled + 1, balance: 1n };
      },
    );
    for (let block = 1; block <= 9; block++) {
      isShort = block > 6;
      blocks.push(block);
      while (settled < block) await new Promise(setImmediate);
    }
    stop.abort();
    await running;
    assert.deepEqual(looked, [1, 4, 7, 8, 9]);
  });

  it('ends at once when it is stopped, though no block comes', async () => {
    const running = run({}, async () => ({ height: 1, balance: 0n }));
    stop.abort();
    await running;
  });

  it('ends by the failure of a step that trying again would not mend', async () => {
    const broken = new NodeError('DB_BROKEN', 'the disk is full');
    const running = run({ confirm: () => Promise.reject(broken) }, async () => {
      throw new Error('not reached');
    });
    blocks.push(1);
    await assert.rejects(running, broken);
  });

  it('goes on after a failure that may pass', async () => {
    const reached = gate();
    let attempts = 0;
    const running = run(
      {
        confirm: async () => {
          attempts += 1;
          if (attempts === 1) throw new NodeError('RPC', 'no answer', { retryable: true });
          reached.open();
          return { faulted: 0, dead: 0, waiting: 0 };
        },
      },
      async () => ({ height: 2, balance: 0n }),
    );
    blocks.push(1);
    blocks.push(2);
    await reached.opened;
    stop.abort();
    await running;
  });

  it('looks for what may be answered or asked again while no block comes', async () => {
    const [asked, answered] = [gate(), gate()];
    let [asks, answers] = [0, 0];
    const often = 20;
    const running = run(
      {
        clock: { ...systemClock, sleep: () => new Promise(setImmediate) },
        resolve: { pump: () => void (++asks === often && asked.open()), idle: async () => {} },
        respond: { pump: () => void (++answers === often && answered.open()) },
      },
      async () => ({ height: 1, balance: 0n }),
    );
    blocks.push(1);
    await Promise.all([asked.opened, answered.opened]);
    stop.abort();
    await running;
  });

  it('runs upkeeps anew with the block that tells of a transaction of theirs', async () => {
    const [planned, faulted] = [gate(), gate()];
    const seen: number[] = [];
    let confirms = 0;
    const running = run(
      {
        automation: {
          onPlace() {},
          hasWaited: () => false,
          run: async ({ block }) => {
            seen.push(block);
            if (seen.length === 2) planned.open();
            if (seen.length === 3) faulted.open();
          },
        },
        confirm: async (height) => {
          if (height < 2) return { faulted: 0, dead: 0, waiting: 1 };
          // Only then is it known which of them are free.
          if (++confirms === 1) await planned.opened;
          return { faulted: confirms === 1 ? 1 : 0, dead: 0, waiting: 0 };
        },
      },
      async () => ({ height: 0, balance: 0n }),
    );
    blocks.push(1, 1_000);
    while (seen.length === 0) await new Promise(setImmediate);
    blocks.push(2, 2_000);
    await faulted.opened;
    stop.abort();
    await running;
    assert.deepEqual(seen, [1, 2, 2]);
  });

  it('runs upkeeps with the same block, once it is known what can be paid', async () => {
    const seen: string[] = [];
    const ran = gate();
    let isKnown = false;
    const running = run(
      {
        automation: {
          onPlace() {},
          hasWaited: () => isKnown && seen.length === 1,
          run: async ({ block }) => {
            seen.push(`run ${block}`);
            if (seen.length === 2) ran.open();
          },
        },
        reconcile: async () => {
          // The block's first look at what is due comes before.
          while (seen.length === 0) await new Promise(setImmediate);
          isKnown = true;
        },
      },
      async () => ({ height: 0, balance: 0n }),
    );
    blocks.push(1, 1_000);
    await ran.opened;
    stop.abort();
    await running;
    assert.deepEqual(seen, ['run 1', 'run 1']);
  });

  it('runs more upkeeps with the same block, once there is a place for them', async () => {
    const ran = gate();
    const seen: number[] = [];
    let tell = (): void => {};
    const running = run(
      {
        automation: {
          hasWaited: () => false,
          onPlace: (listener) => {
            tell = listener;
          },
          run: async ({ block }) => {
            seen.push(block);
            if (seen.length === 2) ran.open();
          },
        },
      },
      async () => ({ height: 0, balance: 0n }),
    );
    blocks.push(1, 1_000);
    while (seen.length === 0) await new Promise(setImmediate);
    tell();
    await ran.opened;
    stop.abort();
    await running;
    assert.deepEqual(seen, [1, 1]);
  });

  it('works on a block that is the newest, and goes on while a few more are on their way', async () => {
    const pumped: number[] = [];
    let tip = 10;
    let height = 0;
    const reached = gate();
    const running = run(
      {
        tipHeight: () => tip,
        takeIn: (run) => {
          height = run.at(-1)?.index ?? height;
          return NOTHING;
        },
        resolve: { pump: () => void pumped.push(height), idle: async () => {} },
        onBlocks: ({ index }) => {
          if (index === 13) reached.open();
        },
      },
      async () => ({ height: 0, balance: 0n }),
    );
    for (const [index, newest] of [
      [9, 10],
      [10, 10],
      [11, 13],
      [12, 15],
      [13, 20],
    ] as const) {
      tip = newest;
      const before = height;
      blocks.push(index);
      while (height === before) await new Promise(setImmediate);
    }
    await reached.opened;
    stop.abort();
    await running;
    assert.deepEqual([...new Set(pumped)], [10, 11]);
  });
});
