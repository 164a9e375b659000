import assert from 'node:assert/strict';
import { deployContracts, readContract } from '../../../scripts/devnet/contracts.js';
import { parseGas } from '../../../src/base/datoshi.js';
import type { Hash160 } from '../../../src/base/hash.js';
import { ResponseCode } from '../../../src/base/outcome.js';
import { readContract as readValue } from '../../../src/chain/contract-read.js';
import { GAS_TOKEN } from '../../../src/chain/native-contracts.js';
import { assertScript, callScript, type ScriptArg, utf8 } from '../../../src/chain/script.js';
import { asBoolean, asBytes, asInteger, isNull } from '../../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf, gasBalance } from '../books.js';
import { type GatewayWorld, gatewayWorld } from '../gateway-world.js';
import { refuses } from '../refusals.js';
import { answer, answered, MAX_FEE, requestIn, responsesIn } from '../requests.js';
import { compiledPython } from './compiled-python.js';

/** The skeletons; the name in the manifest is part of a contract's hash. */
const SKELETONS = [
  { language: 'Go', name: 'DodonaSkeleton', read: () => readContract('skeleton') },
  { language: 'Python', name: 'DodonaSkeletonInPython', read: compiledPython },
] as const;

for (const { language, name, read: readCode } of SKELETONS) {
  describe(`the skeleton of a contract that asks, in ${language}`, function () {
    // The first time, its compiler is downloaded.
    this.timeout(180_000);
    let world: GatewayWorld<'user'>;
    let skeleton: Hash160;
    /** One whose gateway breaks its word. */
    let deceived: Hash160;
    let twice: Hash160;
    before(async () => {
      world = await gatewayWorld({ accounts: ['user'] });
      const [code, gateway] = await Promise.all([readCode(), readContract('twice')]);
      const { network, owner } = world;
      [twice = twice] = await deployContracts(network, owner, [{ contract: gateway }]);
      const manifest = code.manifest.replace(name, 'Deceived');
      [skeleton = skeleton, deceived = deceived] = await deployContracts(network, owner, [
        { contract: code, data: world.gateway },
        { contract: { ...code, manifest }, data: twice },
      ]);
    });
    after(async () => {
      await assertBooks(world, [skeleton]);
      world.network.disconnect();
    });

    const call = (method: string, ...args: ScriptArg[]) => callScript(skeleton, method, args);
    const read = (method: string, ...args: ScriptArg[]) =>
      world.network.read(skeleton, method, args);
    const asks = (contract = skeleton) =>
      callScript(contract, 'ask', [utf8('{"url":"https://x.org"}'), utf8(''), MAX_FEE]);
    const isPending = async (id: bigint) => asBoolean(await read('isPending', id), 'isPending');
    const answerOf = async (id: bigint | number, contract = skeleton) => {
      const item = await world.network.read(contract, 'answerOf', [id]);
      if (isNull(item)) return null;
      assert.ok('items' in item && item.items?.length === 2);
      const [code, result] = item.items;
      assert.ok(code && result);
      return [asInteger(code, 'code'), asBytes(result, 'result')];
    };

    it('turns GAS into credit, and gives it back to its owner alone', async () => {
      const { user } = world.accounts;
      const payment = callScript(GAS_TOKEN, 'transfer', [
        user.hash,
        skeleton,
        parseGas('50'),
        null,
      ]);
      await world.run(user, assertScript(payment));
      const withdrawal = call('withdrawCredit', parseGas('1'));
      const before = await readValue(world.network.rpc, gasBalance(skeleton));
      await refuses(world.network, user, withdrawal, 'the witness of the owner is missing');
      await world.run(world.owner, withdrawal);
      assert.equal((await balanceOf(world, skeleton)).credit, parseGas('49'));
      assert.equal(await readValue(world.network.rpc, gasBalance(skeleton)), before);
      const forged = call('onNEP17Payment', user.hash, 1, null);
      await refuses(world.network, user, forged, 'only GAS can be taken');
    });

    it('lets nobody but its owner ask, and nobody but the gateway answer', async () => {
      const { network, owner, node, accounts } = world;
      await refuses(network, accounts.user, asks(), 'the witness of the owner is missing');
      const { id } = requestIn(world, await world.run(owner, asks()));
      assert.equal(await isPending(id), true);
      const forged = call('onAnswer', id, null, 0, utf8('forged'));
      for (const account of [owner, node, accounts.user]) {
        await refuses(network, account, forged, 'the caller is not the gateway');
      }
      const given = [answer(id, { result: utf8('true') })];
      const applied = await world.run(...answered(world, given));
      assert.equal(responsesIn(world, applied)[0]?.delivered, true);
      assert.deepEqual(await answerOf(id), [0n, utf8('true')]);
      assert.equal(await isPending(id), false);
    });

    it('takes every code without throwing', async () => {
      const codes = Object.values(ResponseCode).filter((code) => code !== ResponseCode.Success);
      assert.equal(codes.length, 9);
      const asked = await world.runAll(codes.map(() => [world.owner, asks()]));
      const given = codes.map((code, at) => {
        const { id } = requestIn(world, asked[at] ?? assert.fail('not asked'));
        return answer(id, { code });
      });
      for (const { requestId } of given) assert.equal(await answerOf(requestId), null);
      const applied = await world.run(...answered(world, given));
      const delivered = responsesIn(world, applied).map((response) => response.delivered);
      assert.deepEqual(delivered, Array(codes.length).fill(true));
      for (const { requestId, code } of given) {
        assert.deepEqual(await answerOf(requestId), [BigInt(code), Buffer.alloc(0)]);
      }
    });

    it('fetches an answer that was kept, once', async () => {
      const { network, owner, accounts } = world;
      const { id } = requestIn(world, await world.run(owner, asks()));
      const given = [answer(id, { result: utf8('late'), deliver: false })];
      await world.run(...answered(world, given));
      const fetched = call('takeKept', id);
      await refuses(network, accounts.user, fetched, 'the witness of the owner is missing');
      await world.run(owner, fetched);
      assert.deepEqual(await answerOf(id), [0n, utf8('late')]);
      await refuses(network, owner, fetched, 'this id has no answer to come');
    });

    it('takes an answer once however often it is delivered, and none that it did not ask for', async () => {
      const { owner } = world;
      const deliver = (id: number, result: string, times: number) =>
        callScript(twice, 'deliver', [deceived, utf8('onAnswer'), id, 0, utf8(result), times]);
      const unasked = await world.run(owner, deliver(7, 'unasked', 1));
      assert.deepEqual(unasked.notifications, []);
      await world.run(owner, asks(deceived));
      const first = await world.run(owner, deliver(7, 'first', 3));
      assert.deepEqual(
        first.notifications.map(({ name }) => name),
        ['Answered'],
      );
      const second = await world.run(owner, deliver(7, 'second', 1));
      assert.deepEqual(second.notifications, []);
      assert.deepEqual(await answerOf(7, deceived), [0n, utf8('first')]);
    });
  });
}
