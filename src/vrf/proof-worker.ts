import assert from 'node:assert/strict';
import { parentPort } from 'node:worker_threads';
import { systemClock } from '../base/clock.js';
import { createProofCheck, prove, publicKeyOf, SCALAR_SEED_BYTES, secretFrom } from './proof.js';

/** A message to be proved. */
export interface ProofTask {
  readonly id: number;
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  /** 48 fresh random bytes. */
  readonly blinding: Uint8Array;
}

/** What the thread says: first that it is warm, then one reply for each task, in order. */
export type ProofReply =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'proved';
      readonly id: number;
      readonly proof: Uint8Array;
      /** Why the proof does not hold; null when it does. */
      readonly problem: string | null;
      /** How long making it took, and then checking it. */
      readonly provingMs: number;
      readonly checkingMs: number;
    };

/** Rounds in which the code is compiled, on nobody's time. */
const WARM_UP_ROUNDS = 8;

assert(parentPort, 'proof-worker runs in a worker thread only');
const port = parentPort;
const check = createProofCheck();

function work({ id, secret, publicKey, message, blinding }: ProofTask): ProofReply {
  const startedMs = systemClock.monotonicMs();
  const proof = prove(secret, message, blinding);
  const provedMs = systemClock.monotonicMs();
  secret.fill(0);
  blinding.fill(0);
  // A fault in making it would let the answer's transaction FAULT, and its neighbours with it.
  const problem = check(publicKey, message, proof);
  const checkingMs = systemClock.monotonicMs() - provedMs;
  return { kind: 'proved', id, proof, problem, provingMs: provedMs - startedMs, checkingMs };
}

const seed = new Uint8Array(SCALAR_SEED_BYTES).fill(1);
for (let id = 0; id < WARM_UP_ROUNDS; id++) {
  const secret = secretFrom(seed);
  const publicKey = publicKeyOf(secret);
  work({ id, secret, publicKey, message: Uint8Array.of(id), blinding: new Uint8Array(seed) });
}

port.on('message', (task: ProofTask) => port.postMessage(work(task)));
port.postMessage({ kind: 'ready' } satisfies ProofReply);
