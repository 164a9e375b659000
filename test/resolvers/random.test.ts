import assert from 'node:assert/strict';
import { NodeError } from '../../src/base/node-error.js';
import { createRandomResolver, type RandomResolverOptions } from '../../src/resolvers/random.js';

const SEED = Buffer.alloc(32, 7);
const KEY = { publicKey: Buffer.alloc(96, 1), secret: Buffer.alloc(32, 2) };
const PROOF = { proof: Buffer.alloc(48, 3), provingMs: 1, checkingMs: 2 };
const signal = new AbortController().signal;

const resolve = (given: Partial<RandomResolverOptions> = {}) =>
  createRandomResolver({
    publicKeyOf: async () => KEY.publicKey,
    findKey: async () => KEY,
    prove: async () => PROOF,
    ...given,
  })({ requestId: 1n, keyId: 4n, seed: SEED }, signal);

describe('resolving a request for a random number', () => {
  it('answers with the proof of its seed under the key that it was made under', async () => {
    const asked: unknown[] = [];
    const outcome = await resolve({
      publicKeyOf: async (keyId) => {
        asked.push(keyId);
        return KEY.publicKey;
      },
      prove: async (key, message) => {
        asked.push(key, message);
        return PROOF;
      },
      onProof: (made) => asked.push(made),
    });
    assert.deepEqual(asked, [4n, KEY, SEED, PROOF]);
    const { reason, ...rest } = outcome;
    assert.deepEqual(rest, { kind: 'answer', code: 0, result: PROOF.proof });
    assert.match(reason, /^the proof under random key 4 \(\w{16}\)$/);
  });

  it('waits for a key that is not there, and gives up what no key is known of', async () => {
    const without = await resolve({ findKey: async () => null });
    assert.deepEqual([without.kind, 'afterMs' in without && without.afterMs], ['wait', 1_000]);
    const why = 'reason' in without ? String(without.reason) : '';
    assert.match(why, /^this node does not hold random key 4 \(\w{16}\)$/);
    const unknown = await resolve({ publicKeyOf: async () => null });
    const reason = 'the gateway has no random key 4';
    assert.deepEqual(unknown, { kind: 'giveUp', reason });
  });

  it('waits for trouble of keystore and prover to pass, with its reason', async () => {
    const trouble = new NodeError('RANDOM_KEYS', 'others may read the file');
    const closed = await resolve({ findKey: () => Promise.reject(trouble) });
    assert.deepEqual(closed, { kind: 'wait', reason: 'others may read the file', afterMs: 1_000 });
    const wrong = await resolve({ prove: () => Promise.reject(new Error('it does not hold')) });
    assert.deepEqual([wrong.kind, wrong.reason], ['wait', 'it does not hold']);
  });
});
