import assert from 'node:assert/strict';
import type { AppliedTransaction } from '../../scripts/devnet/private-chain.js';
import { systemClock } from '../../src/base/clock.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import type { GatewayAnswer } from '../../src/chain/gateway-calls.js';
import { createPreflight, type Preflight } from '../../src/chain/preflight.js';
import { utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf } from './books.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { setMode } from './hostile.js';
import { answer, answered, askedByContract, idsOf, responsesIn } from './requests.js';

const SYSTEM_FEE = parseGas('2');
const MAX_FEE = parseGas('10');

describe('a callback that is clean on trial but not in the block', () => {
  let world: GatewayWorld<never, 'culprit' | 'neighbour'>;
  before(async () => {
    world = await gatewayWorld({
      contracts: ['culprit', 'neighbour'],
      credit: parseGas('200'),
    });
    await world.run(world.owner, setMode(world.contracts.neighbour, ''));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  /** Both ask; the neighbour's id comes first. */
  const bothAsk = async (mode: string, number: bigint | number = 0): Promise<bigint[]> => {
    const { owner, contracts } = world;
    await world.run(owner, setMode(contracts.culprit, mode, number));
    return idsOf(world, [
      askedByContract(world, contracts.neighbour, { maxFee: MAX_FEE }),
      askedByContract(world, contracts.culprit, { maxFee: MAX_FEE }),
    ]);
  };
  const respond = (answers: readonly GatewayAnswer[], nonce = 0) =>
    world.attempt(...answered(world, answers, { systemFee: SYSTEM_FEE, nonce }));
  /** Once as a bare script, whose fees look like 0, and once inside the transaction. */
  const preflights = async (answers: readonly GatewayAnswer[], systemFee = SYSTEM_FEE) => {
    const { network, node, calls } = world;
    const draft = {
      script: calls.respond(answers),
      signers: [{ account: node.hash, scope: 'CalledByEntry' as const }],
      systemFee,
      networkFee: parseGas('0.01'),
      nonce: 0,
      validUntilBlock: (await network.height()) + 10,
    };
    const run = (mode: 'auto' | 'portable'): Promise<Preflight> =>
      createPreflight({ rpc: network.rpc, clock: systemClock, mode })(draft);
    const [contained, bare] = await Promise.all([run('auto'), run('portable')]);
    assert.deepEqual([contained.contained, bare.contained], [true, false]);
    return { contained: contained.state, bare: bare.state };
  };
  const timesCalled = async (contract: Hash160) =>
    asInteger(await world.network.read(contract, 'count'), 'count');

  /** The neighbour alone, and the culprit undelivered, who alone pays for the lost transaction. */
  const settle = async (
    [neighbour = 0n, culprit = 0n]: readonly bigint[],
    lost: AppliedTransaction,
  ): Promise<void> => {
    const before = await timesCalled(world.contracts.neighbour);
    const lostTx = lost.txHash;
    const [honest, other] = await Promise.all([
      respond([answer(neighbour)]),
      respond([answer(culprit, { deliver: false, lostTx })]),
    ]);
    const [delivered] = responsesIn(world, honest);
    assert.equal(delivered?.delivered, true);
    assert.deepEqual([delivered?.lost, delivered?.fee], [0n, spentOn(honest)]);
    assert.equal(await timesCalled(world.contracts.neighbour), before + 1n);
    const [kept] = responsesIn(world, other);
    assert.equal(kept?.delivered, false);
    assert.deepEqual([kept?.lost, kept?.fee], [spentOn(lost), spentOn(other)]);
  };

  const faultsInBlock = async (
    ids: readonly bigint[],
    answers: readonly GatewayAnswer[],
  ): Promise<AppliedTransaction> => {
    const { neighbour, culprit } = world.contracts;
    const before = await Promise.all([neighbour, culprit].map((each) => balanceOf(world, each)));
    const applied = await respond(answers, Number(ids[1]));
    assert.equal(applied.state, 'FAULT');
    const after = await Promise.all([neighbour, culprit].map((each) => balanceOf(world, each)));
    assert.deepEqual(after, before);
    for (const id of ids) {
      assert.ok(await readContract(world.network.rpc, world.reads.requestOf(id)), 'pending');
    }
    return applied;
  };

  it('because it sees the system fee: only a trial inside the transaction tells', async () => {
    const ids = await bothAsk('faultInBlock');
    const answers = ids.map((id) => answer(id));
    assert.deepEqual(await preflights(answers), { contained: 'FAULT', bare: 'HALT' });
    await settle(ids, await faultsInBlock(ids, answers));
  });

  it('because it sees how much gas is left: no trial tells', async () => {
    const ids = await bothAsk('faultBelowGas', parseGas('20'));
    const answers = ids.map((id) => answer(id));
    assert.deepEqual(await preflights(answers), { contained: 'HALT', bare: 'HALT' });
    await settle(ids, await faultsInBlock(ids, answers));
  });

  it('because it sees the index of the block: no trial in an earlier one tells', async () => {
    const { network, contracts, owner } = world;
    const ids = await bothAsk('');
    const answers = ids.map((id) => answer(id));
    const from = (await network.height()) + 20;
    await world.run(owner, setMode(contracts.culprit, 'faultFromBlock', from));
    assert.deepEqual(await preflights(answers), { contained: 'HALT', bare: 'HALT' });
    await network.waitForBlock(from - 1);
    await settle(ids, await faultsInBlock(ids, answers));
  });

  it('but throws there: then nothing is lost, and its neighbour is delivered beside it', async () => {
    const ids = await bothAsk('throwInBlock');
    const answers = ids.map((id) => answer(id, { result: utf8('42') }));
    assert.deepEqual(await preflights(answers), { contained: 'HALT', bare: 'HALT' });
    const called = await timesCalled(world.contracts.culprit);
    const applied = await respond(answers);
    assert.deepEqual(
      responsesIn(world, applied).map(({ delivered }) => delivered),
      [true, false],
    );
    assert.equal(await timesCalled(world.contracts.culprit), called);
    const kept = await readContract(world.network.rpc, world.reads.resultOf(ids[1] ?? 0n));
    assert.equal(kept?.result.toString(), '42');
  });

  it('because others answer beside it: stack items are limited for all together', async () => {
    const { contracts } = world;
    const [neighbour = 0n, culprit = 0n] = await bothAsk('stackItems', 1900);
    const many = [...Array(12).keys()].map(() =>
      askedByContract(world, contracts.neighbour, { maxFee: MAX_FEE }),
    );
    const others = (await idsOf(world, many)).map((id) => answer(id));
    const alone = [answer(culprit)];
    assert.deepEqual(await preflights(alone), { contained: 'HALT', bare: 'HALT' });
    const together = [...others, ...alone];
    const all = parseGas('10');
    assert.deepEqual(await preflights(together, all), { contained: 'FAULT', bare: 'FAULT' });
    const [response] = responsesIn(world, await world.run(...answered(world, alone)));
    assert.equal(response?.delivered, true);
    const rest = [...others, answer(neighbour)];
    const applied = await world.run(...answered(world, rest));
    assert.ok(responsesIn(world, applied).every(({ delivered }) => delivered));
  });
});

const spentOn = ({ systemFee, networkFee }: AppliedTransaction): Datoshi => systemFee + networkFee;
