import assert from 'node:assert/strict';
import { type Hash256, hash160 } from '../../src/base/hash.js';
import type { GatewayNotification, TailedBlock } from '../../src/chain/block-source.js';
import type { OwnGas } from '../../src/chain/own-gas.js';
import { BURNT, creditOf, earnedOf, OUTSIDE, reservedOf } from '../../src/gasbank/accounts.js';
import { createPredictionStore } from '../../src/gasbank/prediction-store.js';
import { createRoundPredictionStore } from '../../src/gasbank/round-prediction-store.js';
import { createIntake } from '../../src/pipeline/intake.js';
import { drawIdOf, takenIdOf } from '../../src/pipeline/transaction-ending.js';
import { createRoundStore } from '../../src/prices/round-store.js';
import { parseFunctionSubject, parseRandomSubject } from '../../src/requests/asked-for.js';
import { inTransaction } from '../../src/storage/database.js';
import { type EventFields, gatewayEvent } from '../chain/gateway-event.js';
import {
  ACCOUNT,
  createStages,
  hashOf,
  REQUESTER,
  rawOf,
  type Stages,
  WALLET,
} from './stage-fixture.js';

const GATEWAY = hash160(`0x${'9a'.repeat(20)}`);

const event = (
  name: Parameters<typeof gatewayEvent>[0],
  fields: EventFields,
  txHash: Hash256 = hashOf(1),
) => gatewayEvent(name, fields, txHash);

const who = { requester: REQUESTER, payer: REQUESTER };
const asked = (id: bigint, deadline = 240) =>
  event('HttpRequest', { id, ...who, spec: '{}', filter: '$', maxFee: 100n, deadline });
const deposit = (amount: bigint) =>
  event('Deposit', { account: REQUESTER, from: REQUESTER, amount });
const answered = (id: bigint, fee: bigint, tx = hashOf(2)) => [
  event('Response', { id, ...who, code: 20, delivered: true, fee, lost: 3n, premium: 2n }, tx),
  event('Earned', { account: ACCOUNT, amount: fee + 5n }, tx),
];

