import assert from 'node:assert/strict';
import { hash160 } from '../../src/base/hash.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { nextWay, type Obstacle, type ReadyAnswer } from '../../src/pipeline/answer.js';
import { predictCharge, systemFeeFor, wasClamped } from '../../src/pipeline/answer-fees.js';

const READY: ReadyAnswer = {
  requestId: 5n,
  code: ResponseCode.Success,
  result: Buffer.from('[1]'),
  maxFee: 100n,
  kind: 'http',
  requester: hash160(`0x${'c3'.repeat(20)}`),
  inboxOnly: null,
  faults: 0,
  lostTx: null,
};

/** The ways that are tried when all of them meet an obstacle of the kinds given, in order. */
function waysOf(ready: ReadyAnswer, kinds: Obstacle['kind'][]): string[] {
  const obstacles: Obstacle[] = [];
  const seen: string[] = [];
  for (const kind of kinds) {
    const way = nextWay(ready, obstacles);
    if (way === null) return [...seen, 'none'];
    seen.push(`${way.code} ${way.result.length} ${way.deliver ? 'deliver' : 'keep'}`);
    obstacles.push({ way, kind, reason: '' });
  }
  return seen;
}

describe('the ways to answer a request', () => {
  it('fall from the full answer to InsufficientFunds when maxFee is too small', () => {
    const ways = waysOf(READY, ['tooDear', 'tooDear', 'tooDear', 'tooDear', 'tooDear']);
    assert.deepEqual(ways, ['0 3 deliver', '0 3 keep', '28 0 deliver', '28 0 keep', 'none']);
  });

  it('never call a callback again that failed', () => {
    const ways = waysOf(READY, ['callbackFails', 'tooDear', 'tooDear', 'tooDear']);
    assert.deepEqual(ways, ['0 3 deliver', '0 3 keep', '28 0 keep', 'none']);
  });

  it('never call a callback whose transaction FAULTed in a block', () => {
    const ways = waysOf({ ...READY, lostTx: `0x${'ab'.repeat(32)}` }, ['tooDear', 'tooDear']);
    assert.deepEqual(ways, ['0 3 keep', '28 0 keep']);
  });

  it('go on without a claim of lost fees that the gateway refuses', () => {
    const lostTx = `0x${'ab'.repeat(32)}` as const;
    const claiming = { ...READY, lostTx };
    const way = nextWay(claiming, []);
    assert.ok(way);
    assert.equal(way.lostTx, lostTx);
    const refused = { way, kind: 'refused', reason: '' } as const;
    const next = nextWay(claiming, [refused]);
    assert.ok(next);
    assert.deepEqual(next, { ...way, lostTx: null });
    const tooDear = { way: next, kind: 'tooDear', reason: '' } as const;
    const last = nextWay(claiming, [refused, tooDear]);
    assert.deepEqual([last?.code, last?.deliver, last?.lostTx], [28, false, null]);
  });

  it('are ResponseTooLarge where no transaction can carry the result', () => {
    const ways = waysOf(READY, ['tooMuchGas', 'tooMuchGas', 'tooDear', 'tooDear', 'tooDear']);
    assert.deepEqual(ways, ['0 3 deliver', '0 3 keep', '26 0 deliver', '26 0 keep', 'none']);
  });

  it('have nothing below a code that carries no result', () => {
    const notFound = { ...READY, code: ResponseCode.NotFound, result: Buffer.alloc(0) };
    const ways = waysOf(notFound, ['tooDear', 'tooDear', 'tooDear']);
    assert.deepEqual(ways, ['20 0 deliver', '20 0 keep', 'none']);
  });
});

describe('the fees of an answer', () => {
  it('add a margin of the share or of the minimum, whichever is more', () => {
    const margin = { bps: 100n, minimum: 50n };
    assert.equal(systemFeeFor(10_000n, margin), 10_100n);
    assert.equal(systemFeeFor(1_000n, margin), 1_050n);
  });

  it('are predicted by an equal share of what is paid beyond what was seen', () => {
    const effect = { delivered: true, fee: 40n, lost: 5n, premium: 7n };
    assert.equal(predictCharge(effect, 4, 100n, 100n), 52n);
    assert.equal(predictCharge(effect, 4, 100n, 110n), 55n);
    assert.equal(predictCharge(effect, 4, 100n, 90n), 50n);
  });

  it('tell nothing when the contract cut them', () => {
    const effect = { delivered: true, fee: 40n, lost: 0n, premium: 7n };
    assert.equal(wasClamped(effect, 47n), true);
    assert.equal(wasClamped(effect, 48n), false);
    assert.equal(wasClamped({ ...effect, fee: 0n }, 48n), true);
  });
});
