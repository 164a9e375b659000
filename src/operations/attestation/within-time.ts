import type { Clock } from '../../base/clock.js';
import { NodeError } from '../../base/node-error.js';

/** Does some work, or throws ATTESTATION_PROVIDER, worth a retry, when its time is over. */
export type WithinTime = <T>(what: string, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Hosts may be slow to sign, or never do; a read in the kernel cannot be cut short. */
export const createWithinTime =
  (clock: Clock, timeoutMs: number): WithinTime =>
  async (what, work) => {
    const [over, done] = [new AbortController(), new AbortController()];
    const late = clock.sleep(timeoutMs, done.signal).then(() => {
      const error = new NodeError('ATTESTATION_PROVIDER', `${what} within ${timeoutMs} ms`, {
        retryable: true,
        hint: 'try again, or raise attestation.timeout',
      });
      over.abort(error);
      throw error;
    });
    late.catch(() => {});
    try {
      return await Promise.race([work(over.signal), late]);
    } finally {
      done.abort();
    }
  };
