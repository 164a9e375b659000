import type { Worker } from 'node:worker_threads';
import { messageOf, NodeError } from '../base/node-error.js';
import type { RandomBytes } from '../base/sealed-box.js';
import { startWorker } from '../base/start-worker.js';
import { SCALAR_SEED_BYTES } from './proof.js';
import type { ProofReply, ProofTask } from './proof-worker.js';

/** A key of which the secret is known. */
export interface SecretRandomKey {
  /** A compressed point of G2, 96 bytes. */
  readonly publicKey: Buffer;
  /** A scalar, 32 bytes, big-endian. It stays its owner's. */
  readonly secret: Buffer;
}

export interface MadeProof {
  /** A compressed point of G1, 48 bytes. */
  readonly proof: Buffer;
  readonly provingMs: number;
  readonly checkingMs: number;
}

export interface Prover {
  /**
   * Proves a message and checks the proof, as the gateway will. Rejects with a NodeError: PROVER
   * (retryable) when the thread died, PROOF_WRONG when what came out does not hold.
   */
  prove(key: SecretRandomKey, message: Uint8Array): Promise<MadeProof>;
  /** Resolves once the thread is warm. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(made: MadeProof): void;
  reject(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  readonly warm: Promise<void>;
  readonly waiting: Map<number, Waiting>;
}

/**
 * Makes proofs in a thread of its own: a pairing takes long enough to delay all else. The thread is
 * started, and warmed up, at once; one that died is replaced when it is needed.
 */
export function createProver({ random }: { readonly random: RandomBytes }): Prover {
  let lastId = 0;
  let isClosed = false;
  let thread = start();

  function start(): Thread {
    const file = new URL(
      import.meta.url.endsWith('.ts') ? './proof-worker.ts' : './proof-worker.js',
      import.meta.url,
    );
    // It needs neither; what isn't there cannot leak.
    const worker = startWorker(file, { env: {}, execArgv: [] });
    const waiting = new Map<number, Waiting>();
    let death: unknown = 'it exited';
    const warm = new Promise<void>((resolve, reject) => {
      worker.on('error', (error) => {
        death = error;
      });
      worker.on('exit', () => {
        const died = threadDied(death);
        reject(died);
        for (const { reject: fail } of waiting.values()) fail(died);
        waiting.clear();
      });
      worker.on('message', (reply: ProofReply) => {
        if (reply.kind === 'ready') resolve();
        else settle(waiting, reply);
        if (waiting.size === 0) worker.unref();
      });
    });
    warm.catch(() => {});
    worker.unref();
    return { worker, warm, waiting };
  }

  return {
    prove({ publicKey, secret }, message) {
      if (isClosed) return Promise.reject(threadDied('it was closed'));
      if (thread.worker.threadId === -1) thread = start();
      const { worker, waiting } = thread;
      lastId += 1;
      const id = lastId;
      // Copies that move: none of the secret is left behind here, and no more than it goes over.
      const own = Uint8Array.from(secret);
      const blinding = Uint8Array.from(random(SCALAR_SEED_BYTES));
      const given = { publicKey: Uint8Array.from(publicKey), message: Uint8Array.from(message) };
      const task: ProofTask = { id, secret: own, blinding, ...given };
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage(task, [own.buffer, blinding.buffer]);
      });
    },
    ready() {
      const { worker, warm, waiting } = thread;
      // Whoever waits for it keeps the process; one that only has it does not.
      worker.ref();
      return warm.finally(() => {
        if (waiting.size === 0) worker.unref();
      });
    },
    async close() {
      isClosed = true;
      await thread.worker.terminate();
    },
  };
}

function settle(
  waiting: Map<number, Waiting>,
  { id, proof, problem, provingMs, checkingMs }: Extract<ProofReply, { kind: 'proved' }>,
): void {
  const waiter = waiting.get(id);
  waiting.delete(id);
  if (problem === null) waiter?.resolve({ proof: Buffer.from(proof), provingMs, checkingMs });
  else waiter?.reject(wrongProof(problem));
}

const wrongProof = (problem: string): NodeError =>
  new NodeError('PROOF_WRONG', `the proof that was made does not hold: ${problem}`, {
    hint: 'it was not sent; check the memory of this machine, and report it if it comes again',
  });

const threadDied = (why: unknown): NodeError =>
  new NodeError('PROVER', `the thread of the prover died: ${messageOf(why)}`, {
    retryable: true,
    hint: 'it is started anew for the next proof; if that does not help, look at the memory',
  });
