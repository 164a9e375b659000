import { prove, type RandomKey } from './random-proofs.js';

/* What the design says of random requests, to run beside a real gateway. */

const NO_POINT = 'the result for a random request is not a compressed point of G1 (48 bytes)';
const NO_PROOF = 'the result for a random request does not prove its seed under its key';

export class DrawsModel {
  readonly #proofs = new Map<bigint, Buffer>();

  constructor(readonly key: RandomKey) {}

  /** Takes note of a seed that the chain told. */
  seeded(id: bigint, seed: Buffer): void {
    this.#proofs.set(id, prove(this.key, seed));
  }

  /** The proof for a random request; null for any other, and before its seed is known. */
  proofOf(id: bigint): Buffer | null {
    return this.#proofs.get(id) ?? null;
  }

  /** Why the gateway takes no such proof for a pending random request; null if it does. */
  refusalOf(id: bigint, given: Buffer | undefined): string | null {
    if (given === undefined) return NO_POINT;
    return this.proofOf(id)?.equals(given) ? null : NO_PROOF;
  }
}
