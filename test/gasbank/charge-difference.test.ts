import assert from 'node:assert/strict';
import { chargeDifference } from '../../src/gasbank/charge-difference.js';

const PREDICTED = {
  requestId: 1n,
  delivered: true,
  fee: 100n,
  lost: 10n,
  premium: 5n,
  uncutFee: 100n,
};
const CHARGED = { delivered: true, fee: 100n, lost: 10n, premium: 5n };
const ALONE = { skipped: 0, maxFee: 1_000n, isRun: false };

describe('a charge and its prediction', () => {
  it('are no difference when they agree to the datoshi', () => {
    assert.equal(chargeDifference(PREDICTED, CHARGED, ALONE), null);
    assert.equal(chargeDifference(PREDICTED, CHARGED, { ...ALONE, skipped: 3 }), null);
  });

  it('differ by other gas in the block, told part by part', () => {
    const found = chargeDifference(PREDICTED, { ...CHARGED, fee: 101n, premium: 3n }, ALONE);
    assert.equal(found?.reason, 'gas');
    assert.equal(found.amount, -1n);
    assert.match(found.text, /^fee \+0\.00000001, premium -0\.00000002 GAS: .* other gas/);
  });

  it('differ by what a callback did otherwise, even where the charge is the same', () => {
    const kept = chargeDifference(PREDICTED, { ...CHARGED, delivered: false }, ALONE);
    assert.equal(kept?.reason, 'callback');
    assert.match(
      kept.text,
      /^charged as predicted: the callback took the answer on trial, and not/,
    );
    const taken = chargeDifference({ ...PREDICTED, delivered: false }, CHARGED, ALONE);
    assert.match(taken?.text ?? '', /in the block, and not on trial/);
  });

  it('differ by answers beside them that were skipped, or by maxFee', () => {
    const less = { ...CHARGED, fee: 99n };
    const skipped = chargeDifference(PREDICTED, less, { ...ALONE, skipped: 2 });
    assert.equal(skipped?.reason, 'skipped');
    assert.match(skipped.text, /skipped 2 other answers/);
    assert.equal(chargeDifference(PREDICTED, less, { ...ALONE, maxFee: 114n })?.reason, 'maxFee');
    assert.equal(chargeDifference(PREDICTED, less, { ...ALONE, maxFee: 115n })?.reason, 'maxFee');
    assert.equal(chargeDifference(PREDICTED, less, { ...ALONE, maxFee: 116n })?.reason, 'gas');
  });
});
