import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import type { AskEvent } from '../../src/chain/gateway-events.js';
import { assertBooks, balanceOf } from './books.js';
import { type GatewayWorld, gatewayWorld, type Step } from './gateway-world.js';
import { setMode } from './hostile.js';
import { newRandomKey, possessionProof, prove } from './random-proofs.js';
import {
  answer,
  answered,
  anyRequestIn,
  askedBy,
  askedByContract,
  functionArgs,
  MAX_RANDOM_FEE,
  randomArgs,
  responsesIn,
} from './requests.js';
import { nextRun, performed, performedIn, registeredBy, upkeepIds } from './upkeeps.js';

/** Of a new gateway (firstMinimum in gateway.abi.json), at Neo's default prices. */
const MINIMUM = parseGas('0.35');
/** firstRandomMinimum. */
const RANDOM_MINIMUM = parseGas('4.8');
const MAX_INT = (1n << 63n) - 1n;

describe('the minimum of a new gateway covers a plain answer that goes alone', () => {
  let world: GatewayWorld<'user', 'asker' | 'sponsored'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'], contracts: ['asker', 'sponsored'] });
    const { asker, sponsored } = world.contracts;
    const { credit } = await balanceOf(world, sponsored);
    const withdraw = world.callBy(sponsored, 'withdraw', sponsored, sponsored, credit);
    await world.runAll([
      [world.owner, world.callBy(asker, 'sponsor', sponsored, MAX_INT, MAX_INT)],
      [world.owner, world.callBy(sponsored, 'acceptSponsor', asker)],
      [world.owner, withdraw],
    ]);
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const coversAnswerOf = (question: Step) => covers(question, MINIMUM, () => Buffer.alloc(0));
  const covers = async (
    question: Step,
    minimum: bigint,
    resultFor: (asked: AskEvent) => Buffer,
  ) => {
    const asked = anyRequestIn(world, await world.run(...question));
    const answers = [answer(asked.id, { deliver: false, result: resultFor(asked) })];
    const { gasConsumed } = await world.network.trial(world.node, world.calls.respond(answers));
    const options = { systemFee: gasConsumed };
    const applied = await world.run(...answered(world, answers, options));
    // A trial tells the system fee exactly: nothing that the gateway stores changes its size.
    assert.equal(applied.gasConsumed, gasConsumed);
    const [response] = responsesIn(world, applied);
    assert.equal(response?.fee, applied.systemFee + applied.networkFee);
    assert.ok(response.fee < minimum, `${response.fee} datoshi`);
  };
  const longest = { maxFee: MINIMUM, userData: Buffer.alloc(508), spec: 'x'.repeat(256) };

  it('the first one, which stores the earnings of its sender', () =>
    coversAnswerOf(askedBy(world, world.accounts.user, { maxFee: MINIMUM })));

  it('of an account', () =>
    coversAnswerOf(askedBy(world, world.accounts.user, { maxFee: MINIMUM })));

  it('of a contract that has much delivered', async () => {
    const { asker } = world.contracts;
    await coversAnswerOf(askedByContract(world, asker, longest, 'request'));
    await coversAnswerOf(askedByContract(world, asker, longest));
    const code = { codeHash: '11'.repeat(32), source: '', uri: 'https://x.org/f.js' };
    await world.run(world.accounts.user, world.calls.registerFunction('f', code));
    const { maxFee, userData } = longest;
    const asked = { args: 'x'.repeat(512), callback: 'onAnswer', maxFee, userData };
    const script = world.callBy(asker, 'requestFunction', ...functionArgs(asked));
    await coversAnswerOf([world.owner, script]);
  });

  it('of a random request, whose proof is verified', async () => {
    const { node, accounts, contracts, owner } = world;
    const key = newRandomKey();
    const possession = possessionProof(world.gateway, key);
    await world.run(node, world.calls.proposeRandomKey(key.publicKey, possession));
    const proof = (asked: AskEvent) => {
      assert.ok(asked.name === 'RandomRequest');
      return prove(key, asked.seed);
    };
    const question = { maxFee: MAX_RANDOM_FEE, seed: Buffer.alloc(64), userData: longest.userData };
    const asks = world.call('requestRandom', ...randomArgs(question));
    await covers([accounts.user, asks], RANDOM_MINIMUM, proof);
    const args = randomArgs({ ...question, callback: 'onAnswer' });
    const delivered = world.callBy(contracts.asker, 'requestRandom', ...args);
    await covers([owner, delivered], RANDOM_MINIMUM, proof);
  });

  it('of one that is sponsored, whose allowance is written back', () =>
    coversAnswerOf(askedByContract(world, world.contracts.sponsored, longest)));

  it('of a run whose target is not called', async () => {
    const { contracts, accounts, network, calls, node } = world;
    const { asker } = contracts;
    await world.run(world.owner, setMode(asker, ''));
    const longestArgs = [Buffer.alloc(491), ...Array<null>(15).fill(null)];
    const on = `on:0x${'11'.repeat(20)}:${'e'.repeat(32)};catchup=10`;
    for (const asked of [
      { trigger: 'every:1' },
      { trigger: 'when:isDue', method: 'sixteen', args: longestArgs },
      { trigger: on, method: 'sixteen', args: longestArgs },
    ]) {
      const maxFee = MINIMUM;
      const [id = 0n] = await upkeepIds(world, [
        registeredBy(world, accounts.user, asker, { maxFee, ...asked }),
      ]);
      const run = await nextRun(world, id, { deliver: false });
      await network.waitForBlock(run.due);
      const { gasConsumed } = await network.trial(node, calls.performUpkeeps([run]));
      const applied = await world.run(...performed(world, [run], { systemFee: gasConsumed }));
      assert.equal(applied.gasConsumed, gasConsumed);
      const [event] = performedIn(world, applied);
      assert.equal(event?.fee, applied.systemFee + applied.networkFee);
      assert.ok(event.fee < MINIMUM, `${event.fee} datoshi`);
    }
  });
});
