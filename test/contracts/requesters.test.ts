import assert from 'node:assert/strict';
import { readContract as readBuild } from '../../scripts/devnet/contracts.js';
import { hashToLittleEndian } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asBytes, asInteger, asItems } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf } from './books.js';
import { type GatewayWorld, gatewayWorld, renamed } from './gateway-world.js';
import { calling, setMode } from './hostile.js';
import { refuses } from './refusals.js';
import { answer, answered, askedByContract, idsOf, MAX_FEE, responsesIn } from './requests.js';

const NAMES = ['throws', 'throwsArray', 'destroyed', 'suicidal', 'updated', 'victim', 'neighbour'];

describe('a requester', () => {
  let world: GatewayWorld<never, (typeof NAMES)[number]>;
  const contract = (name: string) => world.contracts[name] ?? assert.fail(name);
  before(async () => {
    world = await gatewayWorld({ contracts: NAMES });
    const modes = NAMES.map((name) => setMode(contract(name), ''));
    await world.run(world.owner, Buffer.concat(modes));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const resultOf = (id: bigint) => readContract(world.network.rpc, world.reads.resultOf(id));
  const timesCalled = async (name: string) =>
    asInteger(await world.network.read(contract(name), 'count'), 'count');
  const asks = (...names: string[]) =>
    idsOf(
      world,
      names.map((name) => askedByContract(world, contract(name))),
    );
  const responds = async (...ids: bigint[]) => {
    const answers = ids.map((id) => answer(id, { result: utf8('[1]') }));
    const applied = await world.run(...answered(world, answers));
    const responses = responsesIn(world, applied);
    assert.equal(responses.length, ids.length);
    return { applied, delivered: responses.map(({ delivered }) => delivered) };
  };

  for (const mode of ['throws', 'throwsArray'] as const) {
    it(`whose callback ${mode} keeps its result, and what the callback did is undone`, async () => {
      await world.run(world.owner, setMode(contract(mode), mode.replace('throws', 'throw')));
      const [before = 0n, culprit = 0n, after = 0n] = await asks('neighbour', mode, 'neighbour');
      const called = await timesCalled('neighbour');
      const { delivered } = await responds(before, culprit, after);
      assert.deepEqual(delivered, [true, false, true]);
      assert.equal(await timesCalled('neighbour'), called + 2n);
      assert.equal(await timesCalled(mode), 0n);
      assert.equal((await resultOf(culprit))?.result.toString(), '[1]');
      assert.equal(await resultOf(before), null);
    });
  }

  it('that is destroyed before the answer has it kept, and drops nobody else', async () => {
    const [id = 0n, other = 0n] = await asks('destroyed', 'neighbour');
    await world.run(world.owner, callScript(contract('destroyed'), 'destroy', []));
    const reserved = await balanceOf(world, contract('destroyed'));
    assert.equal(reserved.reserved, MAX_FEE);
    const { delivered } = await responds(id, other);
    assert.deepEqual(delivered, [false, true]);
    assert.equal((await balanceOf(world, contract('destroyed'))).reserved, 0n);
    const refusal = 'the requester has no such callback with 4 parameters';
    await world.network.waitForBlock((await resultOf(id))?.answered ?? 0);
    await refuses(world.network, world.owner, world.calls.redeliver(id), refusal);
  });

  it('that destroys itself in its callback has had its answer', async () => {
    await world.run(world.owner, setMode(contract('suicidal'), 'destroy'));
    const [id = 0n, second = 0n, other = 0n] = await asks('suicidal', 'suicidal', 'neighbour');
    const { delivered } = await responds(id, second, other);
    assert.deepEqual(delivered, [true, false, true]);
    assert.equal((await balanceOf(world, contract('suicidal'))).reserved, 0n);
    assert.ok(await resultOf(second));
  });

  it('that another callback of the same transaction destroys has its answer kept', async () => {
    const { owner } = world;
    await world.run(
      owner,
      calling(contract('neighbour'), 'call', contract('victim'), 'destroy', []),
    );
    const [killer = 0n, victim = 0n] = await asks('neighbour', 'victim');
    const { delivered } = await responds(killer, victim);
    assert.deepEqual(delivered, [true, false]);
    await world.run(owner, setMode(contract('neighbour'), ''));
  });

  it('that is updated is answered by its new code, or keeps the result if that has no callback', async () => {
    const { owner, gateway } = world;
    const target = contract('updated');
    const steps = ['quietSafeAnswer', 'onHttpAnswer'].map((callback) =>
      askedByContract(world, target, { callback }),
    );
    const [gone = 0n, added = 0n] = await idsOf(world, steps);
    // The example consumer's code, under the old name; its storage as that code would have it.
    const { nef, manifest } = renamed(await readBuild('consumer'), 'updated');
    const put = (key: Buffer, value: Buffer) => callScript(target, 'setStorage', [key, value]);
    await world.run(
      owner,
      Buffer.concat([
        put(utf8('g'), hashToLittleEndian(gateway)),
        put(utf8(`ph${added}`), Buffer.from([1])),
        callScript(target, 'update', [nef, utf8(manifest)]),
      ]),
    );
    const { delivered } = await responds(gone, added);
    assert.deepEqual(delivered, [false, true]);
    const answerOf = await world.network.read(target, 'httpAnswerOf', [added]);
    const [id, , result] = asItems(answerOf, 'answer', 3);
    assert.ok(id && result);
    assert.equal(asInteger(id, 'id'), added);
    assert.equal(asBytes(result, 'result').toString(), '[1]');
    assert.ok(await resultOf(gone));
  });
});
