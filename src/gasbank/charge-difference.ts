import { type Datoshi, formatGas } from '../base/datoshi.js';
import type { Prediction } from './prediction-store.js';

/** What the gateway's event tells of an answer, or of a run. */
export interface ChargedAnswer {
  readonly delivered: boolean;
  readonly fee: Datoshi;
  readonly lost: Datoshi;
  readonly premium: Datoshi;
}

/**
 * Why a charge is not the predicted one.
 * - `callback`: it did otherwise in the block than on trial
 * - `skipped`: an answer beside it was given by somebody else before
 * - `maxFee`: it cut the charge
 * - `gas`: the answers of the transaction used more or less than on trial
 */
export type DifferenceReason = 'callback' | 'skipped' | 'maxFee' | 'gas';

export interface ChargeDifference {
  readonly reason: DifferenceReason;
  /** fee + lost + premium, less what was predicted. */
  readonly amount: Datoshi;
  /** For the request's history. */
  readonly text: string;
}

export interface ChargeFacts {
  /** Others of its transaction that the gateway skipped. */
  readonly skipped: number;
  readonly maxFee: Datoshi;
  /** Of a run of an upkeep, not of an answer. */
  readonly isRun: boolean;
}

const ANSWERS = { called: 'the callback took the answer', many: 'answers' };
const RUNS = { called: 'the target let itself be called', many: 'runs' };

/**
 * Compares a charge with its prediction; null where they are the same, to the datoshi.
 */
export function chargeDifference(
  predicted: Prediction,
  charged: ChargedAnswer,
  { skipped, maxFee, isRun }: ChargeFacts,
): ChargeDifference | null {
  const parts = (['fee', 'lost', 'premium'] as const).flatMap((part) => {
    const by = charged[part] - predicted[part];
    return by === 0n ? [] : [`${part} ${signedGas(by)}`];
  });
  if (parts.length === 0 && predicted.delivered === charged.delivered) return null;
  const amount = sumOf(charged) - sumOf(predicted);
  const reason = reasonOf(predicted, charged, skipped, maxFee);
  const by = parts.length === 0 ? 'charged as predicted' : `${parts.join(', ')} GAS`;
  const why = explain(reason, charged, skipped, isRun ? RUNS : ANSWERS);
  return { reason, amount, text: `${by}: ${why}` };
}

const sumOf = ({ fee, lost, premium }: Omit<ChargedAnswer, 'delivered'>): Datoshi =>
  fee + lost + premium;

/** With its sign, unlike other amounts: it is a difference. */
export const signedGas = (amount: Datoshi): string =>
  amount < 0n ? `-${formatGas(-amount)}` : `+${formatGas(amount)}`;

function reasonOf(
  predicted: Prediction,
  charged: ChargedAnswer,
  skipped: number,
  maxFee: Datoshi,
): DifferenceReason {
  if (predicted.delivered !== charged.delivered) return 'callback';
  if (skipped > 0) return 'skipped';
  const isCut = sumOf(charged) === maxFee || sumOf(predicted) === maxFee;
  return isCut ? 'maxFee' : 'gas';
}

function explain(
  reason: DifferenceReason,
  charged: ChargedAnswer,
  skipped: number,
  { called, many }: typeof ANSWERS,
): string {
  switch (reason) {
    case 'callback':
      return charged.delivered
        ? `${called} in the block, and not on trial`
        : `${called} on trial, and not in the block`;
    case 'skipped':
      return `the gateway skipped ${skipped} other ${many} of the transaction`;
    case 'maxFee':
      return `the ${many} used other gas in the block than on trial, and maxFee cut the charge`;
    case 'gas':
      return `the ${many} of the transaction used other gas in the block than on trial`;
  }
}
