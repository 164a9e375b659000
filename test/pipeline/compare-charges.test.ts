import assert from 'node:assert/strict';
import type { GatewayEvent } from '../../src/chain/gateway-events.js';
import { createPredictionStore } from '../../src/gasbank/prediction-store.js';
import { compareCharges } from '../../src/pipeline/compare-charges.js';
import { createSubmit } from '../../src/pipeline/submit.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, hashOf, REQUESTER, type Stages } from './stage-fixture.js';

const PREDICTED = { delivered: true, fee: 50n, lost: 0n, premium: 3n, uncutFee: 50n };

describe('charges in a block', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
    stages.fund(10_000n);
  });
  afterEach(() => stages.close());

  const send = async (...ids: bigint[]) => {
    for (const id of ids) stages.add(id, ['answerFound']);
    const amount = 50n;
    const share = { kind: 'http' as const, requester: REQUESTER, amount };
    const sent = await createSubmit({
      ...stages,
      chain: stages.chain.port,
      walletFloor: 0n,
      onWalletShort: () => {},
    })({
      purpose: 'respond',
      script: Buffer.alloc(4),
      terms: {
        systemFee: amount * BigInt(ids.length),
        networkFee: 0n,
        nonce: 1,
        validUntilBlock: 9,
      },
      why: new Map(ids.map((id) => [id, 'because'])),
      shares: ids.map((requestId) => ({ ...share, requestId })),
      predictions: ids.map((requestId) => ({ ...PREDICTED, requestId })),
    });
    return sent?.hash ?? assert.fail('not sent');
  };
  const response = (id: bigint, more: Partial<typeof PREDICTED> = {}): GatewayEvent => ({
    name: 'Response',
    id,
    requester: REQUESTER,
    payer: REQUESTER,
    code: 0,
    delivered: more.delivered ?? true,
    fee: more.fee ?? 50n,
    lost: 0n,
    premium: 3n,
  });
  const compare = (tx: ReturnType<typeof hashOf>, ...events: GatewayEvent[]) =>
    inTransaction(stages.db, () => {
      const predictions = createPredictionStore(stages.db);
      const at = { tx, block: 7, atMs: 1 };
      return compareCharges({ ...stages, predictions }, events, at);
    });
  const told = (id: bigint) =>
    stages.db
      .prepare('SELECT block, tx, what, why FROM request_step WHERE request_id = ? ORDER BY seq')
      .all(id)
      .at(-1) as { block: bigint; tx: string; what: string; why: string };

  it('that are as predicted leave no trace', async () => {
    const tx = await send(1n, 2n);
    assert.deepEqual(compare(tx, response(1n), response(2n)), []);
    assert.equal(told(1n).what, 'answer sent');
  });

  it('that differ are told in the history of their request, with the reason', async () => {
    const tx = await send(1n, 2n);
    const found = compare(tx, response(1n, { fee: 49n }), response(2n, { delivered: false }));
    assert.deepEqual(found, [
      { requestId: 1n, reason: 'gas' },
      { requestId: 2n, reason: 'callback' },
    ]);
    const { why, ...step } = told(1n);
    assert.deepEqual(step, { block: 7n, tx, what: 'charged otherwise than predicted' });
    assert.match(why, /^fee -0\.00000001 GAS: the answers of the transaction used other gas/);
  });

  it('beside an answer that was skipped differ for that reason', async () => {
    const tx = await send(1n, 2n);
    const found = compare(tx, response(1n, { fee: 52n }));
    assert.deepEqual(found, [{ requestId: 1n, reason: 'skipped' }]);
    assert.equal(told(2n).what, 'answer sent');
  });

  it('of runs of upkeeps that differ are told with the run', async () => {
    inTransaction(stages.db, () => {
      const at = { block: 5, timeMs: 5_000 };
      const terms = { owner: REQUESTER, target: REQUESTER, method: 'run', maxFee: 100n };
      const trigger = { triggerText: 'every:1', trigger: null, registered: at };
      stages.upkeeps.add({ id: 9n, ...terms, ...trigger, registeredTx: hashOf(1) }, 'new', null);
    });
    const tx = await send(1n);
    inTransaction(stages.db, () =>
      createPredictionStore(stages.db).add(tx, [{ ...PREDICTED, requestId: 9n }]),
    );
    const run = { id: 9n, owner: REQUESTER, due: 6, lost: 0n, premium: 3n, locked: 0n } as const;
    const performed = (fee: bigint, delivered = true): GatewayEvent => ({
      ...{ name: 'UpkeepPerformed', ...run, fee, delivered },
    });
    assert.deepEqual(compare(tx, response(1n), performed(50n)), []);
    const found = compare(tx, response(1n), performed(49n, false));
    assert.deepEqual(found, [{ requestId: 9n, reason: 'callback' }]);
    const reason = stages.upkeeps.get(9n)?.reason ?? '';
    const told = /^new; charged otherwise than predicted: fee -0\.00000001 GAS: the target let /;
    assert.match(reason, told);
    const [gas] = compare(tx, response(1n), performed(51n));
    assert.equal(gas?.reason, 'gas');
    assert.match(
      stages.upkeeps.get(9n)?.reason ?? '',
      /the runs of the transaction used other gas/,
    );
  });

  it('by somebody else’s transaction are nobody’s prediction', async () => {
    await send(1n);
    assert.deepEqual(compare(hashOf(99), response(1n, { fee: 1n })), []);
  });
});
