import type { UpkeepRun } from '../../src/chain/gateway-calls.js';
import type { AnswerEffect } from '../../src/pipeline/answer-fees.js';
import type { Preflight, TransactionTerms } from '../../src/pipeline/chain-port.js';
import type { ReadyRun, RunPlanning } from '../../src/pipeline/plan-runs.js';
import type { UpkeepPort } from '../../src/pipeline/upkeep-port.js';
import { ACCOUNT, REQUESTER } from './stage-fixture.js';

export const NETWORK_FEE = 10n;
export const BASE_GAS = 50n;
export const RUN_GAS = 100n;
export const CALL_GAS = 200n;

export type Target = 'called' | 'throws' | 'faults' | 'skipped';

export const ready = (upkeepId: bigint, more: Partial<ReadyRun> = {}): ReadyRun => ({
  ...{ upkeepId, owner: REQUESTER, maxFee: 10_000n, due: 5, deliver: true, lostTx: null },
  ...more,
});

/** What the contract does, in the terms of its `chargeRun`, with gas that is easy to add up. */
export function planning(
  targets: Readonly<Record<string, Target>>,
  more: { contained?: boolean; ceiling?: bigint; allowLoss?: boolean; moreGas?: bigint } = {},
): RunPlanning & { readonly tried: number[] } {
  // `moreGas` is what each preflight uses more than the one before.
  const { contained = true, ceiling = 1_000n, allowLoss = false, moreGas = 0n } = more;
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
    const gasConsumed = BASE_GAS + gas + moreGas * BigInt(tried.length);
    return { state: 'HALT', gasConsumed, effects, expired: new Set(), contained };
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
