import assert from 'node:assert/strict';
import type { UpkeepRun } from '../../src/chain/gateway-calls.js';
import type { AnswerEffect } from '../../src/pipeline/answer-fees.js';
import type { Preflight, TransactionTerms } from '../../src/pipeline/chain-port.js';
import {
  NOT_CALLED,
  planRuns,
  type ReadyRun,
  type RunPlanning,
} from '../../src/pipeline/plan-runs.js';
import type { UpkeepPort } from '../../src/pipeline/upkeep-port.js';
import { ACCOUNT, REQUESTER } from './stage-fixture.js';

const NETWORK_FEE = 10n;
const BASE_GAS = 50n;
const RUN_GAS = 100n;
const CALL_GAS = 200n;
const PLACED = { nonce: 7, validUntilBlock: 77 };

type Target = 'called' | 'throws' | 'faults' | 'skipped';

const ready = (upkeepId: bigint, more: Partial<ReadyRun> = {}): ReadyRun => ({
  ...{ upkeepId, owner: REQUESTER, maxFee: 10_000n, due: 5, deliver: true, lostTx: null },
  ...more,
});

/** What the contract does, in the terms of its `chargeRun`, with gas that is easy to add up. */
function planning(
  targets: Readonly<Record<string, Target>>,
  more: { contained?: boolean; ceiling?: bigint; allowLoss?: boolean } = {},
): RunPlanning & { readonly tried: number[] } {
  const { contained = true, ceiling = 1_000n, allowLoss = false } = more;
  const scripts: (readonly UpkeepRun[])[] = [];
  const tried: number[] = [];
  const preflight = async (script: Buffer, terms: TransactionTerms): Promise<Preflight> => {
    const runs = scripts[script.readUInt32LE()] ?? [];
    tried.push(runs.length);
    const targetOf = ({ upkeepId }: UpkeepRun): Target => targets[String(upkeepId)] ?? 'called';
    if (runs.some((run) => run.deliver && targetOf(run) === 'faults')) {
      return { state: 'FAULT', exception: 'ABORT', limit: null };
    }
    const used = (run: UpkeepRun): bigint =>
      RUN_GAS + (run.deliver && targetOf(run) === 'called' ? CALL_GAS : 0n);
    const gas = runs.reduce((sum, run) => sum + used(run), 0n);
    const borne = NETWORK_FEE < ceiling ? NETWORK_FEE : ceiling;
    const common = (contained ? terms.systemFee : 0n) - gas + (contained ? borne : 0n);
    const effects = new Map<bigint, AnswerEffect>();
    runs.forEach((run, at) => {
      if (targetOf(run) === 'skipped') return;
      const fee = used(run) + (common + BigInt(at)) / BigInt(runs.length);
      const delivered = run.deliver && targetOf(run) === 'called';
      const lost = run.lostTx === null ? 0n : 90n;
      effects.set(run.upkeepId, { delivered, fee: fee < 0n ? 0n : fee, lost, premium: 3n });
    });
    return { state: 'HALT', gasConsumed: BASE_GAS + gas, effects, expired: new Set(), contained };
  };
  const chain = {
    account: ACCOUNT,
    networkFee: () => NETWORK_FEE,
    hasMethod: async () => true,
    performScript: (runs: readonly UpkeepRun[]) => {
      const script = Buffer.alloc(4);
      script.writeUInt32LE(scripts.push(runs) - 1);
      return script;
    },
    preflight,
    upkeepOf: async () => ({ premium: 3n, networkFeeCeiling: ceiling }),
    conditions: async () => [],
  } as unknown as UpkeepPort;
  const limits = {
    ...{ margin: { bps: 0n, minimum: 4n }, maxSystemFee: 3_000n, maxNetworkFee: 100n },
    allowLoss: new Set(allowLoss ? (['upkeep'] as const) : []),
  };
  return { chain, limits, plain: { last: null }, tried };
}

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
  });
});
