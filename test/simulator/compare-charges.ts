import assert from 'node:assert/strict';
import type { ChargeShift } from '../../scripts/simulator/chain/simulated-chain.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { GatewayEvent } from '../../src/chain/gateway-events.js';
import { sumOf } from '../contracts/books.js';
import type { TwinEnding } from './compare-chains.js';

/**
 * How far what one item of several uses may be from the real figure: a part of the system fee. The
 * model has gas by measure; what one transaction costs in all it has to the datoshi.
 */
const TOLERANCE_PARTS = 100n;

/** What the model's gas may be off by: a tenth, and this much of what is small. */
const GAS_PARTS = 10n;
const GAS_OFF = parseGas('0.02');

/** Asserts that what a transaction used is near what it used on the real chain. */
export function compareGas({ gas }: TwinEnding, what: string): void {
  if (gas === null) return;
  const { real, simulated } = gas;
  const off = simulated > real ? simulated - real : real - simulated;
  const allowed = real / GAS_PARTS + GAS_OFF;
  assert.ok(off <= allowed, `${what}: used ${simulated} datoshi instead of ${real}`);
}

/** What of the model's charges is to be put right, since its gas is not exact. */
export interface ChargeFacts {
  readonly sender: Hash160;
  readonly systemFee: bigint;
  /** Items of the list that the transaction answered with. */
  readonly items: number;
}

interface Charged {
  readonly payer: Hash160 | null;
  readonly event: GatewayEvent;
  readonly charged: bigint;
  /** Of it, lost and premium. */
  readonly besides: bigint;
}

/**
 * Asserts what is known of charges without knowing gas: a transaction with one item charges just
 * the same, of several the differences are small, and add up to nothing where nothing was capped.
 * Returns how the model's balances differ for it.
 */
export function compareCharges(
  { real, simulated }: TwinEnding,
  facts: ChargeFacts,
  what: string,
): ChargeShift[] {
  const shifts: ChargeShift[] = [];
  if (facts.items <= 1) {
    assert.deepEqual(simulated, real, `${what}: what one item alone is charged`);
    return shifts;
  }
  const [right, left] = [chargesIn(real), chargesIn(simulated)];
  right.forEach((there, at) => {
    const here = left[at] as Charged;
    const off = there.charged - here.charged;
    if (off === 0n) return;
    assert.equal(here.besides, there.besides, `${what}: lost and premium, of what is not capped`);
    const size = off < 0n ? -off : off;
    assert.ok(
      size <= facts.systemFee / TOLERANCE_PARTS,
      `${what}: charged ${here.charged} instead of ${there.charged}`,
    );
    shifts.push(shiftOf(there, facts.sender, off));
  });
  const earned = (events: readonly GatewayEvent[]) =>
    sumOf(events.map((event) => (event.name === 'Earned' ? event.amount : 0n)));
  const all = sumOf(shifts.map(({ amount }) => amount));
  assert.equal(earned(real) - earned(simulated), all, `${what}: Earned is the sum of the charges`);
  return shifts;
}

function chargesIn(events: readonly GatewayEvent[]): Charged[] {
  return events.flatMap((event): Charged[] => {
    if (event.name === 'Response') {
      const { payer, fee, lost, premium } = event;
      return [{ event, payer, charged: fee + lost + premium, besides: lost + premium }];
    }
    if (event.name === 'UpkeepPerformed') {
      const { owner, fee, lost, premium } = event;
      const charged = fee + lost + premium;
      return [{ event, payer: owner, charged, besides: lost + premium }];
    }
    if (event.name === 'PriceUpdated') {
      return [{ event, payer: event.payer, charged: event.fee, besides: 0n }];
    }
    return [];
  });
}

function shiftOf({ event, payer }: Charged, earner: Hash160, amount: bigint): ChargeShift {
  assert.ok(payer, 'what nobody pays is 0 on both');
  const id = event.name === 'Response' ? event.id : null;
  const pair = event.name === 'PriceUpdated' ? event.pair : null;
  return { payer, earner, amount, requestId: id, pair };
}
