import assert from 'node:assert/strict';
import { sha256 } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf, storedKeys } from './books.js';
import { serialisedSize } from './event-size.js';
import { type GatewayWorld, gatewayWorld, type Step, setPolicy } from './gateway-world.js';
import { setMode } from './hostile.js';
import {
  newRandomKey,
  nonCanonical,
  outsideTheGroup,
  possessionProof,
  prove,
} from './random-proofs.js';
import { seedOnChain } from './random-seeds.js';
import { refuses } from './refusals.js';
import {
  answer,
  answered,
  anyRequestIn,
  askedBy,
  idsOf,
  MAX_RANDOM_FEE,
  type RandomAsked,
  randomArgs,
  responsesIn,
} from './requests.js';

const NO_KEY = 'no random key is set: the gateway draws no random numbers yet';
const NO_PROOF = 'the result for a random request does not prove its seed under its key';
const NO_POINT = 'the result for a random request is not a compressed point of G1 (48 bytes)';
const ONLY_SUCCESS = 'a random request can only be answered with Success';

describe('random numbers of the gateway', () => {
  let world: GatewayWorld<'user' | 'other', 'asker'>;
  const key = newRandomKey();
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user', 'other'],
      contracts: ['asker'],
      credit: parseGas('500'),
    });
    await world.run(world.owner, setMode(world.contracts.asker, ''));
    const { user } = world.accounts;
    await refuses(world.network, user, world.call('requestRandom', ...randomArgs()), NO_KEY);
    await world.run(world.node, proposes(key));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const proposes = (next = newRandomKey()) =>
    world.calls.proposeRandomKey(next.publicKey, possessionProof(world.gateway, next));
  const asks = (question: RandomAsked = {}): Step => [
    world.accounts.user,
    world.call('requestRandom', ...randomArgs(question)),
  ];
  const asksFor = (question: RandomAsked = {}): Step => {
    const args = randomArgs({ callback: 'onAnswer', ...question });
    return [world.owner, world.callBy(world.contracts.asker, 'requestRandom', ...args)];
  };
  const draw = async (step: Step = asks()) => {
    const applied = await world.run(...step);
    const request = anyRequestIn(world, applied);
    assert.ok(request.name === 'RandomRequest');
    return { ...request, applied };
  };
  const proofOf = ({ seed }: { seed: Buffer }, by = key) => prove(by, seed);
  const answerTo = (request: { readonly id: bigint; readonly seed: Buffer }) =>
    answer(request.id, { result: proofOf(request) });
  const refusesAnswer = (id: bigint, result: Buffer, refusal: string, code = 0) => {
    const script = world.calls.respond([answer(id, { result, code })]);
    return refuses(world.network, world.node, script, refusal);
  };

  it('are asked for with a seed that is told, and the id comes back', async () => {
    const { user } = world.accounts;
    const before = await balanceOf(world, user.hash);
    const { applied, seed, ...request } = await draw();
    assert.deepEqual(applied.stack, [{ type: 'Integer', value: request.id }]);
    assert.deepEqual(request, {
      name: 'RandomRequest',
      id: request.id,
      requester: user.hash,
      payer: user.hash,
      keyId: 1n,
      maxFee: MAX_RANDOM_FEE,
      deadline: applied.blockIndex + 100_000,
    });
    assert.equal(seed.length, 32);
    assert.equal((await balanceOf(world, user.hash)).credit, before.credit - MAX_RANDOM_FEE);
    const pending = await readContract(world.network.rpc, world.reads.requestOf(request.id));
    assert.deepEqual([pending?.kind, pending?.url], [3, null]);
  });

  it('have a seed of chain, gateway, request, requester, block and transaction', async () => {
    const given = Buffer.from('ff00ff', 'hex');
    const [mine, contracts] = [asks({ seed: given }), asksFor({ seed: given })];
    for (const step of [mine, contracts]) {
      const { applied, ...request } = await draw(step);
      assert.deepEqual(request.seed, await seedOnChain(world, applied, request, given));
    }
    // Twice in one transaction: another id, and another call of GetRandom.
    const [user, script] = mine;
    const applied = await world.run(user, Buffer.concat([script, script]));
    const ids = applied.stack.map((item) => (item.type === 'Integer' ? item.value : 0n));
    assert.equal(ids.length, 2);
    const told = applied.notifications.map(({ state }) => state[3]);
    const expected = await Promise.all(
      ids.map((id, calls) =>
        seedOnChain(world, applied, { id, requester: user.hash }, given, calls),
      ),
    );
    assert.deepEqual(
      told,
      expected.map((value) => ({ type: 'ByteString', value })),
    );
  });

  it('take any seed of up to 64 bytes, and null for none', async () => {
    const { user } = world.accounts;
    for (const seed of [Buffer.alloc(64, 0xff), Buffer.alloc(0)]) {
      const { applied, ...request } = await draw(asks({ seed }));
      assert.deepEqual(request.seed, await seedOnChain(world, applied, request, seed));
      for (const { state } of applied.notifications) assert.ok(serialisedSize(state) < 1024);
    }
    const none = await draw([user, world.call('requestRandom', null, null, null, MAX_RANDOM_FEE)]);
    const expected = await seedOnChain(world, none.applied, none, Buffer.alloc(0));
    assert.deepEqual(none.seed, expected);
    const [, tooLong] = asks({ seed: Buffer.alloc(65) });
    await refuses(world.network, user, tooLong, 'seed is longer than 64 bytes');
  });

  it('are the sha256 of the proof, delivered or kept', async () => {
    const { asker } = world.contracts;
    const [first, second] = [await draw(asksFor({ userData: utf8('mine') })), await draw()];
    const answers = [first, second].map((each) => answer(each.id, { result: proofOf(each) }));
    const applied = await world.run(...answered(world, answers));
    const responses = responsesIn(world, applied);
    assert.deepEqual(
      responses.map(({ code, delivered }) => [code, delivered]),
      [
        [0, true],
        [0, false],
      ],
    );
    const number = sha256(proofOf(first));
    assert.deepEqual(await world.network.read(asker, 'last'), {
      type: 'Array',
      items: [
        { type: 'Integer', value: first.id },
        { type: 'ByteString', value: Buffer.from('mine') },
        { type: 'Integer', value: 0n },
        { type: 'ByteString', value: number },
      ],
    });
    const kept = await readContract(world.network.rpc, world.reads.resultOf(second.id));
    assert.deepEqual([kept?.code, kept?.result], [0, sha256(proofOf(second))]);
  });

  it('are the same when they are delivered again', async () => {
    const { asker } = world.contracts;
    const request = await draw(asksFor());
    const result = proofOf(request);
    await world.run(...answered(world, [answer(request.id, { result, deliver: false })]));
    await world.run(world.accounts.other, world.calls.redeliver(request.id));
    const last = await world.network.read(asker, 'last');
    assert.ok(last.type === 'Array');
    assert.deepEqual(last.items[3], { type: 'ByteString', value: sha256(result) });
  });

  it('are not for the node to choose: nothing but the one proof is taken', async () => {
    const [request, other] = [await draw(), await draw()];
    const infinity = Buffer.concat([Buffer.from([0xc0]), Buffer.alloc(47)]);
    const wrong = {
      'of another request': proofOf(other),
      'by another key': proofOf(request, newRandomKey()),
      'of the hash of the seed': prove(key, sha256(request.seed)),
      'the other point with the same x': negated(proofOf(request)),
      'the point at infinity': infinity,
    };
    for (const proof of Object.values(wrong)) await refusesAnswer(request.id, proof, NO_PROOF);
    const proof = proofOf(request);
    for (const bytes of [proof.subarray(1), Buffer.alloc(0), Buffer.concat([proof, proof])]) {
      await refusesAnswer(request.id, bytes, NO_POINT);
    }
    const number = sha256(proof);
    await refusesAnswer(request.id, number, NO_POINT);
  });

  it('are not for the node to withhold and be paid: no other code is taken', async () => {
    const request = await draw();
    const nothing = Buffer.alloc(0);
    for (const code of [0x10, 0x12, 0x14, 0x16, 0x18, 0x1a, 0x1c, 0x1f, 0xff]) {
      await refusesAnswer(request.id, nothing, ONLY_SUCCESS, code);
    }
  });

  it('fault with a proof that is no point of the group: nothing can catch that', async () => {
    const request = await draw();
    const proof = proofOf(request);
    for (const bad of [Buffer.alloc(48, 1), Buffer.alloc(48), outsideTheGroup(proof)]) {
      const script = world.calls.respond([answer(request.id, { result: bad })]);
      const { state, exception } = await world.network.trial(world.node, script);
      assert.equal(state, 'FAULT');
      assert.match(exception ?? '', /failed to decode bls12381 G1Affine point/);
    }
  });

  it('fault with another form of the right point: it would give another number', async () => {
    // About every fourth proof has one.
    for (let tries = 0; tries < 60; tries++) {
      const request = await draw();
      const form = nonCanonical(proofOf(request));
      if (form === null) continue;
      const script = world.calls.respond([answer(request.id, { result: form })]);
      const { state, exception } = await world.network.trial(world.node, script);
      assert.equal(state, 'FAULT');
      assert.match(exception ?? '', /failed to decode bls12381 G1Affine point/);
      await world.run(...answered(world, [answerTo(request)]));
      return;
    }
    assert.fail('no proof had another form');
  });

  it('are skipped like any other when they are settled, whatever comes as a proof', async () => {
    const request = await draw();
    await world.run(...answered(world, [answer(request.id, { result: proofOf(request) })]));
    const bad = [Buffer.alloc(0), Buffer.alloc(48, 1)];
    const again = bad.map((result) => answer(request.id, { result }));
    assert.deepEqual(responsesIn(world, await world.run(...answered(world, again))), []);
  });

  it('cost their own request what verifying takes, and no neighbour', async () => {
    const [web = 0n] = await idsOf(world, [askedBy(world, world.accounts.other)]);
    const request = await draw();
    const answers = [answer(web), answer(request.id, { result: proofOf(request) })];
    const [plain, random] = responsesIn(world, await world.run(...answered(world, answers)));
    assert.ok(plain && random);
    assert.ok(plain.fee < parseGas('0.35'), `${plain.fee}`);
    assert.ok(random.fee > parseGas('4') && random.fee < parseGas('4.6'), `${random.fee}`);
  });

  it('stay with the key that they were asked under', async () => {
    const before = await draw();
    const next = newRandomKey();
    await world.run(world.node, proposes(next));
    const after = await draw();
    assert.deepEqual([before.keyId, after.keyId], [1n, 2n]);
    await refusesAnswer(before.id, proofOf(before, next), NO_PROOF);
    await refusesAnswer(after.id, proofOf(after), NO_PROOF);
    const answers = [
      answer(before.id, { result: proofOf(before) }),
      answer(after.id, { result: proofOf(after, next) }),
    ];
    assert.equal(responsesIn(world, await world.run(...answered(world, answers))).length, 2);
    await world.run(world.owner, proposes(key));
  });

  it('that nobody drew are refunded, and nothing is left of them', async () => {
    const { user } = world.accounts;
    const kept = await storedKeys(world, 'z');
    const { credit } = await balanceOf(world, user.hash);
    await world.run(world.owner, setPolicy(world, { requestLifetime: 1 }));
    const { id, deadline } = await draw();
    await world.run(world.owner, setPolicy(world));
    await world.network.waitForBlock(deadline);
    assert.equal(await storedKeys(world, 'z'), kept + 1);
    await world.run(user, world.calls.expire([id]));
    assert.equal((await balanceOf(world, user.hash)).credit, credit);
    assert.equal(await storedKeys(world, 'z'), kept);
    const answered = await draw();
    await world.run(world.node, world.calls.respond([answerTo(answered)]));
    assert.equal(await storedKeys(world, 'z'), kept, 'nor of those that were drawn');
  });

  it('are subject to what every request is', async () => {
    const { user } = world.accounts;
    const minimum = "maxFee is below the policy's minimum for this kind of request";
    const minimums = [1n, 1n, 1n, parseGas('5'), 1n, 1n];
    await world.run(world.owner, setPolicy(world, { minimums }));
    const [, below] = asks({ maxFee: parseGas('5') - 1n });
    await refuses(world.network, user, below, minimum);
    await world.run(world.owner, setPolicy(world));
    const callback = 'callback must be empty: the caller is not a contract';
    const [, calledBack] = asks({ callback: 'onAnswer' });
    await refuses(world.network, user, calledBack, callback);
    await world.run(world.owner, world.calls.pause(true));
    const paused = 'the gateway is paused: it takes no new requests';
    const [, script] = asks();
    await refuses(world.network, user, script, paused);
    await world.run(world.owner, world.calls.pause(false));
  });
});

/** The point mirrored: it has the same x, and the other sign. */
function negated(point: Buffer): Buffer {
  const other = Buffer.from(point);
  other[0] = (other[0] ?? 0) ^ 0x20;
  return other;
}
