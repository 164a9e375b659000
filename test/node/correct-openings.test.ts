import assert from 'node:assert/strict';
import { hash160 } from '../../src/base/hash.js';
import { walletOf } from '../../src/gasbank/accounts.js';
import type {
  SettledTransfer,
  TransferDifference,
} from '../../src/gasbank/rebuilt-ledger-store.js';
import { correctOpenings, wrongOpenings } from '../../src/node/correct-openings.js';
import { createStages } from '../pipeline/stage-fixture.js';

const WALLET = walletOf(hash160(`0x${'a1'.repeat(20)}`));

describe('correcting openings', () => {
  const transfer = (id: string, amount: bigint): SettledTransfer => ({
    ...{ id, amount, block: 6, tx: null, debit: 'outside', credit: WALLET, cause: 'opening' },
    ...{ requestId: null, lostTx: null, counterparty: null },
  });
  const differs = (
    id: string,
    ledger: bigint | null,
    chain: bigint | null,
  ): TransferDifference => ({
    id,
    ledger: ledger === null ? null : transfer(id, ledger),
    chain: chain === null ? null : transfer(id, chain),
  });
  const opening = `${WALLET}:opening`;
  const wrong = (...transfers: TransferDifference[]) =>
    wrongOpenings({ transfers, differingTransfers: transfers.length, unsound: [] });

  it('is for openings alone: what else differs would be hidden by it', () => {
    assert.deepEqual(wrong(differs(opening, 7n, 5n)), [{ account: WALLET, ledger: 7n, chain: 5n }]);
    assert.deepEqual(wrong(differs(opening, null, 5n))?.[0]?.ledger, 0n);
    assert.deepEqual(wrong(differs(opening, 7n, null))?.[0]?.chain, 0n);
    assert.deepEqual(wrong(), []);
    assert.equal(wrong(differs(opening, 7n, 5n), differs('0x01:0:deposit', 1n, 2n)), null);
    const one = { transfers: [differs(opening, 7n, 5n)], unsound: [] };
    assert.equal(wrongOpenings({ ...one, differingTransfers: 2 }), null);
    const unsound = [{ account: WALLET, posted: 1n, transfers: 2n }];
    assert.equal(wrongOpenings({ ...one, differingTransfers: 1, unsound }), null);
  });

  it('is refused where the books are no longer those that were compared', () => {
    const stages = createStages();
    try {
      const correct = () => correctOpenings(stages.db, wrong(differs(opening, 7n, 5n)) ?? [], 1);
      assert.throws(correct, { code: 'OPENING_UNCLEAR', retryable: true });
      assert.deepEqual(stages.ledger.balances(''), []);
    } finally {
      stages.close();
    }
  });
});
