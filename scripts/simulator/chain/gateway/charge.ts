import { GAS_UNITS } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { release, shareOf, split } from './charging.js';
import { payerOf, type Request } from './records.js';

/** A request that has its answer and is still to be charged. */
export interface Settled {
  readonly id: bigint;
  readonly request: Request;
  readonly code: bigint;
  readonly delivered: boolean;
  readonly lost: bigint;
  readonly used: bigint;
  readonly place: number;
}

/** Takes what the answer cost from the reservation and returns it; n items share `common`. */
export function charge(c: CallContext, settled: Settled, common: bigint, n: number): bigint {
  const { id, request, code, delivered } = settled;
  c.execution.use(GAS_UNITS.charged);
  const share = shareOf(settled.used, settled.place, common, n);
  const { fee, lost, premium } = split(request.maxFee, share, settled.lost, request.premium);
  const charged = fee + lost + premium;
  release(c, request, request.maxFee - charged);
  const payer = payerOf(request);
  c.notify('Response', id, request.requester, payer, code, delivered, fee, lost, premium);
  return charged;
}
