import assert from 'node:assert/strict';
import { asBytes, asInteger, asItems, isNull } from '../../src/chain/stack-item-values.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import {
  keyOutsideTheGroup,
  newRandomKey,
  nonCanonical,
  outsideTheGroup,
  possessionProof,
  prove,
  type RandomKey,
} from './random-proofs.js';
import { refuses } from './refusals.js';

const NO_POSSESSION = 'possessionProof does not prove possession of publicKey';

describe('the key of random numbers', () => {
  let world: GatewayWorld<'user'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'] });
  });
  after(() => world.network.disconnect());

  const current = async () => {
    const [id, key] = asItems(await world.network.read(world.gateway, 'randomKey'), 'key', 2);
    assert.ok(id && key);
    return { id: asInteger(id, 'id'), key: isNull(key) ? null : asBytes(key, 'key') };
  };
  const keyOf = async (id: bigint) => {
    const key = await world.network.read(world.gateway, 'randomKeyOf', [id]);
    return isNull(key) ? null : asBytes(key, 'key');
  };
  const propose = (key: RandomKey, proof = possessionProof(world.gateway, key)) =>
    world.call('proposeRandomKey', key.publicKey, proof);

  it('is none at first', async () => {
    assert.deepEqual(await current(), { id: 0n, key: null });
    assert.deepEqual(
      [await keyOf(0n), await keyOf(1n), await keyOf(1n << 62n)],
      [null, null, null],
    );
  });

  it('is proposed by the node account or the owner, and holds at once; old ones are kept', async () => {
    const [first, second] = [newRandomKey(), newRandomKey()];
    const applied = await world.run(world.node, propose(first));
    assert.deepEqual(eventsOf(world, applied), [
      { name: 'RandomKeyChanged', keyId: 1n, publicKey: first.publicKey },
    ]);
    assert.deepEqual(await current(), { id: 1n, key: first.publicKey });
    await world.run(world.owner, propose(second));
    assert.deepEqual(await current(), { id: 2n, key: second.publicKey });
    assert.deepEqual(
      [await keyOf(1n), await keyOf(2n), await keyOf(3n)],
      [first.publicKey, second.publicKey, null],
    );
  });

  it('is proposed by nobody else', async () => {
    const refusal = 'only the owner or the node account may propose a random key';
    const script = propose(newRandomKey());
    const { user } = world.accounts;
    await refuses(world.network, user, script, refusal);
    await refuses(world.network, world.node, script, refusal, { scope: 'None' });
  });

  it('is refused without a proof of its possession', async () => {
    const { node, network } = world;
    const [mine, other] = [newRandomKey(), newRandomKey()];
    const forged = [
      possessionProof(world.gateway, other),
      prove(mine, Buffer.from('Dodona random key')),
      prove(mine, Buffer.concat([Buffer.from('Dodona random key'), mine.publicKey])),
      possessionProof(world.executor, mine),
    ];
    for (const proof of forged) {
      await refuses(network, node, propose(mine, proof), NO_POSSESSION);
    }
    const theirs = world.call(
      'proposeRandomKey',
      other.publicKey,
      prove(mine, Buffer.from('anything')),
    );
    await refuses(network, node, theirs, NO_POSSESSION);
    // Infinity is a point of G1, and no proof of anything.
    const infinity = Buffer.concat([Buffer.from([0xc0]), Buffer.alloc(47)]);
    await refuses(network, node, propose(mine, infinity), NO_POSSESSION);
  });

  it('is refused at infinity, for which everybody has proofs', async () => {
    const { node, network } = world;
    const infinity = { secret: 0n, publicKey: Buffer.alloc(96) };
    const refusal = 'publicKey is the point at infinity';
    for (const first of [0xc0, 0xe0, 0x40]) {
      infinity.publicKey[0] = first;
      const proof = prove(infinity, Buffer.from('x'));
      await refuses(network, node, propose(infinity, proof), refusal);
    }
  });

  it('is not taken when it is no point: then nothing can be caught', async () => {
    const { node, network, gateway } = world;
    const key = newRandomKey();
    const proof = possessionProof(gateway, key);
    const bad: [Buffer, Buffer][] = [
      [Buffer.alloc(96, 1), proof],
      [keyOutsideTheGroup(key.publicKey), proof],
      [key.publicKey, Buffer.alloc(48, 1)],
      [key.publicKey, Buffer.alloc(48)],
      [key.publicKey, outsideTheGroup(proof)],
    ];
    for (const [publicKey, possession] of bad) {
      const script = world.call('proposeRandomKey', publicKey, possession);
      const ran = await network.trial(node, script);
      assert.equal(ran.state, 'FAULT');
      assert.match(ran.exception ?? '', /failed to decode bls12381 G\dAffine point/);
    }
    // Another form of a good point: about every fourth has one.
    for (let tries = 0; tries < 200; tries++) {
      const other = newRandomKey();
      const form = nonCanonical(possessionProof(gateway, other));
      if (form === null) continue;
      const ran = await network.trial(node, world.call('proposeRandomKey', other.publicKey, form));
      assert.equal(ran.state, 'FAULT');
      assert.match(ran.exception ?? '', /failed to decode bls12381 G1Affine point/);
      const { id } = await current();
      assert.equal(id, 2n);
      return;
    }
    assert.fail('no possession proof had another form');
  });
});
