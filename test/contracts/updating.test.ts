import assert from 'node:assert/strict';
import {
  type CompiledContract,
  readContract as readBuild,
} from '../../scripts/devnet/contracts.js';
import { sha256, toHex } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import { hash160, hashFromLittleEndian, hashToLittleEndian } from '../../src/base/hash.js';
import { readContract, readTogether } from '../../src/chain/contract-read.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { assertBooks, readBooks } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { setMode } from './hostile.js';
import { holdsUntil, inNextBlock } from './in-next-block.js';
import { ofVersion } from './nef-file.js';
import { priceOf, pricesIn, published, timeOf } from './prices.js';
import { newRandomKey, possessionProof, prove } from './random-proofs.js';
import { refused, refuses } from './refusals.js';
import {
  answer,
  anyRequestIn,
  askedBy,
  askedByContract,
  functionArgs,
  idsOf,
  randomArgs,
  requestIn,
  responsesIn,
} from './requests.js';
import { nextRun, performed, performedIn, registeredBy, UPKEEP_FEE, upkeepIds } from './upkeeps.js';

const DELAY = 4;

describe('an update of the gateway', () => {
  let world: GatewayWorld<'user' | 'next', 'asker' | 'sponsored'>;
  let code: CompiledContract;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user', 'next'],
      contracts: ['asker', 'sponsored'],
      policy: { updateDelay: 40 },
    });
    code = ofVersion(await readBuild('gateway'), 2);
    const { asker, sponsored } = world.contracts;
    await world.run(world.owner, Buffer.concat([setMode(asker, ''), setMode(sponsored, '')]));
    // A lower delay has to be waited for.
    const { blockIndex } = await world.run(world.owner, setPolicy(world, { updateDelay: DELAY }));
    await world.network.waitForBlock(blockIndex + 40);
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const propose = ({ nef, manifest }: CompiledContract = code) =>
    world.call('proposeUpdate', sha256(nef), sha256(utf8(manifest)));
  const update = ({ nef, manifest }: CompiledContract = code) =>
    world.call('update', nef, utf8(manifest), null);
  const cancel = () => world.call('cancelUpdate');
  const refusesUpdate = (refusal: string, script = update()) =>
    refuses(world.network, world.owner, script, refusal);
  const proposed = () => readContract(world.network.rpc, world.reads.proposedUpdate());
  const version = () => readContract(world.network.rpc, world.reads.version());

  it('is announced by the hashes of what it brings, and can be called off', async () => {
    await refusesUpdate('no update is proposed');
    await refusesUpdate('no update is proposed to cancel', cancel());
    assert.equal(await proposed(), null);
    const applied = await world.run(world.owner, propose());
    const announced = {
      nefHash: hashFromLittleEndian(sha256(code.nef)),
      manifestHash: hashFromLittleEndian(sha256(utf8(code.manifest))),
      from: applied.blockIndex + DELAY,
    };
    assert.deepEqual(eventsOf(world, applied), [{ name: 'UpdateProposed', ...announced }]);
    assert.deepEqual(await proposed(), announced);
    const cancelled = await world.run(world.owner, cancel());
    assert.deepEqual(eventsOf(world, cancelled), [{ name: 'UpdateCancelled' }]);
    assert.equal(await proposed(), null);
    await world.network.waitForBlock(announced.from);
    await refusesUpdate('no update is proposed');
    assert.equal(await version(), 1);
  });

  it('waits for the delay: its first block is the one that was announced', async () => {
    const refusal = 'the delay of the proposed update is not over';
    await holdsUntil('the delay is not over', async () => {
      const { blockIndex } = await world.run(world.owner, propose());
      await refusesUpdate(refusal);
      const look = async (): Promise<{ index: number; holds: boolean }> => {
        const nothing = Buffer.alloc(0);
        const { index } = await inNextBlock(world, world.owner, nothing);
        const ran = await world.network.trial(world.owner, update());
        const again = await inNextBlock(world, world.owner, nothing);
        if (index !== again.index) return look();
        if (ran.state === 'FAULT') refused(ran, refusal);
        return { index, holds: ran.state === 'FAULT' };
      };
      return { last: blockIndex + DELAY - 1, look };
    });
  });

  it('begins to wait anew when it is announced anew', async () => {
    const first = await world.run(world.owner, propose());
    const second = await world.run(world.owner, propose());
    assert.ok(second.blockIndex > first.blockIndex);
    assert.equal((await proposed())?.from, second.blockIndex + DELAY);
  });

  it('brings nothing else than what was announced', async () => {
    const { blockIndex } = await world.run(world.owner, propose());
    await world.network.waitForBlock(blockIndex + DELAY);
    const other = await readBuild('gateway');
    await refusesUpdate('nef is not the proposed one', update({ ...code, nef: other.nef }));
    const manifest = `${code.manifest} `;
    await refusesUpdate('manifest is not the proposed one', update({ ...code, manifest }));
    await refuses(world.network, world.node, update(), "the owner's witness is missing");
    await world.run(world.owner, cancel());
  });

  it('loses nothing: requests, upkeeps, prices, money, an overlap, results, keys, functions', async () => {
    const { owner, node, accounts, contracts, network, reads, calls } = world;
    const { user, next } = accounts;
    const { asker, sponsored } = contracts;
    const key = newRandomKey();
    const proof = possessionProof(world.gateway, key);
    const credit = parseGas('50');
    await world.runAll([
      [owner, calls.proposeNodeAccount(next.hash)],
      [owner, world.callBy(asker, 'sponsor', sponsored, credit, credit)],
      [owner, world.callBy(sponsored, 'acceptSponsor', asker)],
      [owner, world.callBy(sponsored, 'withdraw', sponsored, sponsored, credit)],
      [node, world.call('proposeRandomKey', key.publicKey, proof)],
    ]);
    const [source, uri] = ['export default () => 1', 'https://x.org/f.js'];
    const codeHash = toHex(sha256(source));
    await world.run(user, calls.registerFunction('f', { codeHash, source, uri }));
    const called = functionArgs({ callback: 'onAnswer', userData: utf8('y') });
    const ids = await idsOf(world, [
      [owner, world.callBy(asker, 'requestFunction', ...called)],
      askedByContract(world, asker, { userData: [1, utf8('x')] }, 'request'),
      askedByContract(world, asker, { userData: new Map([[1, 2]]) }),
      askedByContract(world, sponsored),
      askedBy(world, user),
      // Two that are kept, and one that will expire.
      askedByContract(world, asker),
      askedBy(world, user),
    ]);
    const asksRandom = world.call('requestRandom', ...randomArgs({ callback: '' }));
    const drawn = anyRequestIn(world, await world.run(user, asksRandom));
    assert.ok(drawn.name === 'RandomRequest');
    const [upkeep = 0n, conditional = 0n] = await upkeepIds(world, [
      registeredBy(world, user, asker, { args: [utf8('x')] }),
      registeredBy(world, user, asker, { trigger: 'when:isDue' }),
    ]);
    await world.run(user, calls.sponsorFeed('GAS/USD', credit, credit));
    await world.run(owner, calls.chooseFeedSponsor('GAS/USD', user.hash));
    const timestamp = await timeOf(world);
    await world.run(...published(world, [priceOf('GAS/USD', timestamp - 10)]));
    await world.run(...published(world, [priceOf('GAS/USD', timestamp)]));
    const kept = ids.slice(-2).map((id) => answer(id, { deliver: false, result: utf8('kept') }));
    await world.run(node, calls.respond(kept));
    await world.run(next, calls.acceptNodeAccount(10_000));
    await world.run(owner, setPolicy(world, { requestLifetime: 1, updateDelay: DELAY }));
    const { id: dies } = requestIn(world, await world.run(...askedBy(world, user)));
    await world.run(owner, setPolicy(world, { updateDelay: DELAY }));

    const everything = async () => {
      const all = [owner, node, user, next].map(({ hash }) => hash);
      const books = await readBooks(world, [...all, asker, sponsored]);
      const key1 = await network.read(world.gateway, 'randomKeyOf', [1]);
      const { values } = await readTogether(network.rpc, [
        reads.owner(),
        reads.nodeAccount(),
        reads.overlap(),
        reads.executor(),
        reads.isPaused(),
        reads.policy(),
        reads.pendingCount(),
        reads.sponsorOf(sponsored),
        reads.sponsorshipOf(asker, sponsored),
        ...ids.flatMap((id) => [reads.requestOf(id), reads.resultOf(id)]),
        reads.requestOf(dies),
        reads.requestOf(drawn.id),
        reads.functionOf(1n),
        reads.codeOf(codeHash),
        reads.upkeepOf(upkeep),
        reads.upkeepOf(conditional),
        reads.latestPrice('GAS/USD'),
        reads.priceAt('GAS/USD', 1n),
        reads.feedSponsorOf('GAS/USD'),
        reads.feedSponsorshipOf('GAS/USD', user.hash),
      ]);
      return { values, key1, held: books.held, balances: books.balances };
    };
    const { blockIndex } = await world.run(owner, propose());
    await network.waitForBlock(blockIndex + DELAY);
    const before = await everything();
    assert.equal(await version(), 1);
    const applied = await world.run(owner, update());
    assert.deepEqual(eventsOf(world, applied)[0], {
      name: 'Updated',
      nefHash: hashFromLittleEndian(sha256(code.nef)),
      manifestHash: hashFromLittleEndian(sha256(utf8(code.manifest))),
    });
    assert.equal(await version(), 2);
    assert.equal(await proposed(), null);
    assert.deepEqual(await everything(), before);
    await refusesUpdate('no update is proposed');

    // And all of it can be used.
    const web = ids.slice(0, 5).map((id) => answer(id, { result: utf8('new') }));
    const answers = [...web, answer(drawn.id, { result: prove(key, drawn.seed) })];
    const [half, rest] = [answers.slice(0, 2), answers.slice(2)];
    const [old, young] = await world.runAll([
      [node, calls.respond(half)],
      [next, calls.respond(rest)],
    ]);
    assert.ok(old && young);
    assert.deepEqual(
      [...responsesIn(world, old), ...responsesIn(world, young)].map((each) => each.delivered),
      [true, true, true, true, false, false],
    );
    const runs = [await nextRun(world, upkeep), await nextRun(world, conditional)];
    const made = performedIn(world, await world.run(...performed(world, runs)));
    assert.deepEqual(
      made.map(({ id, delivered, locked }) => [id, delivered, locked]),
      [
        [upkeep, true, UPKEEP_FEE],
        [conditional, true, UPKEEP_FEE],
      ],
    );
    const round = calls.submitPrices([priceOf('GAS/USD', timestamp + 1)]);
    const [price] = pricesIn(world, await world.run(next, round));
    assert.deepEqual([price?.round, price?.payer], [3n, user.hash]);
    assert.ok((price?.fee ?? 0n) > 0n);
    const again = { codeHash, source: '', uri: '' };
    const registered = eventsOf(world, await world.run(user, calls.registerFunction('g', again)));
    assert.deepEqual(
      registered.map((event) => event.name === 'FunctionRegistered' && event.functionId),
      [2n],
    );
    const [byContract = 0n, byUser = 0n] = ids.slice(-2);
    const { earned = 0n } = (await readBooks(world, [node.hash])).balances.get(node.hash) ?? {};
    await world.runAll([
      [user, calls.redeliver(byContract)],
      [user, calls.takeResult(byUser)],
      [user, calls.expire([dies])],
      [node, calls.collect(node.hash, node.hash, earned)],
    ]);
    assert.equal(await readContract(network.rpc, reads.pendingCount()), 0);
  });
});

