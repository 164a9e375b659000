import type { Datoshi } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import { readGatewayKeys } from '../chain/gateway-keys.js';
import type { FeeMargin } from '../pipeline/answer-fees.js';
import type { NodeOptions } from './node-options.js';
import type { Running } from './open-parts.js';

/**
 * What an answer may cost more than its preflight told when another account accepts in between:
 * the gateway then reads the overlap, too. In units of execution, which cost ExecFeeFactor datoshi
 * each: two storage reads and a call of a native contract (2^15 each), and as much again.
 */
const HAND_OVER_UNITS = 170_000n;

/** The configured margin, and more of it while another node account is proposed. */
export function handOverMargin(
  { bps, minimum }: FeeMargin,
  parts: Pick<Running, 'isHandOverNear' | 'policy'>,
): FeeMargin {
  return {
    bps,
    get minimum(): Datoshi {
      if (!parts.isHandOverNear) return minimum;
      return minimum + HAND_OVER_UNITS * parts.policy.current().execFeeFactor;
    },
  };
}

/** Finds out whether another node account is proposed; what is not known now is asked again. */
export async function noteHandOver({ config, log }: NodeOptions, parts: Running): Promise<void> {
  try {
    const { proposed } = await readGatewayKeys(parts.pool, config.gateway.hash);
    parts.isHandOverNear = proposed !== null;
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    log.debug('it is not known whether a node account is proposed', { reason: error.message });
  }
}
