import type { Clock } from '../base/clock.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { RpcTrouble } from '../chain/rpc.js';
import { SIGNER_DOWN } from '../keystore/signer-connection.js';
import type { Log } from '../telemetry/log.js';

/** A signer may be started after its node. */
const WAITED_FOR: readonly string[] = [RpcTrouble.Timeout, SIGNER_DOWN];

/** An endpoint that is slow when the node starts is asked again for so long, with these pauses. */
export const START_PATIENCE_MS = 20_000;
export const START_PAUSE_MS = 500;

/**
 * Asks the chain as a node does that starts. While it runs, an endpoint that stalls for a moment
 * ends nothing; nor does it now. One that refuses, or answers wrongly, is what it says.
 */
export async function askPatiently<T>(
  ask: () => Promise<T>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<T> {
  const endMs = clock.monotonicMs() + START_PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isSlow = error instanceof NodeError && WAITED_FOR.includes(error.code);
      if (!isSlow || signal.aborted || clock.monotonicMs() >= endMs) throw error;
      log.warn('not there yet', { reason: messageOf(error) });
      await clock.sleep(START_PAUSE_MS, signal);
    }
  }
}