describe('taking blocks in', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
    inTransaction(stages.db, () => stages.cursor.begin(1, ACCOUNT, 10));
  });
  afterEach(() => stages.close());

  const block = (index: number, ...notifications: GatewayNotification[]): TailedBlock => ({
    index,
    hash: hashOf(1_000 + index),
    timeMs: 1,
    notifications,
    ownGas: [],
  });
  const own = [{ account: ACCOUNT, sinceBlock: 10, openedBlock: null }];
  const takeIn = (...blocks: TailedBlock[]) =>
    createIntake(stages, stages.clock, { gateway: GATEWAY, own })(blocks);
  const posted = (account: Parameters<typeof stages.ledger.balance>[0]) =>
    stages.ledger.balance(account).posted;
  const state = () => ({
    height: stages.cursor.read()?.height,
    credit: posted(creditOf(REQUESTER)),
    reserved: posted(reservedOf(REQUESTER)),
    earned: posted(earnedOf(ACCOUNT)),
  });

  it('follows GAS from deposit to reservation to earnings and what comes back', () => {
    takeIn(block(10, deposit(500n), asked(1n)));
    assert.deepEqual(state(), { height: 10, credit: 400n, reserved: 100n, earned: 0n });
    const { answered: ended } = takeIn(block(11, ...answered(1n, 30n)));
    assert.deepEqual(state(), { height: 11, credit: 465n, reserved: 0n, earned: 35n });
    assert.deepEqual(
      ended.map(({ id, charged }) => [id, charged]),
      [[1n, 35n]],
    );
    assert.equal(stages.ledger.sumOfPosted(), 0n);
  });

  it('knows of an answer that somebody else gave all that the chain tells', () => {
    takeIn(block(10, deposit(500n), asked(1n)), block(11, ...answered(1n, 30n)));
    const row = stages.requests.get(1n);
    assert.deepEqual(
      [row?.state, row?.code, row?.delivered, row?.fee, row?.lost, row?.premium, row?.endedBlock],
      ['answered', 20, true, 30n, 3n, 2n, 11],
    );
    assert.match(row?.reason ?? '', /NotFound, delivered/);
  });

  it('takes in a request for the result of a function: its code, its args and its reservation', () => {
    const codeHash = 'ab'.repeat(32);
    const args = '["é"]';
    const ask = event('FunctionRequest', {
      ...{ id: 1n, ...who, functionId: 7n, codeHash, args, maxFee: 100n, deadline: 240 },
    });
    const registered = event('FunctionRegistered', {
      ...{ functionId: 7n, owner: REQUESTER, name: 'f', codeHash },
    });
    takeIn(block(10, deposit(500n), registered, ask));
    assert.deepEqual(state(), { height: 10, credit: 400n, reserved: 100n, earned: 0n });
    const row = stages.requests.get(1n);
    assert.deepEqual([row?.kind, row?.filter], ['function', args]);
    assert.deepEqual(parseFunctionSubject(row?.subject ?? ''), { functionId: 7n, codeHash });
    takeIn(block(11, ...answered(1n, 30n)));
    assert.deepEqual(state(), { height: 11, credit: 465n, reserved: 0n, earned: 35n });
    assert.equal(stages.stateOf(1n), 'answered');
  });

  it('takes in a request for a random number, with its key and seed, and its refund', () => {
    const seed = 'cd'.repeat(32);
    const ask = event('RandomRequest', {
      ...{ id: 1n, ...who, seed, keyId: 3n, maxFee: 100n, deadline: 12 },
    });
    takeIn(block(10, deposit(500n), ask));
    assert.deepEqual(state(), { height: 10, credit: 400n, reserved: 100n, earned: 0n });
    const row = stages.requests.get(1n);
    assert.deepEqual([row?.kind, row?.state], ['random', 'received']);
    const asked = parseRandomSubject(row?.subject ?? '');
    assert.deepEqual(asked, { keyId: 3n, seed: Buffer.from(seed, 'hex') });
    assert.deepEqual(takeIn(block(11), block(12)).overdue, [1n]);
    const refund = event('Expired', { id: 1n, payer: REQUESTER, refund: 100n }, hashOf(3));
    takeIn(block(13, refund));
    assert.deepEqual(state(), { height: 13, credit: 500n, reserved: 0n, earned: 0n });
    assert.equal(stages.stateOf(1n), 'expired');
  });

  it('is all or nothing: a block that cannot be taken in leaves no trace', () => {
    takeIn(block(10, deposit(500n)));
    const before = state();
    const malformed = { ...asked(3n), state: asked(3n).state.slice(1) };
    assert.throws(() => takeIn(block(11, asked(2n), malformed)), /gateway event HttpRequest/);
    assert.throws(() => takeIn(block(11, asked(2n)), block(12, ...answered(9n, 1n))), /request 9/);
    assert.deepEqual(state(), before);
    assert.equal(stages.requests.get(2n), null);
    takeIn(block(11, asked(2n)));
    assert.equal(stages.stateOf(2n), 'received');
  });

  it('takes no block twice and skips none', () => {
    takeIn(block(10, deposit(500n)));
    assert.throws(() => takeIn(block(10, deposit(500n))), /block 10 does not follow/);
    assert.throws(() => takeIn(block(12)), /block 12 does not follow/);
    assert.equal(state().credit, 500n);
  });

  it('takes a run in as it does one block after the other', () => {
    const blocks = [
      block(10, deposit(500n), asked(1n), asked(2n, 12)),
      block(11, ...answered(1n, 30n)),
      block(12, asked(3n)),
      block(13),
    ];
    const together = takeIn(...blocks);
    const ofRun = { ...state(), states: [1n, 2n, 3n].map(stages.stateOf) };
    assert.deepEqual(together.overdue, [2n]);
    stages.close();
    stages = createStages();
    inTransaction(stages.db, () => stages.cursor.begin(1, ACCOUNT, 10));
    for (const one of blocks) takeIn(one);
    assert.deepEqual({ ...state(), states: [1n, 2n, 3n].map(stages.stateOf) }, ofRun);
  });

  it('ends the waiting of what can be answered no more, but not of what is under way', () => {
    stages.add(1n, [], { deadline: 11 });
    stages.add(2n, ['answerFound'], { deadline: 11 });
    stages.add(3n, ['answerFound', 'answerSigned'], { deadline: 11 });
    stages.add(4n, ['giveUp'], { deadline: 12 });
    assert.deepEqual(takeIn(block(10)).overdue, []);
    assert.deepEqual(takeIn(block(11)).overdue, [1n, 2n]);
    assert.deepEqual([3n, 4n].map(stages.stateOf), ['sent', 'stuck']);
  });

  it('posts the fees of its own transaction with the events that it made', () => {
    const tx = hashOf(2);
    stages.fund(1_000n);
    takeIn(block(10, deposit(500n), asked(1n)));
    const step = { atMs: 1, what: 'test' };
    inTransaction(stages.db, () => {
      const found = { reason: 'found', code: 20 as const, result: Buffer.alloc(0) };
      stages.requests.move(1n, 'answerFound', found, step);
      stages.requests.move(1n, 'answerSigned', { reason: 'sent', tx }, step);
      const fees = { debit: WALLET, credit: BURNT, amount: 40n, cause: 'fees' } as const;
      const place = { block: null, tx, requestId: null };
      stages.ledger.draw({ ...fees, ...place, id: drawIdOf(tx) }, 1);
      const terms = { systemFee: 30n, networkFee: 10n, validUntilBlock: 50, signedMs: 1 };
      const rest = { purpose: 'respond', account: ACCOUNT, raw: rawOf(1) } as const;
      stages.transactions.add({ hash: tx, ...rest, ...terms });
    });
    const burnt = { kind: 'fees', account: ACCOUNT, tx, amount: 40n, fault: null } as const;
    const { halted } = takeIn({ ...block(11, ...answered(1n, 30n, tx)), ownGas: [burnt] });
    assert.deepEqual(halted, [tx]);
    assert.equal(posted(WALLET), 960n);
    assert.deepEqual(stages.ledger.openDraws(), []);
    assert.equal(stages.stateOf(1n), 'answered');
  });

  it('counts GAS that somebody else moved as foreign, and not what an order here did', () => {
    const tx = hashOf(2);
    stages.fund(1_000n);
    takeIn(block(10));
    inTransaction(stages.db, () => {
      const taken = { debit: WALLET, credit: OUTSIDE, amount: 40n, cause: 'order amount' } as const;
      const terms = { block: null, tx, requestId: null };
      stages.ledger.draw({ ...taken, ...terms, id: takenIdOf(tx) }, 1);
    });
    const out = (by: Hash256): OwnGas => ({
      ...{ kind: 'moved', account: ACCOUNT, other: REQUESTER, tx: by, amount: -40n },
    });
    assert.deepEqual(takeIn({ ...block(11), ownGas: [out(tx)] }).foreign, []);
    assert.deepEqual(takeIn({ ...block(12), ownGas: [out(hashOf(3))] }).foreign, ['moved']);
    const causes = stages.db.prepare(
      "SELECT cause FROM ledger_transfer WHERE phase = 'single' AND block > 10 ORDER BY block",
    );
    assert.deepEqual(causes.pluck().all(), ['ordered', 'spent elsewhere']);
  });

  /** As before it is sent: its row, and its fees drawn from the wallet. */
  const noteSent = (tx: Hash256, purpose: 'price' | 'respond'): void => {
    const fees = { debit: WALLET, credit: BURNT, amount: 40n, cause: 'fees' } as const;
    stages.ledger.draw({ ...fees, block: null, tx, requestId: null, id: drawIdOf(tx) }, 1);
    const terms = { systemFee: 30n, networkFee: 10n, validUntilBlock: 50, signedMs: 1 };
    const rest = { purpose, account: ACCOUNT, raw: rawOf(1) };
    stages.transactions.add({ hash: tx, ...rest, ...terms });
  };

  it('holds what a round was charged against what was predicted of it', () => {
    const tx = hashOf(2);
    stages.fund(1_000n);
    takeIn(block(10, deposit(500n)));
    inTransaction(stages.db, () => {
      noteSent(tx, 'price');
      const predicted = { pair: 'GAS/USD', payer: REQUESTER, fee: 30n };
      createRoundPredictionStore(stages.db).add(tx, [predicted]);
    });
    const told = { pair: 'GAS/USD', price: 5n, timestamp: 9, confidenceBps: 1, round: 1n };
    const updated = event('PriceUpdated', { ...told, payer: REQUESTER, fee: 20n }, tx);
    const earned = event('Earned', { account: ACCOUNT, amount: 20n }, tx);
    const { differences } = takeIn(block(11, updated, earned));
    assert.deepEqual(differences, [{ pair: 'GAS/USD', reason: 'sponsor' }]);
    const round = createRoundStore(stages.db).latest('GAS/USD');
    assert.match(round?.chargeDifference ?? '', /^fee -0\.00000010 GAS: the sponsor's limits/);
    assert.equal(posted(creditOf(REQUESTER)), 480n, 'booked as it was charged');
  });

  it('tells of an answer that was charged otherwise than predicted, for who counts them', () => {
    const tx = hashOf(2);
    stages.fund(1_000n);
    takeIn(block(10, deposit(500n), asked(1n)));
    inTransaction(stages.db, () => {
      noteSent(tx, 'respond');
      const predicted = { requestId: 1n, delivered: true, fee: 40n, lost: 3n, premium: 2n };
      createPredictionStore(stages.db).add(tx, [{ ...predicted, uncutFee: 40n }]);
    });
    const { differences } = takeIn(block(11, ...answered(1n, 30n, tx)));
    assert.deepEqual(differences, [{ requestId: 1n, reason: 'gas' }]);
    assert.equal(posted(creditOf(REQUESTER)), 465n, 'booked as it was charged');
  });

  it('takes what an answer charged for lost fees out of the losses, by the FAULT it is for', () => {
    const fault = (tx: Hash256, nonce: number): OwnGas => ({
      ...{ kind: 'fees', account: ACCOUNT, tx, amount: 40n, fault: { nonce } },
    });
    const ownGas = [fault(hashOf(8), 1), fault(hashOf(9), 2)];
    takeIn({ ...block(10, deposit(500n), asked(1n)), ownGas });
    assert.deepEqual([posted('lost'), posted(BURNT), posted(WALLET)], [80n, 0n, -80n]);
    takeIn(block(11, ...answered(1n, 30n)));
    assert.deepEqual([posted('lost'), posted(BURNT)], [77n, 3n]);
    const booked = stages.db.prepare(
      "SELECT cause, lost_tx FROM ledger_transfer WHERE cause IN ('lost', 'recovered')",
    );
    assert.deepEqual(booked.all(), [
      { cause: 'lost', lost_tx: hashOf(8) },
      { cause: 'recovered', lost_tx: hashOf(8) },
    ]);
    const next = (1n << 32n) + 1n;
    assert.equal(stages.faults.chargedBy(next, ACCOUNT, 3n, null, -1), null, 'it is claimed');
    assert.equal(stages.faults.chargedBy(2n, ACCOUNT, 3n, null, -1)?.tx, hashOf(9));
  });

  it('follows GAS of its own beside the gateway, in and out, in any order of a block', () => {
    const other = hash160(`0x${'0f'.repeat(20)}`);
    const gas = (amount: bigint, with_ = other): OwnGas => ({
      ...{ kind: 'moved', account: ACCOUNT, other: with_, tx: hashOf(3), amount },
    });
    inTransaction(stages.db, () => stages.ledger.holdFloor(WALLET));
    const paid = event('Deposit', { account: REQUESTER, from: ACCOUNT, amount: 60n }, hashOf(3));
    // All of it within a block, though nothing was there before.
    takeIn({ ...block(10, paid), ownGas: [gas(-30n), gas(-60n, GATEWAY), gas(100n)] });
    assert.deepEqual([posted(WALLET), posted(creditOf(REQUESTER))], [10n, 60n]);
    assert.equal(stages.ledger.sumOfPosted(), 0n);
  });

  it('books at the time of the block, so that books derived later tell the same of the past', () => {
    const fees = { tx: hashOf(8), amount: 40n, fault: { nonce: 1 } } as const;
    const ownGas: OwnGas[] = [{ kind: 'fees', account: ACCOUNT, ...fees }];
    takeIn({ ...block(10, deposit(500n)), timeMs: 12_345, ownGas });
    takeIn({ ...block(11), timeMs: null, ownGas: [{ ...ownGas[0], tx: hashOf(9) } as OwnGas] });
    const times = stages.db
      .prepare('SELECT block, at_ms FROM ledger_transfer WHERE block >= 10 GROUP BY 1, 2')
      .all();
    const nowMs = BigInt(stages.clock.nowMs());
    assert.deepEqual(times, [
      { block: 10n, at_ms: 12_345n },
      { block: 11n, at_ms: nowMs },
    ]);
  });

  it('books nothing of an account before its own first block', () => {
    const later = [{ account: ACCOUNT, sinceBlock: 11, openedBlock: null }];
    const take = createIntake(stages, stages.clock, { gateway: GATEWAY, own: later });
    const blockOf = (index: number) => {
      const tx = hashOf(index);
      const gas = { account: ACCOUNT, other: REQUESTER, tx, amount: 5n };
      const paid = event('Deposit', { account: REQUESTER, from: ACCOUNT, amount: 6n }, tx);
      return { ...block(index, paid), ownGas: [{ kind: 'moved' as const, ...gas }] };
    };
    take([blockOf(10)]);
    assert.deepEqual([posted(WALLET), posted(creditOf(REQUESTER))], [0n, 6n]);
    take([blockOf(11)]);
    assert.equal(posted(WALLET), -1n);
  });

  it('tells when keys or policy changed', () => {
    assert.equal(takeIn(block(10, deposit(5n))).settingsChanged, false);
    const revoked = event('NodeAccountRevoked', { account: ACCOUNT });
    assert.equal(takeIn(block(11, revoked)).settingsChanged, true);
  });
});
