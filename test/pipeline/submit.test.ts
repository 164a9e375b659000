import assert from 'node:assert/strict';
import type { Hash256 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import { createPredictionStore } from '../../src/gasbank/prediction-store.js';
import { createSpending, NO_BUDGETS } from '../../src/gasbank/spending.js';
import { createConfirm } from '../../src/pipeline/confirm.js';
import type { CrashPoint } from '../../src/pipeline/crash-point.js';
import { createSubmit } from '../../src/pipeline/submit.js';
import { inTransaction } from '../../src/storage/database.js';
import { ACCOUNT, createStages, hashOf, REQUESTER, type Stages, WALLET } from './stage-fixture.js';

const FEES = { systemFee: 80n, networkFee: 20n };
const FLOOR = 50n;

describe('submitting', () => {
  let stages: Stages;
  let short: number;
  beforeEach(() => {
    stages = createStages();
    short = 0;
  });
  afterEach(() => stages.close());

  const parts = () => ({
    ...stages,
    chain: stages.chain.port,
    walletFloor: FLOOR,
    onWalletShort: () => {
      short += 1;
    },
  });
  const submitTo = (crashPoint?: CrashPoint) =>
    createSubmit(crashPoint === undefined ? parts() : { ...parts(), crashPoint });
  const submission = (...ids: bigint[]) => ({
    purpose: 'respond' as const,
    script: Buffer.from('{}'),
    terms: { ...FEES, nonce: 1, validUntilBlock: 20 },
    why: new Map(ids.map((id) => [id, 'because'])),
    shares: ids.map((requestId, at) => ({
      requestId,
      kind: 'http' as const,
      requester: REQUESTER,
      amount: at === 0 ? 100n - BigInt(ids.length) + 1n : 1n,
    })),
    predictions: [],
  });
  const drawn = () => stages.ledger.balance(WALLET).drawn;
  const inFlight = () => stages.transactions.inFlight().map(({ hash }) => hash);

  it('has everything on disk before anybody sees the transaction', async () => {
    stages.fund(1_000n);
    stages.add(1n, ['answerFound']);
    stages.add(2n, ['answerFound']);
    const seen: unknown[] = [];
    const look: CrashPoint = (at) => {
      const states = [stages.stateOf(1n), stages.stateOf(2n)];
      seen.push([at, ...states, drawn(), inFlight().length, stages.chain.broadcasts.length]);
    };
    const sent = await submitTo(look)(submission(1n, 2n));
    assert.deepEqual(seen, [
      ['signed', 'resolved', 'resolved', 0n, 0, 0],
      ['persisted', 'sent', 'sent', 100n, 1, 0],
      ['broadcast', 'sent', 'sent', 100n, 1, 1],
    ]);
    assert.deepEqual(inFlight(), [sent?.hash]);
    assert.equal(stages.requests.get(1n)?.tx, sent?.hash);
  });

  it('changes nothing when one of its requests has moved on', async () => {
    stages.fund(1_000n);
    stages.add(1n, ['answerFound']);
    stages.add(2n, ['answerFound', 'answeredOnChain']);
    assert.equal(await submitTo()(submission(1n, 2n)), null);
    assert.deepEqual([stages.stateOf(1n), drawn(), inFlight()], ['resolved', 0n, []]);
    assert.deepEqual(stages.chain.broadcasts, []);
  });

  it('changes nothing when the wallet would fall below its floor, and says by how much', async () => {
    stages.fund(149n);
    stages.add(1n, ['answerFound']);
    await assert.rejects(submitTo()(submission(1n)), (error) => {
      assert.ok(error instanceof NodeError && error.code === 'WALLET_FLOOR' && error.retryable);
      assert.match(error.message, /0\.00000100 GAS of fees, the wallet has 0\.00000149 GAS/);
      assert.match(error.hint ?? '', /send GAS to N/);
      return true;
    });
    assert.deepEqual([stages.stateOf(1n), drawn(), inFlight(), short], ['resolved', 0n, [], 1]);
    stages.fund(1n);
    assert.notEqual(await submitTo()(submission(1n)), null, 'just enough');
  });

  it('counts what is drawn already: two answers cannot be paid from the same GAS', async () => {
    stages.fund(200n);
    stages.add(1n, ['answerFound']);
    stages.add(2n, ['answerFound']);
    assert.notEqual(await submitTo()(submission(1n)), null);
    await assert.rejects(submitTo()(submission(2n)), /the wallet has 0\.00000100 GAS/);
  });

  /** Its block is taken in. */
  const burnt = (tx: Hash256, fault: { nonce: number } | null = null): void =>
    inTransaction(stages.db, () => {
      const fees = { kind: 'fees', account: ACCOUNT, tx, amount: 100n, fault } as const;
      stages.ending.burnt(fees, 13, 1);
    });

  it('sets aside what an order takes besides its fees, so that two cannot go below the floor', async () => {
    stages.fund(1_000n);
    const shares = [{ requestId: null, kind: 'order', requester: null, amount: 100n }] as const;
    const order = { ...submission(), purpose: 'order' as const, shares, taken: 400n };
    const sent = await submitTo()(order);
    assert.equal(drawn(), 500n);
    const another = { ...order, terms: { ...order.terms, nonce: 2 } };
    await assert.rejects(
      submitTo()({ ...another, taken: 351n }),
      /0\.00000351 GAS and 0\.00000100 GAS of fees, the wallet has 0\.00000500 GAS/,
    );
    assert.notEqual(await submitTo()({ ...another, taken: 350n }), null);
    burnt(sent?.hash ?? hashOf(0));
    inTransaction(stages.db, () => stages.ending.halted(sent?.hash ?? hashOf(0), 13, 1));
    assert.deepEqual(stages.ledger.balance(WALLET), { posted: 900n, drawn: 450n, available: 450n });
  });

  it('collects earnings once, whoever else collects them meanwhile', async () => {
    stages.fund(1_000n);
    const shares = [{ requestId: null, kind: 'collect', requester: null, amount: 100n }] as const;
    const collection = { ...submission(), purpose: 'collect' as const, shares };
    const [first, second] = await Promise.all([submitTo()(collection), submitTo()(collection)]);
    assert.deepEqual([first !== null, second, drawn()], [true, null, 100n]);
    inTransaction(stages.db, () => stages.ending.halted(first?.hash ?? hashOf(0), 12, 1));
    assert.notEqual(await submitTo()(collection), null);
  });

  it('changes nothing when a budget has no room for it, or the books differ from the chain', async () => {
    stages.fund(1_000n);
    stages.add(1n, ['answerFound']);
    const node = { perHour: 99n, perDay: null };
    const spending = createSpending(stages.db, { ...NO_BUDGETS, node }, stages.clock.nowMs);
    const limited = createSubmit({ ...parts(), spending });
    await assert.rejects(limited(submission(1n)), /gasbank\.budgets\.perHour holds it/);
    const requireSpendable = (): void => {
      throw new NodeError('SPENDING_STOPPED', 'the books differ', { retryable: true });
    };
    await assert.rejects(createSubmit({ ...parts(), requireSpendable })(submission(1n)), /differ/);
    assert.deepEqual([stages.stateOf(1n), drawn(), inFlight()], ['resolved', 0n, []]);
    assert.deepEqual(stages.chain.broadcasts, []);
  });

  it('signs nothing that it would not send: a signer counts it against its hour', async () => {
    stages.fund(149n);
    stages.add(1n, ['answerFound']);
    stages.add(2n, ['answerFound', 'answeredOnChain']);
    let signed = 0;
    const { sign } = stages.chain.port;
    const counting: typeof sign = (...asked) => {
      signed += 1;
      return sign(...asked);
    };
    const chain = { ...stages.chain.port, sign: counting };
    const submit = createSubmit({ ...parts(), chain });
    for (let times = 0; times < 3; times++) {
      await assert.rejects(submit(submission(1n)), { code: 'WALLET_FLOOR' });
    }
    stages.fund(1_000n);
    const node = { perHour: 99n, perDay: null };
    const spending = createSpending(stages.db, { ...NO_BUDGETS, node }, stages.clock.nowMs);
    const limited = createSubmit({ ...parts(), chain, spending });
    await assert.rejects(limited(submission(1n)), { code: 'BUDGET_REACHED' });
    const stopped = (): void => {
      throw new NodeError('SPENDING_STOPPED', 'the books differ', { retryable: true });
    };
    const differing = createSubmit({ ...parts(), chain, requireSpendable: stopped });
    await assert.rejects(differing(submission(1n)), { code: 'SPENDING_STOPPED' });
    assert.equal(await submit(submission(2n)), null);
    assert.equal(signed, 0);
    assert.notEqual(await submit(submission(1n)), null);
    assert.equal(signed, 1);
  });

  it('looks again once it is signed: the wallet may be emptied while a signer thinks', async () => {
    stages.fund(200n);
    for (const id of [1n, 2n]) stages.add(id, ['answerFound']);
    const submit = submitTo();
    const ended = await Promise.allSettled([submit(submission(1n)), submit(submission(2n))]);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.deepEqual([drawn(), stages.stateOf(2n)], [100n, 'resolved']);
  });

  it('keeps for whom the fees are spent, and what was predicted, with the draw', async () => {
    stages.fund(1_000n);
    stages.add(1n, ['answerFound']);
    const charge = { delivered: true, fee: 90n, lost: 1n, premium: 2n, uncutFee: 95n };
    const predictions = [{ requestId: 1n, ...charge }];
    const sent = await submitTo()({ ...submission(1n), predictions });
    const store = createPredictionStore(stages.db);
    assert.deepEqual(store.of(sent?.hash ?? hashOf(0)), predictions);
    const shares = stages.db.prepare('SELECT request_id, requester, amount FROM spend_share').all();
    assert.deepEqual(shares, [{ request_id: 1n, requester: REQUESTER, amount: 100n }]);
  });

  it('is a bug where the shares are not the fees', async () => {
    stages.fund(1_000n);
    stages.add(1n, ['answerFound']);
    const { shares, ...rest } = submission(1n);
    const less = shares.map((share) => ({ ...share, amount: share.amount - 1n }));
    await assert.rejects(submitTo()({ ...rest, shares: less }), /bug: shares of 99 .* pays 100/);
    assert.deepEqual(inFlight(), []);
  });

  it('stands by what it persisted when the broadcast fails', async () => {
    stages.fund(1_000n);
    stages.add(1n, ['answerFound']);
    stages.chain.onBroadcast = () => Promise.reject(new Error('connection reset'));
    const sent = await submitTo()(submission(1n));
    assert.deepEqual([stages.stateOf(1n), drawn(), inFlight()], ['sent', 100n, [sent?.hash]]);
  });

  describe('and what became of it', () => {
    const confirmAt = (height: number) => createConfirm({ ...parts() })(height);
    const submitted = async () => {
      stages.fund(1_000n);
      stages.add(1n, ['answerFound']);
      const sent = await submitTo()(submission(1n));
      stages.chain.broadcasts.length = 0;
      return sent?.hash ?? hashOf(0);
    };

    it('is sent again while no endpoint knows it, but not while it waits in one', async () => {
      const hash = await submitted();
      assert.deepEqual(await confirmAt(11), { faulted: 0, dead: 0, waiting: 1 });
      assert.deepEqual(stages.chain.broadcasts, [hash]);
      stages.chain.fates.set(hash, { kind: 'inMempool' });
      await confirmAt(12);
      assert.deepEqual(stages.chain.broadcasts, [hash]);
    });

    it('is nothing where none was sent', async () => {
      assert.deepEqual(await confirmAt(11), { faulted: 0, dead: 0, waiting: 0 });
    });

    it('is looked for again where the endpoints cannot tell, and that is counted', async () => {
      await submitted();
      const confirm = (error: Error) => {
        const fates = () => Promise.reject(error);
        return createConfirm({ ...parts(), chain: { ...stages.chain.port, fates } })(11);
      };
      const late = new NodeError('RPC_TIMEOUT', 'no answer in 5 s', { retryable: true });
      await assert.rejects(confirm(late), late);
      assert.deepEqual(stages.retries, ['confirm']);
      const bug = new Error('bug');
      await assert.rejects(confirm(bug), bug);
      assert.deepEqual(stages.retries, ['confirm'], 'a bug ends the node');
    });

    it('is waited for up to its last block, and dead after that', async () => {
      const hash = await submitted();
      await confirmAt(19);
      assert.equal(stages.stateOf(1n), 'sent');
      assert.deepEqual(await confirmAt(20), { faulted: 0, dead: 1, waiting: 0 });
      assert.deepEqual([stages.stateOf(1n), drawn()], ['resolved', 0n]);
      assert.equal(stages.ledger.balance(WALLET).posted, 1_000n);
      const again = await submitTo()(submission(1n));
      assert.notEqual(again?.hash, hash);
    });

    it('is not judged before the events of its block are in', async () => {
      const hash = await submitted();
      const ran = { gasConsumed: 1n, exception: null };
      stages.chain.fates.set(hash, { kind: 'inBlock', block: 13, halted: true, ...ran });
      assert.deepEqual(await confirmAt(12), { faulted: 0, dead: 0, waiting: 1 });
      assert.equal(stages.stateOf(1n), 'sent');
      burnt(hash);
      await confirmAt(13);
      assert.equal(stages.stateOf(1n), 'resolved', 'no event told of an answer: it was skipped');
      assert.equal(stages.ledger.balance(WALLET).posted, 900n);
    });

    it('is a FAULT with its reason, paid for', async () => {
      const hash = await submitted();
      const ran = { gasConsumed: 1n, exception: 'ABORT is executed' };
      stages.chain.fates.set(hash, { kind: 'inBlock', block: 13, halted: false, ...ran });
      burnt(hash, { nonce: 1 });
      assert.deepEqual(await confirmAt(13), { faulted: 1, dead: 0, waiting: 0 });
      assert.match(stages.requests.get(1n)?.reason ?? '', /FAULTed in block 13: ABORT is executed/);
      assert.deepEqual(stages.ledger.balance(WALLET).posted, 900n);
      assert.deepEqual(stages.ledger.openDraws(), []);
    });

    it('is not in the block that an endpoint lies of', async () => {
      const hash = await submitted();
      const ran = { gasConsumed: 1n, exception: 'a lie' };
      stages.chain.fates.set(hash, { kind: 'inBlock', block: 11, halted: false, ...ran });
      assert.deepEqual(await confirmAt(12), { faulted: 0, dead: 0, waiting: 1 });
      assert.deepEqual([stages.stateOf(1n), drawn()], ['sent', 100n]);
      burnt(hash);
      await confirmAt(13);
      assert.deepEqual(stages.ledger.balance(WALLET).posted, 900n);
      assert.deepEqual(stages.ledger.openDraws(), []);
    });

    it('is dead past its last block, whatever block an endpoint lies of', async () => {
      const hash = await submitted();
      const ran = { gasConsumed: 1n, exception: 'a lie' };
      stages.chain.fates.set(hash, { kind: 'inBlock', block: 11, halted: false, ...ran });
      assert.deepEqual(await confirmAt(20), { faulted: 0, dead: 1, waiting: 0 });
      assert.deepEqual([stages.stateOf(1n), drawn()], ['resolved', 0n]);
      assert.equal(stages.ledger.balance(WALLET).posted, 1_000n);
    });

    it('is found out for each of several, though one of them has no answer yet', async () => {
      const first = await submitted();
      stages.add(2n, ['answerFound']);
      const second = await submitTo()(submission(2n));
      const ran = { gasConsumed: 1n, exception: 'ABORT' };
      stages.chain.fates.set(second?.hash ?? hashOf(0), {
        kind: 'inBlock',
        block: 13,
        halted: false,
        ...ran,
      });
      burnt(second?.hash ?? hashOf(0), { nonce: 2 });
      assert.deepEqual(await confirmAt(14), { faulted: 1, dead: 0, waiting: 1 });
      assert.deepEqual([stages.stateOf(1n), stages.stateOf(2n)], ['sent', 'resolved']);
      assert.deepEqual(inFlight(), [first]);
    });
  });

  it('of a request that another node answers meanwhile still has its fees on the books', async () => {
    stages.fund(1_000n);
    stages.add(1n, ['answerFound']);
    await submitTo()(submission(1n));
    inTransaction(stages.db, () => {
      const change = { reason: 'answered', tx: null };
      stages.requests.move(1n, 'answeredOnChain', change, { atMs: 1, what: 'answered' });
    });
    await createConfirm({ ...parts() })(20);
    assert.deepEqual([stages.stateOf(1n), drawn()], ['answered', 0n]);
  });
});
