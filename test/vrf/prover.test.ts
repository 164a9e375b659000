import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { sha256 } from '../../src/base/bytes.js';
import { createProofCheck, prove, publicKeyOf, secretFrom } from '../../src/vrf/proof.js';
import { createProver, type Prover } from '../../src/vrf/prover.js';

describe('the prover', function () {
  this.timeout(30_000);
  let prover: Prover;
  const secret = secretFrom(randomBytes(48));
  const key = { secret, publicKey: publicKeyOf(secret) };
  before(() => {
    prover = createProver({ random: randomBytes });
  });
  after(() => prover.close());

  it('proves many at once, each its own message, and leaves the secret as it was', async () => {
    const before = Buffer.from(secret);
    const messages = Array.from({ length: 6 }, (_, at) => sha256(`message ${at}`));
    const made = await Promise.all(messages.map((message) => prover.prove(key, message)));
    const proofs = messages.map((message) => prove(secret, message, randomBytes(48)));
    assert.deepEqual(
      made.map(({ proof }) => proof),
      proofs,
    );
    const check = createProofCheck();
    assert.equal(check(key.publicKey, messages[0] as Buffer, made[0]?.proof as Buffer), null);
    assert.deepEqual(secret, before);
  });

  it("sends no proof that does not hold: here of a key that is not the secret's", async () => {
    const other = { ...key, publicKey: publicKeyOf(secretFrom(randomBytes(48))) };
    await assert.rejects(prover.prove(other, sha256('x')), {
      code: 'PROOF_WRONG',
      message: /does not prove its message under the public key/,
    });
    assert.equal((await prover.prove(key, sha256('x'))).proof.length, 48);
  });

  it('delays nobody else: the main thread goes on while it works', async () => {
    await prover.ready();
    let turns = 0;
    let isDone = false;
    const work = Promise.all([1, 2, 3].map((at) => prover.prove(key, sha256(`${at}`)))).then(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise(setImmediate);
      turns += 1;
    }
    await work;
    assert.ok(turns > 20, `${turns} turns`);
  });

  it('rejects what waits when it is closed, and what comes after', async () => {
    const closing = createProver({ random: randomBytes });
    await closing.ready();
    const waiting = closing.prove(key, sha256('x'));
    const told = assert.rejects(waiting, { code: 'PROVER', retryable: true });
    await closing.close();
    await told;
    await assert.rejects(closing.prove(key, sha256('x')), { code: 'PROVER' });
  });
});
