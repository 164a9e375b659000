import assert from 'node:assert/strict';
import { deployContracts, readContract } from '../../../scripts/devnet/contracts.js';
import { fromHex, sha256, toHex } from '../../../src/base/bytes.js';
import { parseGas } from '../../../src/base/datoshi.js';
import type { Hash160 } from '../../../src/base/hash.js';
import { deployScript } from '../../../src/chain/deploy.js';
import { callScript, type ScriptArg, utf8 } from '../../../src/chain/script.js';
import type { StackItem } from '../../../src/chain/stack-item.js';
import { asInteger } from '../../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf } from '../books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, renamed } from '../gateway-world.js';
import { priceOf, published, timeOf } from '../prices.js';
import { newRandomKey, possessionProof } from '../random-proofs.js';
import { refuses } from '../refusals.js';
import { answer, answered, MAX_FEE, MAX_RANDOM_FEE, responsesIn } from '../requests.js';
import { nextRun, perform, UPKEEP_FEE } from '../upkeeps.js';
import { plain } from './plain-item.js';

describe('the Go package of the gateway', () => {
  let world: GatewayWorld<'user'>;
  let contract: Hash160;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'] });
    const code = await readContract('wrappers');
    const [hash] = await deployContracts(world.network, world.owner, [
      { contract: code, data: world.gateway },
    ]);
    contract = hash ?? assert.fail('not deployed');
    await world.run(world.owner, world.calls.deposit(world.owner.hash, parseGas('100'), contract));
  });
  after(async () => {
    await assertBooks(world, [contract]);
    world.network.disconnect();
  });

  const call = (method: string, ...args: ScriptArg[]) => callScript(contract, method, args);
  const run = (method: string, ...args: ScriptArg[]) =>
    world.run(world.owner, call(method, ...args));
  const idOf = (item: StackItem | undefined): bigint =>
    asInteger(item ?? assert.fail('nothing was returned'), 'id');
  const same = async (method: string, read: string, ...args: ScriptArg[]): Promise<unknown> => {
    const [wrapped, direct] = await Promise.all([
      world.network.read(contract, method, args),
      world.network.read(world.gateway, read, args),
    ]);
    assert.deepEqual(plain(wrapped), plain(direct), method);
    return plain(direct);
  };

  it('asks by every method, and tells fields as the gateway has them', async () => {
    const source = 'export default () => 1;';
    const other = 'export default () => 2;';
    const registered = await run(
      'register',
      sha256(utf8(source)),
      utf8(source),
      sha256(utf8(other)),
      utf8(other),
    );
    const functionId = idOf(registered.stack[0]);
    await same('function', 'functionOf', functionId);
    await same('code', 'codeOf', sha256(utf8(source)));
    assert.equal(await same('code', 'codeOf', sha256(utf8('unknown'))), null);
    assert.equal(await same('function', 'functionOf', 1_000_000), null);

    const asked = await run('ask', MAX_FEE, functionId);
    const events = eventsOf(world, asked);
    assert.deepEqual(
      events.map(({ name }) => name),
      ['OracleRequest', 'HttpRequest', 'FunctionRequest'],
    );
    const [oracle, http, byFunction] = events.map((event) => ('id' in event ? event.id : 0n));
    assert.deepEqual(asked.stack.map(plain), [[http, byFunction]]);
    assert.ok(await same('request', 'requestOf', oracle ?? 0n));
    await same('request', 'requestOf', http ?? 0n);
    assert.equal(await same('request', 'requestOf', 1_000_000), null);

    assert.equal(await same('kept', 'resultOf', http ?? 0n), null);
    const given = [oracle, http].map((id) => answer(id ?? 0n, { result: utf8('result') }));
    const applied = await world.run(...answered(world, given));
    assert.equal(responsesIn(world, applied).length, 2);
    await same('kept', 'resultOf', http ?? 0n);
    const redelivery = call('redeliver', http ?? 0n);
    const refusal = 'the request named no callback to redeliver to';
    await refuses(world.network, world.owner, redelivery, refusal);
    const taken = await run('take', http ?? 0n);
    assert.deepEqual(taken.stack.map(plain), [[0n, toHex(utf8('result'))]]);
    await run('settle', oracle ?? 0n);
    assert.notEqual(await same('kept', 'resultOf', oracle ?? 0n), null, 'its lifetime goes on');
  });

  it('draws numbers', async () => {
    assert.deepEqual(await same('random', 'randomKey'), [0n, null]);
    assert.equal(await same('randomKey', 'randomKeyOf', 1), null);
    const draw = call('draw', utf8('seed'), MAX_RANDOM_FEE);
    const none = 'no random key is set: the gateway draws no random numbers yet';
    await refuses(world.network, world.owner, draw, none);
    const key = newRandomKey();
    const possession = possessionProof(world.gateway, key);
    await world.run(world.node, world.calls.proposeRandomKey(key.publicKey, possession));
    await same('random', 'randomKey');
    await same('randomKey', 'randomKeyOf', 1);
    const [event] = eventsOf(world, await world.run(world.owner, draw));
    assert.equal(event?.name, 'RandomRequest');
  });

  it('keeps upkeeps, whose target takes calls of the executor alone', async () => {
    const started = await run('startUpkeep', utf8('every:1'), UPKEEP_FEE);
    const id = idOf(started.stack[0]);
    await same('upkeep', 'upkeepOf', id);
    assert.equal(await same('upkeep', 'upkeepOf', 1_000_000), null);
    await same('executor', 'executor');
    const { runs } = await perform(world, [await nextRun(world, id)]);
    assert.deepEqual([runs[0]?.delivered, runs[0]?.owner], [true, contract]);
    const work = call('work', 1, utf8('a'));
    const refusal = "the caller is not the gateway's executor";
    await refuses(world.network, world.owner, work, refusal);
    await refuses(world.network, world.owner, call('fund', id), 'the upkeep is funded already');
    const stopped = eventsOf(world, await run('stopUpkeep', id));
    assert.match(stopped[0]?.name ?? '', /^UpkeepCancelled$/);
  });

  it('reads prices, and pays for others', async () => {
    const pair = utf8('GAS/USD');
    assert.equal(await same('price', 'latestPrice', pair), null);
    const now = await timeOf(world);
    await world.run(...published(world, [priceOf('GAS/USD', now - 60_000)]));
    await same('price', 'latestPrice', pair);
    await same('priceAt', 'priceAt', pair, 1);
    assert.equal(await same('priceAt', 'priceAt', pair, 2), null);
    const [mean] = (await run('mean', pair, now - 30_000)).stack;
    assert.equal(idOf(mean), 450_000_000n);
    const { user } = world.accounts;
    await run('pay', user.hash, pair, parseGas('1'), parseGas('5'));
    await same('sponsorship', 'sponsorshipOf', contract, user.hash);
    await same('feedSponsorship', 'feedSponsorshipOf', pair, contract);
    const sponsors = async () =>
      plain(await world.network.read(contract, 'sponsor', [contract, pair]));
    assert.deepEqual(await sponsors(), [null, null]);
    await run('accept', user.hash);
    await world.run(world.owner, world.call('chooseFeedSponsor', pair, contract));
    const bytes = (hash: Hash160) => toHex(Buffer.from(fromHex(hash.slice(2))).reverse());
    assert.deepEqual(await sponsors(), [bytes(user.hash), bytes(contract)]);
    await run('accept', null);
    assert.deepEqual(await sponsors(), [null, bytes(contract)]);
  });

  it('tells of the gateway itself, and gives credit back', async () => {
    await same('policy', 'policy');
    assert.equal(await same('update', 'proposedUpdate'), null);
    const hash = sha256(utf8('code'));
    await world.run(world.owner, world.call('proposeUpdate', hash, hash));
    await same('update', 'proposedUpdate');
    assert.equal(await same('paused', 'isPaused'), false);
    const { credit, reserved } = await balanceOf(world, contract);
    const pending = plain(await world.network.read(contract, 'pending'));
    const count = await world.network.read(world.gateway, 'pendingCount');
    assert.deepEqual(pending, [plain(count), 1n, credit, reserved]);
    await run('withdraw', world.accounts.user.hash, parseGas('1'));
    assert.equal((await balanceOf(world, contract)).credit, credit - parseGas('1'));
  });

  it('takes no gateway that is no hash, and needs one', async () => {
    const { network, owner } = world;
    const code = await readContract('wrappers');
    const unset = renamed(code, 'Unset');
    const short = deployScript(unset.nef, unset.manifest, utf8('short'));
    await refuses(network, owner, short, "the gateway's hash is not a Hash160 (20 bytes)");
    const [hash] = await deployContracts(network, owner, [{ contract: unset }]);
    const reads = callScript(hash ?? assert.fail('not deployed'), 'policy');
    await refuses(network, owner, reads, 'no gateway was kept: call dodona.Keep in _deploy');
  });
});
