import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { hash160, hash256 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import {
  type BlockTeller,
  createAgreedBlockSource,
  LATE_LIMIT_MS,
} from '../../src/chain/agreed-blocks.js';
import type { BlockRun, BlockSource, TailedBlock } from '../../src/chain/block-source.js';
import type { Log } from '../../src/telemetry/log.js';

const hashOf = (of: number) => hash256(`0x${of.toString(16).padStart(64, '0')}`);
const ACCOUNT = hash160(`0x${'7'.padStart(40, '0')}`);
const ASKED = {
  ...{ txHash: hashOf(500), indexInBlock: 0, name: 'HttpRequest' },
  state: [{ type: 'Integer' as const, value: 5n }],
};
const EMPTY = { notifications: [], ownGas: [] };
const block = (index: number, holds: Partial<TailedBlock> = EMPTY): TailedBlock => ({
  ...{ index, hash: hashOf(index), timeMs: index * 1_000, ...EMPTY, ...holds },
});
const runOf = (...blocks: TailedBlock[]): BlockRun => ({ blocks, previousHash: hashOf(9) });
const TRUE = runOf(block(10), block(11, { notifications: [ASKED] }), block(12));
const WITHOUT = runOf(block(10), block(11), block(12));
const MISSING = new NodeError('BLOCK_MISSING', 'not there', { retryable: true });
const DOWN = new NodeError('RPC_UNREACHABLE', 'nobody is there', { retryable: true });
const ODD = new NodeError('GATEWAY_EVENT_MALFORMED', 'what is that');

type Answer = BlockRun | Error | Promise<BlockRun>;

describe('blocks of which several endpoints have to tell the same', () => {
  let warned: [string, object][];
  let nowMs: number;
  let contradictions: number;
  beforeEach(() => {
    warned = [];
    nowMs = 0;
    contradictions = 0;
  });

  /** Each endpoint gives the next of its answers when it is asked, and its last one again. */
  function sourceOf(quorum: number, ...endpoints: readonly (readonly Answer[])[]): BlockSource {
    const tellers = endpoints.map((answers, at): BlockTeller => {
      const left = [...answers];
      const read = async () => {
        const answer = left.length > 1 ? left.shift() : left[0];
        if (answer === undefined || answer instanceof Error) throw answer;
        return answer;
      };
      return { endpoint: `endpoint ${at}`, source: { read } };
    });
    const clock = {
      ...{ nowMs: () => nowMs, monotonicMs: () => nowMs },
      sleep: async (ms: number) => {
        nowMs += ms;
      },
    };
    const log = { warn: (what: string, facts: object) => warned.push([what, facts]) };
    return createAgreedBlockSource({
      ...{ tellers, quorum, clock, log: log as unknown as Log },
      onContradiction: () => void contradictions++,
      source: {
        read: () => Promise.reject(new Error('one of them is not asked')),
        tip: async (index) => ({ blockCount: 13, next: index < 13 ? WITHOUT : null }),
        hashAt: async (index) => hashOf(index),
      },
    });
  }
  const told = () => {
    assert.equal(contradictions, warned.length);
    return warned.map(([, facts]) => (facts as { tellings: string[] }).tellings);
  };

  it('are those that a quorum tells, whoever tells otherwise first', async () => {
    for (const answers of [
      [[WITHOUT], [TRUE], [TRUE]],
      [[TRUE], [WITHOUT], [TRUE]],
    ]) {
      assert.deepEqual(await sourceOf(2, ...answers).read(10, 3), TRUE);
    }
    assert.deepEqual(told(), [
      ['endpoint 0', 'endpoint 1 and endpoint 2'],
      ['endpoint 0 and endpoint 2', 'endpoint 1'],
    ]);
  });

  it('do not wait for one that does not answer', async () => {
    const never = new Promise<BlockRun>(() => {});
    assert.deepEqual(await sourceOf(2, [never], [TRUE], [TRUE]).read(10, 3), TRUE);
    assert.deepEqual(warned, []);
  });

  for (const [what, other] of [
    ['an event is missing', WITHOUT],
    ['an amount is another', runOf(block(10), asking(6n), block(12))],
    [
      'the last block has another hash',
      runOf(block(10), asking(5n), block(12, { hash: hashOf(1) })),
    ],
    [
      'a block that holds something has another time',
      runOf(block(10), { ...asking(5n), timeMs: 1 }, block(12)),
    ],
    ['own GAS moved otherwise', runOf(block(10, moved()), asking(5n), block(12))],
    ['they follow another block', { ...TRUE, previousHash: hashOf(8) }],
  ] as const) {
    it(`are none where two differ: ${what}`, async () => {
      const read = sourceOf(2, [TRUE], [other]).read(10, 3);
      await assert.rejects(read, {
        ...{ code: 'BLOCKS_NOT_AGREED', retryable: true },
        message:
          '1 of 2 RPC endpoints tell the same of blocks 10 to 12, and 2 must (network.quorum)',
      });
      assert.deepEqual(told(), [['endpoint 0', 'endpoint 1']]);
    });
  }

  it('are the same where a header of an empty block was not read', async () => {
    const [first, ...rest] = TRUE.blocks;
    const bare = { ...(first as TailedBlock), hash: null, timeMs: null };
    const run = await sourceOf(2, [runOf(bare, ...rest)], [TRUE]).read(10, 3);
    assert.deepEqual(run.blocks.slice(1), rest);
  });

  it('are waited for where an endpoint learns of them later', async () => {
    const read = sourceOf(2, [TRUE], [MISSING, MISSING, TRUE]).read(10, 3);
    assert.deepEqual(await read, TRUE);
    assert.ok(nowMs > 0);
  });

  it('are none where it has not learnt of them after a while, and it is named', async () => {
    const read = sourceOf(2, [TRUE], [MISSING]).read(12, 1);
    await assert.rejects(read, {
      code: 'BLOCKS_NOT_AGREED',
      message: /^1 of 2 .* of block 12, and 2 must \(network\.quorum\); endpoint 1: not there$/,
    });
    assert.ok(nowMs >= LATE_LIMIT_MS, `${nowMs} ms`);
  });

  it('fail as the endpoints do where none tells anything', async () => {
    await assert.rejects(sourceOf(2, [ODD], [DOWN]).read(10, 3), DOWN);
    await assert.rejects(sourceOf(2, [ODD], [ODD]).read(10, 3), ODD);
  });

  it('are those at the tip, too', async () => {
    const source = sourceOf(2, [TRUE], [TRUE]);
    assert.deepEqual(await source.tip(12), { blockCount: 13, next: TRUE });
    assert.deepEqual(await source.tip(13), { blockCount: 13, next: null });
  });

  it('end with the signal, for its reason', async () => {
    const stop = new AbortController();
    const aborted = new Error('stopped');
    const never = new Promise<BlockRun>((_, reject) => {
      stop.signal.addEventListener('abort', () => reject(aborted));
    });
    const read = sourceOf(2, [never], [never]).read(10, 3, stop.signal);
    await turn();
    stop.abort(aborted);
    await assert.rejects(read, aborted);
  });
});

function asking(value: bigint): TailedBlock {
  return block(11, { notifications: [{ ...ASKED, state: [{ type: 'Integer', value }] }] });
}

function moved(): Partial<TailedBlock> {
  return { ownGas: [{ kind: 'moved', account: ACCOUNT, other: null, tx: null, amount: 1n }] };
}
