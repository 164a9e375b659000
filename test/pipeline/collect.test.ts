import assert from 'node:assert/strict';
import { creditOf, earnedOf, OUTSIDE } from '../../src/gasbank/accounts.js';
import { createCollect } from '../../src/pipeline/collect.js';
import { createSubmit } from '../../src/pipeline/submit.js';
import { inTransaction } from '../../src/storage/database.js';
import { ACCOUNT, createStages, REQUESTER, type Stages, WALLET } from './stage-fixture.js';

const FLOOR = 200n;
const EARNED = 5_000n;

describe('collecting', () => {
  let stages: Stages;
  let preflights: number;
  beforeEach(() => {
    stages = createStages();
    preflights = 0;
    stages.chain.judgeExpiry = () => {
      preflights += 1;
      const told = { effects: new Map(), expired: new Set<bigint>(), contained: true };
      return { state: 'HALT', gasConsumed: 80n, ...told };
    };
  });
  afterEach(() => stages.close());

  function collect(atLeast = 1_000n) {
    const parts = { ...stages, chain: stages.chain.port };
    const margin = { bps: 0n, minimum: 10n };
    const planLimits = {
      margin,
      maxSystemFee: 500n,
      maxNetworkFee: 500n,
      allowLoss: new Set<never>(),
    };
    return createCollect({
      ...parts,
      planLimits,
      submit: createSubmit({ ...parts, walletFloor: FLOOR, onWalletShort: () => {} }),
      rule: { whenWalletBelow: 1_000n, atLeast },
      limits: { validBlocks: 10, holdMs: 3_000 },
      randomNonce: () => 5,
    });
  }
  const earn = (amount: bigint) =>
    inTransaction(stages.db, () => {
      const at = { amount, block: 1, tx: null, requestId: null };
      const [credit, earned] = [creditOf(REQUESTER), earnedOf(ACCOUNT)];
      const { ledger } = stages;
      ledger.transfer({ ...at, id: 'in', debit: OUTSIDE, credit, cause: 'deposit' }, 1);
      ledger.transfer({ ...at, id: 'fee', debit: credit, credit: earned, cause: 'fee' }, 1);
    });
  const sent = () => stages.transactions.inFlight().map(({ purpose }) => purpose);

  it('happens once while the wallet is low, and its fee is drawn like any other', async () => {
    stages.fund(999n);
    earn(EARNED);
    const run = collect();
    await run(10);
    await run(11);
    assert.deepEqual(sent(), ['collect']);
    const [transaction] = stages.transactions.inFlight();
    assert.equal(transaction?.validUntilBlock, 20);
    assert.equal(stages.ledger.balance(WALLET).drawn, 100n);
    const share = stages.db.prepare('SELECT kind, amount FROM spend_share').get();
    assert.deepEqual(share, { kind: 'collect', amount: 100n });
  });

  it('happens again only when it is known how the last one ended, and not at once', async () => {
    stages.fund(999n);
    earn(EARNED);
    const run = collect();
    await run(10);
    stages.advance(61_000);
    await run(11);
    const [first] = stages.transactions.inFlight();
    assert.equal(preflights, 1, 'one is under way');
    const end = (hash = first?.hash ?? assert.fail()) =>
      inTransaction(stages.db, () => stages.transactions.end(hash, 'faulted', 11, 'ABORT'));
    end();
    await run(12);
    assert.equal(preflights, 2);
    end(stages.transactions.inFlight()[0]?.hash);
    await run(13);
    assert.equal(preflights, 2, 'what FAULTs costs its fee each time');
    stages.advance(61_000);
    await run(14);
    assert.equal(preflights, 3);
  });

  it('is paid from what the floor keeps: else a wallet at its floor would stay there', async () => {
    stages.fund(150n);
    earn(EARNED);
    await collect()(10);
    assert.deepEqual(sent(), ['collect']);
  });

  it('waits when not even its fee is there, and tells why', async () => {
    stages.fund(99n);
    earn(EARNED);
    const run = collect();
    await run(10);
    await run(11);
    assert.deepEqual(sent(), []);
    assert.equal(preflights, 1, 'not with each block');
    assert.equal(stages.held.list(stages.clock.nowMs())[0]?.cause, 'floor');
    stages.fund(1n);
    stages.advance(3_000);
    await run(12);
    assert.deepEqual(sent(), ['collect']);
  });

  it('does not happen for less than it costs, nor when the wallet has enough', async () => {
    stages.fund(999n);
    earn(100n);
    await collect(50n)(10);
    assert.deepEqual(sent(), []);
    assert.equal(preflights, 1);
    stages.fund(1n);
    await collect(50n)(11);
    assert.equal(preflights, 1);
  });

  it('is tried again after a while when the gateway refuses it', async () => {
    stages.fund(500n);
    earn(EARNED);
    const accepts = stages.chain.judgeExpiry;
    stages.chain.judgeExpiry = () => ({ state: 'FAULT', exception: 'no witness', limit: null });
    const run = collect();
    await run(10);
    stages.chain.judgeExpiry = accepts;
    await run(11);
    assert.deepEqual([sent(), stages.retries], [[], ['collect']]);
    stages.advance(60_000);
    await run(12);
    assert.deepEqual(sent(), ['collect']);
  });
});
