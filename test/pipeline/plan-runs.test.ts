import assert from 'node:assert/strict';
import { NOT_CALLED, planRuns } from '../../src/pipeline/plan-runs.js';
import { BASE_GAS, CALL_GAS, NETWORK_FEE, planning, RUN_GAS, ready } from './run-plan-fixture.js';

const PLACED = { nonce: 7, validUntilBlock: 77 };

const reasons = ({ failing }: Awaited<ReturnType<typeof planRuns>>) =>
  failing.map(({ run, reason }) => `${run.upkeepId}: ${reason}`);

describe('planning runs of upkeeps', () => {
  it('puts several into one transaction, at a cost that is charged to the datoshi', async () => {
    const plan = await planRuns([ready(1n), ready(2n), ready(3n)], planning({}), PLACED);
    assert.ok(plan.kind === 'send');
    const { systemFee, networkFee } = plan.terms;
    assert.equal(systemFee, BASE_GAS + 3n * (RUN_GAS + CALL_GAS) + 4n);
    const fees = plan.predictions.reduce((sum, { fee }) => sum + fee, 0n);
    assert.equal(fees, systemFee + networkFee);
    assert.deepEqual(plan.failing, []);
  });

  it('leaves out who is not called, or skipped, and sends the others', async () => {
    const targets = { 2: 'throws', 3: 'skipped' } as const;
    const plan = await planRuns(
      [1n, 2n, 3n, 4n].map((id) => ready(id)),
      planning(targets),
      PLACED,
    );
    assert.ok(plan.kind === 'send');
    assert.deepEqual(
      plan.runs.map(({ upkeepId }) => upkeepId),
      [1n, 4n],
    );
    assert.deepEqual(reasons(plan), [`2: ${NOT_CALLED}`, '3: the gateway would skip this run']);
  });

  it('splits a group that somebody would bring down, until he is alone', async () => {
    const targets = { 2: 'faults' } as const;
    const plan = await planRuns([ready(1n), ready(2n)], planning(targets), PLACED);
    assert.equal(plan.kind, 'split');
    const alone = await planRuns([ready(2n)], planning(targets), PLACED);
    assert.equal(alone.kind, 'none');
    assert.deepEqual(reasons(alone), ['2: preflight FAULTed: ABORT']);
  });

  it('splits what is above the limit of one transaction', async () => {
    const many = Array.from({ length: 12 }, (_, at) => ready(BigInt(at)));
    assert.equal((await planRuns(many, planning({}), PLACED)).kind, 'split');
    const two = [ready(1n), ready(2n)];
    const needed = BASE_GAS + 2n * (RUN_GAS + CALL_GAS) + 4n;
    const within = async (maxSystemFee: bigint) => {
      const given = planning({});
      const limits = { ...given.limits, maxSystemFee };
      return (await planRuns(two, { ...given, limits }, PLACED)).kind;
    };
    assert.deepEqual([await within(needed), await within(needed - 1n)], ['send', 'split']);
  });

  it('sends only what a preflight covered by half of the least margin, and tries 5 times', async () => {
    const steady = planning({}, { moreGas: 2n });
    assert.equal((await planRuns([ready(1n)], steady, PLACED)).kind, 'send');
    // The first finds what a run without a call costs.
    assert.deepEqual(steady.tried, [1, 1, 1]);
    const odd = planning({}, { moreGas: 3n });
    const plan = await planRuns([ready(1n)], odd, PLACED);
    assert.deepEqual(reasons(plan), ['1: what it uses differs from preflight to preflight']);
    assert.equal(odd.tried.length, 1 + 5);
    const several = await planRuns([ready(1n), ready(2n)], planning({}, { moreGas: 3n }), PLACED);
    assert.equal(several.kind, 'split');
  });

  it('is held where the network asks for more than the limit, and is nothing of no runs', async () => {
    const within = async (maxNetworkFee: bigint) => {
      const given = planning({});
      const limits = { ...given.limits, maxNetworkFee };
      return planRuns([ready(1n)], { ...given, limits }, PLACED);
    };
    assert.equal((await within(NETWORK_FEE)).kind, 'send');
    const held = await within(NETWORK_FEE - 1n);
    assert.ok(held.kind === 'hold' && held.cause === null);
    assert.match(held.reason, /pipeline\.maxNetworkFee is 0\.00000009/);
    const none = planning({});
    assert.deepEqual(await planRuns([], none, PLACED), { kind: 'none', failing: [] });
    assert.deepEqual(none.tried, []);
  });

  it('keeps back who could not pay for a FAULT and a run without a call after it', async () => {
    const least = BASE_GAS + RUN_GAS + CALL_GAS + 4n + NETWORK_FEE + 3n;
    const after = BASE_GAS + RUN_GAS + 4n + NETWORK_FEE + 3n;
    const enough = await planRuns([ready(1n, { maxFee: least + after })], planning({}), PLACED);
    assert.equal(enough.kind, 'send');
    const less = { maxFee: least + after - 1n };
    const short = await planRuns([ready(1n, less)], planning({}), PLACED);
    assert.equal(short.kind, 'none');
    assert.match(reasons(short).join(), /needs .* for a run without a call after it, maxFee is/);
  });

  it('claims what was lost without calling the target again', async () => {
    const claim = ready(1n, { deliver: false, lostTx: `0x${'11'.repeat(32)}`, maxFee: 300n });
    const plan = await planRuns([claim], planning({ 1: 'faults' }), PLACED);
    assert.ok(plan.kind === 'send');
    assert.deepEqual([plan.predictions[0]?.delivered, plan.predictions[0]?.lost], [false, 90n]);
  });

  it('holds what would lose money, unless the operator allows it', async () => {
    const lossy = await planRuns([ready(1n)], planning({}, { ceiling: 0n }), PLACED);
    assert.ok(lossy.kind === 'hold' && lossy.cause === 'loss');
    assert.match(lossy.reason, /gasbank.allowLoss.upkeep is false/);
    const allowed = planning({}, { ceiling: 0n, allowLoss: true });
    const plan = await planRuns([ready(1n)], allowed, PLACED);
    assert.ok(plan.kind === 'send' && /charged to nobody/.test(plan.note ?? ''));
  });

  it('plans each alone where a preflight shows no fees', async () => {
    const bare = { contained: false };
    assert.equal(
      (await planRuns([ready(1n), ready(2n)], planning({}, bare), PLACED)).kind,
      'split',
    );
    const plan = await planRuns([ready(1n)], planning({}, bare), PLACED);
    assert.ok(plan.kind === 'send');
    const [{ fee, premium } = { fee: 0n, premium: 0n }] = plan.predictions;
    assert.deepEqual([fee, premium], [plan.terms.systemFee + NETWORK_FEE, 3n]);
    const uncalled = await planRuns([ready(1n)], planning({ 1: 'throws' }, bare), PLACED);
    assert.deepEqual(reasons(uncalled), [`1: ${NOT_CALLED}`]);
  });
});
