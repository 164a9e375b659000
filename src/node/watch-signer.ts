import type { SignerStatus } from '../api/node-status.js';
import type { Clock } from '../base/clock.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { Refused, RemoteSigner } from '../keystore/remote-signer.js';
import type { Log } from '../telemetry/log.js';

/** How often a signer is asked whether it is there. */
const LOOK_EVERY_MS = 5_000;

/** What a node knows of the signer that has its key. */
export interface SignerWatch {
  /** Null where the node has its key itself. */
  status(): SignerStatus | null;
  /** Told of each refusal. */
  refused(refused: Refused): void;
  /** Looks at it until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

/** Asks the signer at intervals; that it ends, and that it is there again, is one line each. */
export function createSignerWatch(
  remote: RemoteSigner | null,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): SignerWatch {
  let lastRefusal: SignerStatus['lastRefusal'] = null;
  let known: Omit<SignerStatus, 'lastRefusal'> = {
    ...{ isUp: true, sinceMs: clock.nowMs(), problem: null },
    ...{ spentDatoshi: null, maxPerHourDatoshi: null },
  };

  function noteUp(isUp: boolean, problem: string | null): void {
    const sinceMs = isUp === known.isUp ? known.sinceMs : clock.nowMs();
    if (isUp !== known.isUp && isUp) log.info('the signer answers again');
    if (isUp !== known.isUp && !isUp) log.warn('the signer is not there', { reason: problem });
    known = { ...known, isUp, sinceMs, problem };
  }

  async function look(signer: RemoteSigner): Promise<void> {
    try {
      const { spent: spentDatoshi, maxPerHour: maxPerHourDatoshi } = await signer.describe();
      known = { ...known, spentDatoshi, maxPerHourDatoshi };
      noteUp(true, null);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      noteUp(false, messageOf(error));
    }
  }

  return {
    status: () => (remote === null ? null : { ...known, lastRefusal }),
    refused({ reason, message }) {
      lastRefusal = { atMs: clock.nowMs(), reason, message };
    },
    async run(signal) {
      while (remote !== null && !signal.aborted) {
        await look(remote);
        await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
      }
    },
  };
}
