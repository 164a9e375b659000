import assert from 'node:assert/strict';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { eventsOf, keptAnswer, responsesTo, storedAnswer } from './answers.js';
import { ask, consumerAsks, consumerAsksAsNative, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { endingsOf } from './chain-history.js';
import { deployHostiles, type Hostile, hostileAsks, modeScript } from './hostile.js';
import { json } from './local-source.js';
import { mustHalt, type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

const LARGE_BYTES = 20_000;
const MIDDLING_BYTES = 1_500;
/** What a transaction may cost here. Keeping a large result needs more: 0.001 GAS a byte. */
const MAX_SYSTEM_FEE = parseGas('3');
/** The policy's minimum of a new gateway. */
const MINIMUM = parseGas('0.35');

describe('a node whose fees are small', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  let quiet: Hostile;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const [contract] = await deployHostiles(fixture, 1);
    quiet = contract as Hostile;
    const { network, owner, source } = fixture;
    await mustHalt(network.send(owner, modeScript(quiet, '')).then(network.applied));
    source.on('/large', json('x'.repeat(LARGE_BYTES)));
    source.on('/middling', json('x'.repeat(MIDDLING_BYTES)));
    const pipeline = { ...fixture.config.pipeline, maxSystemFeeDatoshi: MAX_SYSTEM_FEE };
    running = await startNode({ ...fixture.config, pipeline });
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  const asks = (path: string, maxFee: Datoshi) =>
    consumerAsks(fixture, { spec: specOf(fixture, path), maxFee });
  const answersTo = async (...scripts: Buffer[]) => {
    const { ids } = await ask(fixture, scripts);
    return responsesTo(fixture, running, ids);
  };
  const outcome = ({ code, delivered }: { code: number; delivered: boolean }) => ({
    code,
    delivered,
  });

  it('keeps a result in the inbox when the fee does not cover its delivery', async () => {
    const [response] = await answersTo(asks('/small', MINIMUM));
    assert.ok(response);
    assert.deepEqual(outcome(response), { code: ResponseCode.Success, delivered: false });
    const kept = await keptAnswer(fixture, response.id);
    assert.match(kept?.result.toString('utf8') ?? '', /small/);
    const sent = running.explain(response.id).steps.find(({ what }) => what === 'answer sent');
    assert.match(sent?.why ?? '', /with delivery needs .*maxFee is 0\.35/);
  });

  it('delivers a large result to a callback that keeps none of it', async () => {
    const question = { spec: specOf(fixture, '/large'), maxFee: parseGas('2') };
    const [response] = await answersTo(hostileAsks(fixture, quiet, question, 'quietSafeAnswer'));
    assert.ok(response);
    assert.deepEqual(outcome(response), { code: ResponseCode.Success, delivered: true });
  });

  it('answers InsufficientFunds when the fee pays for no result, by delivery or not', async () => {
    const [dear, cheap] = await answersTo(
      asks('/middling', parseGas('1')),
      asks('/middling', MINIMUM),
    );
    assert.ok(dear && cheap);
    const code = ResponseCode.InsufficientFunds;
    assert.deepEqual(outcome(dear), { code, delivered: true });
    assert.equal((await storedAnswer(fixture, 'httpAnswerOf', dear.id)).code, BigInt(code));
    assert.deepEqual(outcome(cheap), { code, delivered: false });
    assert.equal((await keptAnswer(fixture, cheap.id))?.code, code);
    assert.match(running.explain(dear.id).steps.at(-2)?.why ?? '', /1502 bytes.*maxFee is 1\./);
  });

  it('answers ResponseTooLarge when no transaction may cost what the result does', async () => {
    const [http] = await answersTo(asks('/large', parseGas('50')));
    assert.ok(http);
    assert.deepEqual(outcome(http), { code: ResponseCode.ResponseTooLarge, delivered: true });
    const [native] = await answersTo(
      consumerAsksAsNative(fixture, `${fixture.source.httpsUrl}/large`, '', parseGas('50')),
    );
    assert.equal(native?.code, ResponseCode.ResponseTooLarge);
    const why = running.explain(http.id).steps.find(({ what }) => what === 'answer sent')?.why;
    assert.match(why ?? '', /the limit of one transaction is 3\./);
  });

  it('adds the premium of the policy, and takes it with the fee from maxFee', async () => {
    await setTerms(fixture, { premium: parseGas('0.1') });
    const [dear, cheap] = await answersTo(asks('/premium', parseGas('2')), asks('/kept', MINIMUM));
    await setTerms(fixture, { premium: 0n });
    assert.equal(dear?.premium, parseGas('0.1'));
    assert.ok(dear.delivered);
    assert.ok(cheap && cheap.fee + cheap.premium <= MINIMUM);
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('lets a request expire that no answer can be paid for, tells why, and refunds it', async () => {
    const { network, gateway, consumer } = fixture;
    await setTerms(fixture, { minimum: 0n, lifetime: 30 });
    const reads = gatewayReads(gateway);
    const credit = await readContract(network.rpc, reads.creditOf(consumer));
    const { ids } = await ask(fixture, [asks('/a', parseGas('0.05')), asks('/b', 1n)]);
    await running.until('given up', () => ids.every((id) => running.find(id)?.state === 'stuck'));
    for (const id of ids) {
      assert.match(running.explain(id).reason, /maxFee pays for no answer: .* needs .*maxFee is/);
      assert.match(running.explain(id).next, /after block \d+ the payer is refunded/);
    }
    await running.untilEnded(ids);
    const endings = endingsOf(await eventsOf(fixture));
    for (const id of ids) {
      assert.deepEqual(
        endings.get(id)?.map(({ name }) => name),
        ['Expired'],
      );
      assert.equal(running.explain(id).state, 'expired');
      assert.match(running.explain(id).reason, /refunded/);
    }
    assert.equal(await readContract(network.rpc, reads.creditOf(consumer)), credit);
    await assertBooksMatchChain(network, gateway, running.db);
  });

  it('refunds what its source kept waiting beyond the deadline, and what expired meanwhile', async () => {
    const { network, gateway, source, owner } = fixture;
    await setTerms(fixture, { minimum: MINIMUM, lifetime: 20 });
    const release = source.hold();
    const { ids, applied } = await ask(fixture, [
      asks('/slow/1', parseGas('2')),
      asks('/slow/2', parseGas('2')),
    ]);
    await network.waitForBlock(applied.blockIndex + 20);
    // Anybody may refund: the node loses nothing by it.
    await network.invoke(owner, gateway, 'expire', [[ids[0] ?? 0n]]);
    await running.untilEnded(ids);
    release();
    const endings = endingsOf(await eventsOf(fixture));
    for (const id of ids)
      assert.deepEqual(
        endings.get(id)?.map(({ name }) => name),
        ['Expired'],
      );
    await assertBooksMatchChain(network, gateway, running.db);
    await setTerms(fixture, { lifetime: 1_000 });
    const [late] = await answersTo(asks('/after', parseGas('2')));
    assert.equal(late?.delivered, true, 'the node goes on');
  });
});
