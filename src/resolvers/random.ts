import { messageOf } from '../base/node-error.js';
import { answerSuccess, type RequestOutcome } from '../base/outcome.js';
import { publicKeyId } from '../base/sealed-box.js';
import type { MadeProof, SecretRandomKey } from '../vrf/prover.js';

/** A request for a random number: what the chain fixed of it. */
export interface RandomWork {
  readonly requestId: bigint;
  /** Which of the gateway's keys it was made under. */
  readonly keyId: bigint;
  /** What is to be proved, 32 bytes. */
  readonly seed: Buffer;
}

export interface RandomResolverOptions {
  /** The gateway's public key of this id, 96 bytes; null when there is none. */
  readonly publicKeyOf: (keyId: bigint, signal: AbortSignal) => Promise<Buffer | null>;
  /** The secret to a public key; null when this node does not hold it. */
  readonly findKey: (publicKey: Buffer) => Promise<SecretRandomKey | null>;
  readonly prove: (key: SecretRandomKey, message: Buffer) => Promise<MadeProof>;
  /** Told how long the proof took. */
  readonly onProof?: (made: MadeProof) => void;
}

export type RandomResolver = (work: RandomWork, signal: AbortSignal) => Promise<RequestOutcome>;

/** Pause before the keystore, or the prover, is asked again. */
const WAIT_MS = 1_000;

/**
 * Builds the resolver of `requestRandom`: the answer is the proof of the seed under the very key
 * that the request was made under, checked by the prover. Nothing else may be answered: trouble is
 * waited out until the deadline, and so is a key that the node does not hold, for it may come back.
 * Where even the gateway knows no such key, the request is given up.
 */
export function createRandomResolver(options: RandomResolverOptions): RandomResolver {
  const { publicKeyOf, findKey, prove, onProof } = options;
  return async ({ keyId, seed }, signal) => {
    const publicKey = await publicKeyOf(keyId, signal);
    if (publicKey === null) return giveUp(`the gateway has no random key ${keyId}`);
    const name = `${keyId} (${publicKeyId(publicKey)})`;
    try {
      const key = await findKey(publicKey);
      if (key === null) return wait(`this node does not hold random key ${name}`);
      const made = await prove(key, seed);
      signal.throwIfAborted();
      onProof?.(made);
      return answerSuccess(made.proof, `the proof under random key ${name}`);
    } catch (error) {
      signal.throwIfAborted();
      return wait(messageOf(error));
    }
  };
}

const wait = (reason: string): RequestOutcome => ({ kind: 'wait', reason, afterMs: WAIT_MS });

const giveUp = (reason: string): RequestOutcome => ({ kind: 'giveUp', reason });
