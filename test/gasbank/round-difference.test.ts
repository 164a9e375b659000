import assert from 'node:assert/strict';
import { hash160, hash160ToAddress } from '../../src/base/hash.js';
import { roundDifference } from '../../src/gasbank/round-difference.js';

const SPONSOR = hash160(`0x${'51'.repeat(20)}`);
const PREDICTED = { pair: 'GAS/USD', payer: SPONSOR, fee: 100n };
const ALONE = { rounds: 1, skipped: 0 };

describe('the charge of a round and its prediction', () => {
  it('are no difference when they agree to the datoshi', () => {
    assert.equal(roundDifference(PREDICTED, { payer: SPONSOR, fee: 100n }, ALONE), null);
    const nobody = { payer: null, fee: 0n };
    assert.equal(roundDifference({ ...PREDICTED, ...nobody }, nobody, ALONE), null);
  });

  it('differ by another sponsor, whatever he pays', () => {
    const found = roundDifference(PREDICTED, { payer: null, fee: 0n }, { rounds: 2, skipped: 1 });
    assert.equal(found?.reason, 'sponsor');
    const was = `0\\.00000100 GAS of ${hash160ToAddress(SPONSOR)}`;
    assert.match(found.text, new RegExp(`^0\\.00000000 GAS of nobody instead of ${was}: another`));
  });

  it('differ by rounds beside it, and else by what was changed or shared', () => {
    const less = { payer: SPONSOR, fee: 99n };
    const skipped = roundDifference(PREDICTED, less, { rounds: 3, skipped: 2 });
    assert.equal(skipped?.reason, 'skipped');
    assert.match(skipped.text, /^fee -0\.00000001 GAS: the gateway skipped 2 other rounds/);
    const alone = roundDifference(PREDICTED, less, ALONE);
    assert.equal(alone?.reason, 'sponsor');
    assert.match(
      alone.text,
      /^fee -0\.00000001 GAS: the sponsor's limits or credit, or the policy/,
    );
    const more = roundDifference(
      PREDICTED,
      { payer: SPONSOR, fee: 101n },
      { rounds: 2, skipped: 0 },
    );
    assert.equal(more?.reason, 'gas');
    assert.match(more.text, /^fee \+0\.00000001 GAS: the rounds shared the fees otherwise/);
  });
});
