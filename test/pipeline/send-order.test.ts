import assert from 'node:assert/strict';
import { type Clock, systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import type { TransactionState } from '../../src/chain/transaction-state.js';
import { MAX_UNSEEN_MS, sendDirectly, waitForBlock } from '../../src/pipeline/send-order.js';

const SENT = { hash: `0x${'ab'.repeat(32)}`, raw: Buffer.from('signed') } as const;
const LAST_BLOCK = 100;
const DOWN = new NodeError('RPC_HTTP_STATUS', 'HTTP status 502', { retryable: true });
const HALTED = {
  kind: 'inBlock',
  block: 9,
  halted: true,
  exception: null,
  gasConsumed: 1n,
} as const;

/** Time that passes by sleeping alone, and an endpoint that says the next of these at each look. */
function waiting(
  look: (looks: number) => TransactionState | Error,
  { broadcastFails = false, height = 5 } = {},
) {
  let [nowMs, looks, sends] = [0, 0, 0];
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => nowMs,
    sleep: async (timeoutMs) => {
      nowMs += timeoutMs;
    },
  };
  const chain = {
    sign: async () => SENT,
    fates: async () => {
      looks += 1;
      const seen = look(looks);
      if (seen instanceof Error) throw seen;
      return [seen];
    },
    broadcast: async () => {
      sends += 1;
      if (broadcastFails) throw DOWN;
      return { kind: 'accepted' } as const;
    },
  };
  return {
    parts: { chain, clock, pollMs: 500, height: async () => height },
    nowMs: () => nowMs,
    sends: () => sends,
  };
}

describe('waiting for the block of a transaction', () => {
  it('waits out what ails the endpoints, however often, while some answer comes now and then', async () => {
    const wait = waiting((looks) => {
      if (looks === 3_000) return HALTED;
      return looks % 500 === 0 ? { kind: 'inMempool' } : DOWN;
    });
    assert.equal(await waitForBlock(wait.parts, SENT, LAST_BLOCK), 9);
    assert.ok(wait.nowMs() > 4 * MAX_UNSEEN_MS);
  });

  it('ends when no endpoint answers for five minutes, and says what may still come', async () => {
    const wait = waiting(() => DOWN);
    await assert.rejects(waitForBlock(wait.parts, SENT, LAST_BLOCK), {
      code: 'TRANSACTION_UNSEEN',
      retryable: true,
      message: /0xabab.* no endpoint told of it/,
      hint: /in a block up to 100: look for it before/,
    });
    assert.equal(MAX_UNSEEN_MS, 300_000);
    assert.ok(wait.nowMs() > MAX_UNSEEN_MS && wait.nowMs() <= MAX_UNSEEN_MS + 1_000);
  });

  it('takes a bug for one, at once', async () => {
    const wait = waiting(() => new TypeError('a bug'));
    await assert.rejects(waitForBlock(wait.parts, SENT, LAST_BLOCK), /a bug/);
    assert.equal(wait.nowMs(), 0);
  });

  it('looks for one that no endpoint said it took, and sends it again', async () => {
    const lost = waiting((looks) => (looks > 10 ? HALTED : { kind: 'unknown' }));
    const failing = waiting(() => HALTED, { broadcastFails: true });
    const priced = {
      script: Buffer.alloc(1),
      terms: { nonce: 1, validUntilBlock: LAST_BLOCK, systemFee: 1n, networkFee: 1n },
      fees: 2n,
    };
    const noted: unknown[] = [];
    const sent = await sendDirectly(failing.parts.chain, priced, (...told) => noted.push(told));
    assert.deepEqual([sent, noted], [SENT, [[SENT, LAST_BLOCK]]]);
    assert.equal(await waitForBlock(lost.parts, sent, LAST_BLOCK), 9);
    assert.equal(lost.sends(), 1);
  });

  it('gives up what is in no block up to its last, and not before that block is there', async () => {
    const at = (height: number) =>
      waiting((looks) => (looks > 3 ? HALTED : { kind: 'inMempool' }), { height }).parts;
    await assert.rejects(waitForBlock(at(LAST_BLOCK), SENT, LAST_BLOCK));
    assert.equal(await waitForBlock(at(LAST_BLOCK - 1), SENT, LAST_BLOCK), 9);
  });
});
