import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { deployContracts, readContract } from '../../scripts/devnet/contracts.js';
import { sha256 } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { callScript, type ScriptArg } from '../../src/chain/script.js';
import { asHash160, asInteger, isNull } from '../../src/chain/stack-item-values.js';
import { assertBooks } from './books.js';
import { numberBelow } from './drawing.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { newRandomKey, possessionProof, prove } from './random-proofs.js';
import { refuses } from './refusals.js';
import { answer, answered, anyRequestIn, MAX_RANDOM_FEE, responsesIn } from './requests.js';

describe('the example raffle', () => {
  let world: GatewayWorld<'ann' | 'ben' | 'cat'>;
  let raffle: Hash160;
  const key = newRandomKey();
  before(async () => {
    world = await gatewayWorld({ accounts: ['ann', 'ben', 'cat'] });
    const possession = possessionProof(world.gateway, key);
    await world.run(world.node, world.calls.proposeRandomKey(key.publicKey, possession));
    const contract = await readContract('raffle');
    const data = world.gateway;
    const [hash] = await deployContracts(world.network, world.owner, [{ contract, data }]);
    assert.ok(hash);
    raffle = hash;
    await world.run(world.owner, world.calls.deposit(world.owner.hash, parseGas('10'), raffle));
  });
  after(async () => {
    await assertBooks(world, [raffle]);
    world.network.disconnect();
  });

  const call = (method: string, ...args: ScriptArg[]) => callScript(raffle, method, args);
  const read = (method: string, ...args: ScriptArg[]) => world.network.read(raffle, method, args);
  const enters = ({ hash }: DevnetAccount) => call('enter', hash);
  const draws = () => call('draw', MAX_RANDOM_FEE);

  it('takes who enters once, and signs for it', async () => {
    const { network, owner, accounts } = world;
    const { ann, ben, cat } = accounts;
    await refuses(network, owner, draws(), 'nobody entered');
    for (const account of [ann, ben, cat]) await world.run(account, enters(account));
    assert.equal(asInteger(await read('entrants'), 'entrants'), 3n);
    await refuses(network, ann, enters(ann), 'this account entered already');
    await refuses(network, ann, enters(owner), 'the witness of who enters is missing');
  });

  it('closes its list before it asks, asks once, and has the number pick the winner', async () => {
    const { network, node, owner, accounts } = world;
    const { ann, ben, cat } = accounts;
    await refuses(network, ann, draws(), 'only the owner may draw');
    const request = anyRequestIn(world, await world.run(owner, draws()));
    assert.ok(request.name === 'RandomRequest');
    await refuses(network, owner, enters(owner), 'the list is closed');
    await refuses(network, owner, draws(), 'the draw was made already');
    assert.ok(isNull(await read('winner')));
    const forged = call('onNumber', request.id, null, 0, Buffer.alloc(32));
    await refuses(network, owner, forged, 'the caller is not the gateway');
    await refuses(network, node, forged, 'the caller is not the gateway');
    const proof = prove(key, request.seed);
    const applied = await world.run(...answered(world, [answer(request.id, { result: proof })]));
    assert.equal(responsesIn(world, applied)[0]?.delivered, true);
    const place = numberBelow(sha256(proof), 0, 3);
    const winner = [ann, ben, cat][place]?.hash;
    assert.equal(asHash160(await read('winner'), 'winner'), winner);
    const [won] = applied.notifications.filter(({ contract }) => contract === raffle);
    assert.ok(won?.state[0] && won.state[1]);
    assert.deepEqual([won.name, asHash160(won.state[0], 'account')], ['Won', winner]);
    assert.equal(asInteger(won.state[1], 'place'), BigInt(place));
  });
});
