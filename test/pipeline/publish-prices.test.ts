import assert from 'node:assert/strict';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import type { PriceRound } from '../../src/chain/gateway-calls.js';
import type { Budgets } from '../../src/gasbank/budgets.js';
import { createRoundPredictionStore } from '../../src/gasbank/round-prediction-store.js';
import { createSpending, NO_BUDGETS } from '../../src/gasbank/spending.js';
import type { ChainPort, RoundEffect, TransactionTerms } from '../../src/pipeline/chain-port.js';
import { compareRounds } from '../../src/pipeline/compare-rounds.js';
import { createPublishPrices } from '../../src/pipeline/publish-prices.js';
import { createSubmit } from '../../src/pipeline/submit.js';
import { createDueRounds, type DueRounds } from '../../src/prices/due-rounds.js';
import { createRoundStore, type RoundStore } from '../../src/prices/round-store.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, REQUESTER, type Stages } from './stage-fixture.js';

const OTHER = hash160(`0x${'d4'.repeat(20)}`);
const HOUR_MS = 3_600_000;
/** Of a round, its gas; with the network fee of 10, one alone costs 110. */
const GAS = 100n;
const [A, B, C] = ['A/USD', 'B/USD', 'C/USD'] as const;

describe('publishing prices', () => {
  let stages: Stages;
  let due: DueRounds;
  let rounds: RoundStore;
  let sponsors: Map<string, Hash160>;
  let trials: { pairs: string[]; paid: bigint }[];
  let isContained: boolean;
  /** What a round uses more with each trial. */
  let moreGas: bigint;
  /** By pair; the gateway skips the others. */
  let skips: Set<string>;
  beforeEach(() => {
    stages = createStages();
    stages.fund(100_000n);
    stages.advance(HOUR_MS);
    due = createDueRounds();
    rounds = createRoundStore(stages.db);
    sponsors = new Map();
    skips = new Set();
    trials = [];
    isContained = true;
    moreGas = 0n;
  });
  afterEach(() => stages.close());

  /** Shares the fees as the gateway does: what a round used, and its part of the rest. */
  function effectsIn(pairs: readonly string[], terms: TransactionTerms): Map<string, RoundEffect> {
    const n = BigInt(pairs.length);
    const common = terms.systemFee - GAS * n + terms.networkFee;
    return new Map(
      pairs.flatMap((pair, place): [string, RoundEffect][] => {
        if (skips.has(pair)) return [];
        const payer = sponsors.get(pair) ?? null;
        const share = GAS + (common + BigInt(place)) / n;
        const fee = payer === null || !isContained || share < 0n ? 0n : share;
        return [[pair, { payer, fee }]];
      }),
    );
  }

  function publish(budgets: Budgets = NO_BUDGETS, maxSystemFee = 1_000n, maxNetworkFee = 1_000n) {
    const chain: ChainPort = {
      ...stages.chain.port,
      pricesScript: (given: readonly PriceRound[]) =>
        Buffer.from(JSON.stringify(given.map(({ pair }) => pair))),
      preflight: async (script, terms) => {
        const pairs = JSON.parse(String(script)) as string[];
        trials.push({ pairs, paid: terms.systemFee });
        const priced = effectsIn(pairs, terms);
        const none = { effects: new Map(), expired: new Set<bigint>() };
        const gasConsumed = GAS * BigInt(pairs.length) + moreGas * BigInt(trials.length);
        return { state: 'HALT', gasConsumed, ...none, priced, contained: isContained };
      },
    };
    const nowMs = () => stages.clock.nowMs();
    const parts = { ...stages, chain, spending: createSpending(stages.db, budgets, nowMs) };
    const margin = { bps: 0n, minimum: 2n };
    return createPublishPrices({
      ...parts,
      due,
      rounds,
      planLimits: { margin, maxSystemFee, maxNetworkFee, allowLoss: new Set() },
      submit: createSubmit({ ...parts, walletFloor: 0n, onWalletShort: () => {} }),
      limits: { validBlocks: 10, holdMs: 3_000 },
      randomNonce: () => 5,
      chainTime: { nowMs },
      mayStart: () => true,
    });
  }
  const offer = (...pairs: string[]): void => {
    for (const pair of pairs) {
      const timestampMs = stages.clock.nowMs();
      due.offer({ pair, price: 1n, timestampMs, confidenceBps: 1, why: 'moved', after: null });
    }
  };
  /** The pairs of the transaction under way, which is then over. */
  function ended(): string[] {
    const [sent] = stages.transactions.inFlight();
    if (sent === undefined) return [];
    inTransaction(stages.db, () => {
      stages.transactions.end(sent.hash, 'halted', 11, null);
    });
    return createRoundPredictionStore(stages.db)
      .of(sent.hash)
      .map(({ pair }) => pair);
  }
  const shares = () =>
    stages.db.prepare('SELECT kind, requester, amount FROM spend_share ORDER BY tx, place').all();
  const perHour = (amount: bigint) => ({ perHour: amount, perDay: null });
  const waiting = () => due.list().map(({ pair }) => pair);

  it('predicts what sponsors will pay by a trial that pays what is sent', async () => {
    sponsors.set(A, REQUESTER);
    offer(A, B);
    await publish()(10);
    assert.deepEqual(trials, [
      { pairs: [A, B], paid: 0n },
      { pairs: [A, B], paid: 202n },
    ]);
    const [sent] = stages.transactions.inFlight();
    const kept = createRoundPredictionStore(stages.db).of(sent?.hash ?? assert.fail());
    // Half of 202 + 10.
    assert.deepEqual(kept, [
      { pair: A, payer: REQUESTER, fee: 106n },
      { pair: B, payer: null, fee: 0n },
    ]);
    assert.deepEqual(shares(), [
      { kind: 'price', requester: REQUESTER, amount: 106n },
      { kind: 'price', requester: null, amount: 106n },
    ]);
  });

  it('needs no second trial where nobody pays, and predicts no fee that no trial shows', async () => {
    offer(A);
    await publish()(10);
    assert.equal(trials.length, 1);
    assert.deepEqual(ended(), [A]);
    sponsors.set(B, REQUESTER);
    isContained = false;
    offer(B, C);
    await publish()(11);
    assert.equal(trials.length, 2);
    assert.deepEqual(ended(), [C]);
  });

  it('finds the charges anew for what is left when the gateway skips one', async () => {
    sponsors.set(A, REQUESTER);
    skips.add(B);
    offer(A, B);
    await publish()(10);
    assert.deepEqual(
      trials.map(({ paid }) => paid),
      [0n, 0n, 102n],
    );
    assert.deepEqual(ended(), [A]);
  });

  it('tells with a round how its charge differs from what was predicted', async () => {
    sponsors.set(A, REQUESTER);
    sponsors.set(B, OTHER);
    offer(A, B);
    await publish()(10);
    const [sent] = stages.transactions.inFlight();
    const tx = sent?.hash ?? assert.fail();
    const predictions = createRoundPredictionStore(stages.db);
    const take = (round: bigint, feeOfA: bigint, others: readonly string[]) => {
      const at = { round, price: 1n, timestamp: Number(round), confidenceBps: 1 };
      const events = [A, ...others].map((pair) => {
        const fee = pair === A ? feeOfA : 106n;
        const payer = sponsors.get(pair) ?? null;
        return { name: 'PriceUpdated' as const, pair, ...at, payer, fee };
      });
      return inTransaction(stages.db, () => {
        for (const { timestamp, ...event } of events) {
          rounds.add({ ...event, timestampMs: timestamp, block: 11, tx });
        }
        return compareRounds({ rounds, predictions }, events, tx);
      });
    };
    assert.deepEqual(take(1n, 106n, [B]), []);
    assert.equal(rounds.latest(A)?.chargeDifference, null);
    assert.deepEqual(take(2n, 105n, [B]), [{ pair: A, reason: 'gas' }]);
    assert.match(rounds.latest(A)?.chargeDifference ?? '', /^fee -0\.00000001 GAS: the rounds/);
    assert.equal(rounds.latest(B)?.chargeDifference, null);
    assert.deepEqual(take(3n, 108n, []), [{ pair: A, reason: 'skipped' }]);
    sponsors.set(A, OTHER);
    assert.deepEqual(take(4n, 106n, [B]), [{ pair: A, reason: 'sponsor' }]);
  });

  it('puts as many together as the limits of fees allow, to the datoshi', async () => {
    offer(A, B, C);
    await publish(NO_BUDGETS, 302n, 10n)(10);
    assert.deepEqual(ended(), [A, B, C]);
    offer(A, B, C);
    await publish(NO_BUDGETS, 301n)(10);
    assert.deepEqual(ended(), [A]);
    assert.deepEqual(waiting(), [B, C]);
  });

  it('is tried 16 times where no two trials see the same, and then put off', async () => {
    sponsors.set(A, REQUESTER);
    moreGas = 2n;
    offer(A);
    await publish()(10);
    assert.deepEqual([trials.length, ended(), stages.retries], [16, [], ['prices']]);
    // Half of the least margin is enough.
    moreGas = 1n;
    offer(B);
    sponsors.set(B, OTHER);
    await publish()(10);
    assert.deepEqual(ended(), [A, B]);
  });

  it('costs as much in shares as it pays in fees, the odd datoshi with the first', async () => {
    moreGas = 1n;
    offer(A, B);
    await publish()(10);
    // Of 203 + 10.
    const each = { kind: 'price', requester: null };
    assert.deepEqual(shares(), [
      { ...each, amount: 107n },
      { ...each, amount: 106n },
    ]);
  });

  it('is refused, and not tried with each block, where one alone costs more than a limit', async () => {
    for (const [systemFee, networkFee] of [[101n], [1_000n, 9n]] as const) {
      offer(A);
      const run = publish(NO_BUDGETS, systemFee, networkFee);
      const retried = stages.retries.length;
      await run(10);
      assert.deepEqual(ended(), []);
      assert.deepEqual(stages.retries.slice(retried), ['prices']);
      const tried = trials.length;
      await run(11);
      assert.equal(trials.length, tried);
    }
  });

  it('is held by gasbank.budgets.perKind.price with a reason, and goes on after the hour', async () => {
    const run = publish({ ...NO_BUDGETS, perKind: { price: perHour(330n) } });
    offer(A, B, C);
    // Three cost 314, one alone 112: the first fit, and nothing more does.
    await run(10);
    assert.deepEqual(ended(), [A, B, C]);
    offer(A, B);
    await run(11);
    assert.deepEqual(ended(), []);
    assert.deepEqual(waiting(), [A, B], 'nothing is dropped');
    const [held] = stages.held.list(stages.clock.nowMs());
    assert.equal(held?.cause, 'budget');
    assert.match(
      held.reason,
      /^gasbank\.budgets\.perKind\.price\.perHour holds it: 0\.00000330 GAS/,
    );
    const tried = trials.length;
    await run(12);
    assert.equal(trials.length, tried, 'not with each block');
    assert.deepEqual(stages.retries, ['prices']);
    stages.advance(HOUR_MS);
    offer(A, B);
    await run(13);
    assert.deepEqual(ended(), [A, B]);
    assert.deepEqual(stages.held.list(stages.clock.nowMs()), []);
  });

  it('goes as far as a budget has room, where all that is due is more', async () => {
    const run = publish({ ...NO_BUDGETS, perKind: { price: perHour(250n) } });
    offer(A, B, C);
    await run(10);
    // Of three there is half left, one; then there is room for one more.
    assert.deepEqual(ended(), [A]);
    await run(11);
    assert.deepEqual(ended(), [B]);
    await run(12);
    assert.deepEqual(waiting(), [C]);
  });

  it('of a sponsor whose budget is reached lets the others by', async () => {
    for (const pair of [A, B]) sponsors.set(pair, REQUESTER);
    const run = publish({ ...NO_BUDGETS, perRequester: perHour(150n) });
    offer(A, B, C);
    await run(10);
    assert.deepEqual(ended(), [A, C], 'he has room for one');
    await run(11);
    assert.deepEqual(waiting(), [B]);
    const [held] = stages.held.list(stages.clock.nowMs());
    assert.match(held?.reason ?? '', new RegExp(`perRequesterPerHour of requester ${REQUESTER}`));
    assert.deepEqual(stages.retries, ['prices']);
    const tried = trials.length;
    offer(C);
    await run(12);
    assert.deepEqual(ended(), [C]);
    assert.deepEqual(trials.slice(tried), [{ pairs: [C], paid: 0n }]);
    stages.advance(HOUR_MS);
    offer(B);
    await run(13);
    assert.deepEqual(ended(), [B]);
  });
});
