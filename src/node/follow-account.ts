import { hash160ToAddress } from '../base/hash.js';
import type { Signer } from '../chain/signer.js';
import type { NodeOptions } from './node-options.js';
import type { Running } from './open-parts.js';
import { signerOfGateway } from './own-signer.js';

/** Runs work until the signal it is given; `change` ends it, to go on as another account. */
type Work = (signal: AbortSignal, change: (signer: Signer) => void) => Promise<void>;

/**
 * Works as one account after another: when the gateway takes answers from another one that is here,
 * the work ends as at a stop, and goes on as the new one. What the account before has under way is
 * persisted, and followed like everything that a former process left.
 */
export async function workAsOwnAccount(
  { log }: Pick<NodeOptions, 'log'>,
  parts: Running,
  signal: AbortSignal,
  work: Work,
): Promise<void> {
  for (;;) {
    const turn = new AbortController();
    const change: { next: Signer | null } = { next: null };
    await work(AbortSignal.any([signal, turn.signal]), (signer) => {
      change.next = signer;
      turn.abort(new Error('the node account changed'));
    });
    if (signal.aborted || change.next === null) return;
    const [before, after] = [parts.signer.account, change.next.account].map(hash160ToAddress);
    parts.signer = change.next;
    log.info('signs as the new node account', { account: after, before });
  }
}

/** Changes to the gateway's node account, where the wallet holds it. */
export async function followNodeAccount(
  options: NodeOptions,
  parts: Running,
  change: (signer: Signer) => void,
): Promise<void> {
  const signer = await signerOfGateway(
    { keys: parts.keys, log: options.log },
    parts.facts,
    parts.signer.account,
  );
  if (signer !== null) change(signer);
}
