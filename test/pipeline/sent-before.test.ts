import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Hash256 } from '../../src/base/hash.js';
import type { ChainPort } from '../../src/pipeline/chain-port.js';
import { createSubmit } from '../../src/pipeline/submit.js';
import { inTransaction } from '../../src/storage/database.js';
import { ACCOUNT, createStages, REQUESTER, rawOf, type Stages, WALLET } from './stage-fixture.js';

const SUBMISSION = {
  purpose: 'respond' as const,
  script: Buffer.from('{}'),
  terms: { systemFee: 80n, networkFee: 20n, nonce: 1, validUntilBlock: 20 },
  why: new Map([[1n, 'because']]),
  shares: [{ requestId: 1n, kind: 'http' as const, requester: REQUESTER, amount: 100n }],
  predictions: [],
};
/** As a transaction's does, the hash follows from what is signed. */
const sign: ChainPort['sign'] = async (_, { nonce }) => {
  const raw = rawOf(nonce);
  return { raw, hash: `0x${createHash('sha256').update(raw).digest('hex')}` as Hash256 };
};

describe('an answer that FAULTed and is planned just as it was', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
  });
  afterEach(() => stages.close());

  const faulted = (tx: Hash256, block: number): void =>
    inTransaction(stages.db, () => {
      const fees = { kind: 'fees', account: ACCOUNT, tx, amount: 100n } as const;
      stages.ending.burnt({ ...fees, fault: { nonce: 1 } }, block, 1);
      stages.ending.faulted(tx, block, 'the callback threw', 1);
    });

  it('is sent with another nonce each time, since the network takes none twice', async () => {
    stages.fund(1_000n);
    stages.add(1n, ['answerFound']);
    const chain = { ...stages.chain.port, sign };
    const submit = createSubmit({ ...stages, chain, walletFloor: 50n, onWalletShort: () => {} });
    const sent: Hash256[] = [];
    for (let block = 13; block < 16; block++) {
      const signed = await submit(SUBMISSION);
      assert.ok(signed !== null, `it was not sent for block ${block}`);
      const { hash } = signed;
      assert.equal(stages.requests.get(1n)?.tx, hash);
      assert.deepEqual(
        stages.transactions.inFlight().map((each) => each.hash),
        [hash],
      );
      assert.equal(stages.ledger.balance(WALLET).drawn, 100n);
      faulted(hash, block);
      sent.push(hash);
    }
    assert.equal(new Set(sent).size, 3);
    assert.equal(stages.chain.broadcasts.length, 3);
    assert.equal(stages.requests.get(1n)?.lostTx, sent[0], 'only its own nonce can be claimed');
    assert.equal(stages.ledger.balance(WALLET).available, 700n);
  });
});