describe('code of the gateway that comes to the storage of another contract', () => {
  let world: GatewayWorld<'user', 'DodonaGateway'>;
  before(async () => {
    // The name is what a contract keeps through its updates.
    world = await gatewayWorld({ accounts: ['user'], contracts: ['DodonaGateway'] });
  });
  after(() => world.network.disconnect());

  const NOBODY = hash160(`0x${'99'.repeat(20)}`);
  const put = (key: Buffer, value: Buffer) =>
    callScript(world.contracts.DodonaGateway, 'setStorage', [key, value]);
  const become = async () => {
    const { nef, manifest } = await readBuild('gateway');
    return callScript(world.contracts.DodonaGateway, 'update', [nef, utf8(manifest)]);
  };

  it('refuses a version of the storage that it does not know', async () => {
    const refusal = 'the storage is of a version that this code does not know';
    const update = await become();
    for (const unknown of [Buffer.from([0]), Buffer.from([2]), Buffer.from([1, 1])]) {
      const script = Buffer.concat([put(utf8('v'), unknown), update]);
      await refuses(world.network, world.owner, script, refusal);
    }
    await refuses(world.network, world.owner, update, refusal);
  });

  it('pays out nothing that it does not hold', async () => {
    const { user } = world.accounts;
    const fake = world.contracts.DodonaGateway;
    // pack(reserved 0, credit 5) of contracts/gateway/storage.go.
    const balance = (((1n << 62n) << 63n) + 5n).toString(16).padStart(32, '0');
    const key = Buffer.concat([utf8('b'), hashToLittleEndian(user.hash)]);
    const script = Buffer.concat([
      put(utf8('v'), Buffer.from([1])),
      put(key, Buffer.from(balance, 'hex').reverse()),
      await become(),
    ]);
    await world.run(world.owner, script);
    const withdraw = callScript(fake, 'withdraw', [user.hash, NOBODY, 5n]);
    await refuses(world.network, user, withdraw, 'GAS did not transfer the amount');
  });
});
