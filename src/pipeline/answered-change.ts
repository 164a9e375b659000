import { ResponseCode } from '../base/outcome.js';
import type { KnownGatewayEvent } from '../chain/gateway-events.js';
import type { RequestChange } from '../requests/request-store.js';

/** What an answer on the chain, be it whose it may, makes of its request. */
export function answeredChange(
  event: Extract<KnownGatewayEvent, { name: 'Response' }>,
  where: Required<Pick<RequestChange, 'endedBlock' | 'endedTx' | 'reason'>>,
): RequestChange {
  const code = event.code as ResponseCode;
  const change: RequestChange = {
    endedBlock: where.endedBlock,
    endedTx: where.endedTx,
    tx: null,
    lostTx: null,
    fee: event.fee,
    lost: event.lost,
    premium: event.premium,
    delivered: event.delivered,
    code,
    reason: where.reason,
  };
  // What another node answered otherwise is not what this one found.
  return code === ResponseCode.Success ? change : { ...change, result: null };
}
