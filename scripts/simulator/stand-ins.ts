import { createHash, createHmac } from 'node:crypto';
import { brotliCompressSync } from 'node:zlib';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { createLocalSigner, type Signer } from '../../src/chain/signer.js';
import type { PackBlob } from '../../src/evidence/pack-blob.js';
import { createFilterEvaluator } from '../../src/filters/evaluate-filter.js';
import type { FilterPool } from '../../src/filters/filter-pool.js';
import type { NodeFunctions } from '../../src/node/open-functions.js';
import type { NodeKeys } from '../../src/node/open-keys.js';
import type { NodeRandom } from '../../src/node/open-random.js';
import type { NodeOutside } from '../../src/node/outside.js';
import type { FunctionRunner } from '../../src/resolvers/function.js';
import { createCodeFinder } from '../../src/resolvers/function-code.js';
import type { Execution, ExecutionEnd } from '../../src/sandbox/execution.js';
import type { SecretRandomKey } from '../../src/vrf/prover.js';
import { type Life, outward } from './life.js';
import type { VirtualTime } from './virtual-time.js';

/* What takes threads or randomness in the real node, done here in place and the same every time. */

const MAX_RESULT_BYTES = 60 * 1024;
const FILTER_MS = 1;
const PROOF_MS = 12;
const FUNCTION_MS = 15;
const PACK_MS = 3;

/** Bytes of a signature's length that follow from key and message: OpenSSL's are random. */
export function createStandInSigner(privateKey: Buffer): Signer {
  return {
    ...createLocalSigner(privateKey),
    sign: async (message) => createHmac('sha512', privateKey).update(message).digest(),
  };
}

/** One account, whose key is at hand. */
export function keysInPlace(signer: Signer): NodeKeys {
  const { account } = signer;
  const held = { account, verificationScript: null, label: 'the node', isDefault: true };
  return {
    accounts: async () => [held],
    configured: async () => held,
    open: async () => signer,
    remote: null,
    close: () => {},
  };
}

/** The real evaluator, in this thread. */
export function createFiltersInPlace(time: VirtualTime, life: Life): FilterPool {
  const evaluate = createFilterEvaluator();
  return {
    evaluate: (dialect, path, body) =>
      outward(life, 'filter', async () => {
        await pause(time, FILTER_MS);
        const given = { dialect, path, body, profile: 'csharp', maxResultBytes: MAX_RESULT_BYTES };
        const reply = evaluate({ ...given, profile: 'csharp' });
        if (reply.kind !== 'matched') return reply;
        return { kind: 'matched', json: Buffer.from(reply.json) };
      }),
    ready: async () => {},
    status: () => ({ threads: 0, running: 0, queued: 0, queuedBytes: 0 }),
    close: async () => {},
  };
}

/** Packs evidence in this thread, in its own time. */
export const createPacker =
  (time: VirtualTime, life: Life): PackBlob =>
  (bytes) =>
    outward(life, 'pack', async () => {
      await pause(time, PACK_MS);
      return { coding: 'brotli', bytes: brotliCompressSync(bytes) };
    });

/** A key of random numbers, and proofs that only a chain takes which looks at their length. */
export const standInRandomKey: SecretRandomKey = {
  publicKey: Buffer.alloc(96, 7),
  secret: createHash('sha256').update('the secret of the random key').digest(),
};

export function createStandInRandom(time: VirtualTime, life: Life): NodeRandom {
  const { publicKey, secret } = standInRandomKey;
  return {
    keys: {
      publicKeys: () => [publicKey],
      find: async (key) => (publicKey.equals(key) ? standInRandomKey : null),
      add: () => Promise.reject(new Error('bug: the simulator adds no keys')),
      setAside: () => '',
    },
    prover: () => ({
      prove: (_key, message) =>
        outward(life, 'proof', async () => {
          await pause(time, PROOF_MS);
          const proof = createHmac('sha384', secret).update(message).digest();
          return { proof, provingMs: 1, checkingMs: 1 };
        }),
      ready: async () => {},
      close: async () => {},
    }),
    warmUp: () => {},
    close: async () => {},
  };
}

/** What a function of the simulation does: its source is this as JSON. */
export type StandInProgram =
  | { readonly does: 'return' | 'throw' | 'run for ever' }
  | { readonly does: 'fetch'; readonly url: string };

/** In the place of the sandbox. */
const createRunner = (time: VirtualTime, life: Life): FunctionRunner => ({
  run: ({ source, args }, host, signal) =>
    outward(life, 'function', async () => {
      await pause(time, FUNCTION_MS);
      const program = JSON.parse(source) as StandInProgram;
      if (program.does !== 'fetch') return executionOf(endOf(program.does, args));
      const request = { url: program.url, method: 'GET', headers: [], body: null };
      const answer = await host.fetch(request, signal);
      if (signal.aborted) return executionOf({ kind: 'cancelled', reason: 'called off' });
      if (answer.kind === 'forbidden') return executionOf(answer);
      if (answer.kind === 'tooLarge') {
        return executionOf({ kind: 'fetchTooLarge', reason: answer.reason });
      }
      const told = answer.kind === 'failed' ? answer.reason : answer.status;
      return executionOf(returned(JSON.stringify({ told })));
    }),
});

function endOf(does: Exclude<StandInProgram['does'], 'fetch'>, args: string): ExecutionEnd {
  if (does === 'throw') return { kind: 'thrown', message: 'it threw', stack: [] };
  if (does === 'return') return returned(args);
  return { kind: 'timeout', limit: 'busy', reason: 'it ran for longer than 5000 ms' };
}

const returned = (text: string): ExecutionEnd => ({
  kind: 'returned',
  bytes: Buffer.from(text),
  how: 'json',
});

const executionOf = (end: ExecutionEnd): Execution => ({
  end,
  logs: [],
  fetches: [],
  secrets: [],
  fuel: 1,
  busyMs: 1,
  wallMs: FUNCTION_MS,
});

/** The real search for code, on the chain alone. */
export const openStandInFunctions =
  (time: VirtualTime, life: Life): NodeOutside['openFunctions'] =>
  ({ config }, { pool, fetch }): NodeFunctions => {
    const reads = gatewayReads(config.gateway.hash);
    return {
      sandbox: createRunner(time, life),
      findCode: createCodeFinder({
        inStore: async () => null,
        onChain: (hash, signal) => readContract(pool, reads.codeOf(hash), { signal }),
        fetch,
        maxSourceBytes: 64 * 1024,
        maxKept: 16,
      }),
      hostsOf: () => null,
      status: () => null,
      close: async () => {},
    };
  };

export const pause = (time: VirtualTime, ms: number): Promise<void> =>
  new Promise((resolve) => time.after(ms, resolve));
