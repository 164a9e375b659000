import type { RefusalReason } from '../../keystore/signer-protocol.js';

/** Why something is not signed. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly message: string;
  /** When it may be signed by itself; absent where that is never. */
  readonly retryAfterMs?: number;
}

/** Thrown by the checks of one transaction, and caught where they begin. */
export class Refused extends Error implements Refusal {
  override readonly name = 'Refused';
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
