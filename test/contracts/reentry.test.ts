import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicyArgs } from './gateway-world.js';
import { calling, setMode } from './hostile.js';
import {
  answer,
  answered,
  askedBy,
  askedByContract,
  httpArgs,
  idsOf,
  MAX_FEE,
  responsesIn,
} from './requests.js';

describe('a callback that calls the gateway', () => {
  let world: GatewayWorld<'user', 'culprit' | 'neighbour' | 'sponsor'>;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user'],
      contracts: ['culprit', 'neighbour', 'sponsor'],
    });
    const { contracts, owner } = world;
    const modes = Object.values(contracts).map((each) => setMode(each, ''));
    await world.run(owner, Buffer.concat(modes));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const resultOf = (id: bigint) => readContract(world.network.rpc, world.reads.resultOf(id));
  const requestOf = (id: bigint) => readContract(world.network.rpc, world.reads.requestOf(id));
  const pendingCount = () => readContract(world.network.rpc, world.reads.pendingCount());
  const culpritCalls = (
    mode: 'call' | 'tryCall' | 'callTwice' | 'callThenThrow',
    method: string,
    ...args: ScriptArg[]
  ) => world.run(world.owner, calling(world.contracts.culprit, mode, world.gateway, method, args));
  /** Neighbour, culprit and neighbour ask and are answered in one transaction. */
  const bothAsk = () =>
    idsOf(world, [
      askedByContract(world, world.contracts.neighbour),
      askedByContract(world, world.contracts.culprit),
      askedByContract(world, world.contracts.neighbour),
    ]);
  /** They are asked in transactions of their own, whose order in a block is the chain's. */
  const idAfter = (ids: readonly bigint[]): bigint =>
    ids.reduce((last, id) => (id > last ? id : last), 0n) + 1n;
  const respond = async (ids: readonly bigint[]) => {
    const answers = ids.map((id) => answer(id));
    const applied = await world.run(...answered(world, answers));
    const responses = responsesIn(world, applied);
    assert.deepEqual(
      responses.map(({ id }) => id),
      ids,
    );
    return { events: eventsOf(world, applied), responses, applied };
  };
  const delivered = async (ids: readonly bigint[]) =>
    (await respond(ids)).responses.map((each) => each.delivered);

  it('may ask again: the new request is pending, and the books of the old one are right', async () => {
    const { culprit } = world.contracts;
    await culpritCalls('call', 'requestHttp', ...httpArgs({ callback: 'onAnswer' }));
    const ids = await bothAsk();
    const before = await balanceOf(world, culprit);
    const count = await pendingCount();
    const { events, responses } = await respond(ids);
    assert.deepEqual(
      responses.map((each) => each.delivered),
      [true, true, true],
    );
    const [request] = events;
    assert.ok(request?.name === 'HttpRequest');
    assert.equal(request.id, idAfter(ids));
    assert.equal(request.requester, culprit);
    assert.ok(await requestOf(request.id));
    const after = await balanceOf(world, culprit);
    const { fee = 0n } = responses[1] ?? {};
    assert.equal(after.reserved, before.reserved);
    assert.equal(after.credit, before.credit - fee);
    assert.equal(await pendingCount(), count - 3 + 1);
    await world.run(...answered(world, [answer(request.id, { deliver: false })]));
  });

  it('asks twice, if it wants', async () => {
    await culpritCalls('callTwice', 'requestHttp', ...httpArgs());
    const { events } = await respond(await bothAsk());
    assert.equal(events.filter(({ name }) => name === 'HttpRequest').length, 2);
  });

  it('has asked nothing when it throws afterwards, and its result is kept', async () => {
    const { culprit } = world.contracts;
    await culpritCalls('callThenThrow', 'requestHttp', ...httpArgs());
    const ids = await bothAsk();
    const { reserved } = await balanceOf(world, culprit);
    const count = await pendingCount();
    const { events, responses } = await respond(ids);
    assert.deepEqual(
      responses.map((each) => each.delivered),
      [true, false, true],
    );
    assert.ok(events.every(({ name }) => name === 'Response' || name === 'Earned'));
    assert.equal(await pendingCount(), count - 3);
    assert.equal((await balanceOf(world, culprit)).reserved, reserved - MAX_FEE);
    const next = idAfter(ids);
    assert.equal(await requestOf(next), null);
    assert.deepEqual(await idsOf(world, [askedBy(world, world.accounts.user)]), [next]);
  });

  it('may withdraw all its credit: what was set aside is still there to be charged', async () => {
    const { culprit } = world.contracts;
    const ids = await bothAsk();
    const { credit, reserved } = await balanceOf(world, culprit);
    await culpritCalls('call', 'withdraw', culprit, culprit, credit);
    const { events, responses } = await respond(ids);
    assert.deepEqual(events[0], {
      name: 'Withdrawal',
      account: culprit,
      to: culprit,
      amount: credit,
    });
    const { fee = 0n, delivered: wasDelivered } = responses[1] ?? {};
    assert.ok(fee > 0n && wasDelivered);
    const after = await balanceOf(world, culprit);
    assert.deepEqual(after, {
      credit: MAX_FEE - fee,
      reserved: reserved - MAX_FEE,
      earned: 0n,
    });
    await deposit(culprit);
  });

  it('withdraws no more than its credit, and nothing of what is set aside', async () => {
    const { culprit } = world.contracts;
    const ids = await bothAsk();
    const { credit } = await balanceOf(world, culprit);
    await culpritCalls('call', 'withdraw', culprit, culprit, credit + 1n);
    assert.deepEqual(await delivered(ids), [true, false, true]);
  });

  it('takes no credit of another, and not the earnings of the node', async () => {
    const { culprit, neighbour } = world.contracts;
    const { hash } = world.node;
    for (const [method, account] of [
      ['withdraw', neighbour],
      ['withdraw', hash],
      ['collect', hash],
    ] as const) {
      await culpritCalls('call', method, account, culprit, 1n);
      assert.deepEqual(await delivered(await bothAsk()), [true, false, true], method);
    }
  });

  it('would collect the earnings of a node that signs with a wider scope than CalledByEntry', async () => {
    const { network, node, contracts, calls } = world;
    await culpritCalls('call', 'collect', node.hash, contracts.culprit, 1n);
    const ids = await bothAsk();
    const script = calls.respond(ids.map((id) => answer(id)));
    const ran = await network.trial(node, script, { scope: 'Global' });
    assert.ok(ran.notifications.some(({ name }) => name === 'Collected'));
    await respond(ids);
  });

  it('does not answer, for itself or others', async () => {
    const ids = await bothAsk();
    const forged = ids.map((id) => [id, 0, utf8('forged'), false, null]);
    for (const mode of ['call', 'tryCall'] as const) {
      await culpritCalls(mode, 'respond', forged);
      const [first = 0n, ...rest] = mode === 'call' ? ids : await bothAsk();
      assert.deepEqual(await delivered([first, ...rest]), [true, mode === 'tryCall', true]);
      assert.equal(await resultOf(first), null);
    }
  });

  it('expires nothing before its time, neither itself nor its neighbours', async () => {
    const ids = await bothAsk();
    await culpritCalls('call', 'expire', ids);
    const { events, responses } = await respond(ids);
    assert.ok(events.every(({ name }) => name !== 'Expired'));
    assert.ok(responses.every((each) => each.delivered));
  });

  it('redelivers nothing that the same transaction kept, but may take it', async () => {
    const { culprit } = world.contracts;
    const asks = () =>
      idsOf(world, [askedByContract(world, culprit), askedByContract(world, culprit)]);
    const keepThenCall = async (method: string) => {
      const [kept = 0n, calls = 0n] = await asks();
      await culpritCalls('call', method, kept);
      const answers = [answer(kept, { deliver: false }), answer(calls)];
      const applied = await world.run(...answered(world, answers));
      return { kept, delivered: responsesIn(world, applied)[1]?.delivered };
    };
    const redelivered = await keepThenCall('redeliver');
    assert.equal(redelivered.delivered, false);
    assert.ok(await resultOf(redelivered.kept));
    const taken = await keepThenCall('takeResult');
    assert.equal(taken.delivered, true);
    assert.equal(await resultOf(taken.kept), null);
  });

  it('may change its sponsorship: what is given back no longer counts for the old allowance', async () => {
    const { culprit, sponsor } = world.contracts;
    const { owner, gateway, reads, network } = world;
    const allowance = parseGas('5');
    const { credit } = await balanceOf(world, culprit);
    await world.runAll([
      [owner, world.callBy(sponsor, 'sponsor', culprit, MAX_FEE, allowance)],
      [owner, world.callBy(culprit, 'acceptSponsor', sponsor)],
      [owner, world.callBy(culprit, 'withdraw', culprit, culprit, credit)],
    ]);
    const sponsorship = () => readContract(network.rpc, reads.sponsorshipOf(sponsor, culprit));
    const askAndAnswer = async () => {
      const ids = await bothAsk();
      assert.equal((await requestOf(ids[1] ?? 0n))?.payer, sponsor);
      const { responses } = await respond(ids);
      assert.equal(responses[1]?.delivered, true);
      return responses[1]?.fee ?? 0n;
    };
    await world.run(owner, setMode(culprit, ''));
    const fee = await askAndAnswer();
    assert.equal((await sponsorship()).allowance, allowance - fee);
    const again = [gateway, utf8('sponsor'), [culprit, MAX_FEE, parseGas('3')]];
    await world.run(owner, calling(culprit, 'call', sponsor, 'call', again));
    await askAndAnswer();
    assert.equal((await sponsorship()).allowance, parseGas('3'));
    await world.run(owner, world.callBy(culprit, 'acceptSponsor', null));
    await deposit(culprit);
  });

  it('changes, if it is the owner, nothing for the answers of its own transaction', async () => {
    const { owner, node, network, reads } = world;
    const { culprit } = world.contracts;
    await world.run(owner, world.call('transferOwnership', culprit));
    await world.run(owner, world.callBy(culprit, 'acceptOwnership'));
    const ids = await bothAsk();
    const earned = (await balanceOf(world, node.hash)).earned;
    await culpritCalls('call', 'revokeNodeAccount');
    const { events, responses } = await respond(ids);
    assert.ok(events.some(({ name }) => name === 'NodeAccountRevoked'));
    assert.ok(responses.every((each) => each.delivered));
    const sum = responses.reduce((total, { fee }) => total + fee, 0n);
    assert.equal((await balanceOf(world, node.hash)).earned, earned + sum);
    assert.equal(await readContract(network.rpc, reads.nodeAccount()), null);
    await world.run(owner, world.callBy(culprit, 'proposeNodeAccount', node.hash));
    await world.run(node, world.call('acceptNodeAccount', 0));
    const next = await bothAsk();
    const dear = setPolicyArgs({ premiums: Array<bigint>(6).fill(parseGas('9')) });
    await culpritCalls('call', 'setPolicy', ...dear);
    const { responses: cheap } = await respond(next);
    assert.ok(cheap.every(({ premium }) => premium === 0n));
    const last = await bothAsk();
    await culpritCalls('call', 'pause', true);
    assert.deepEqual(await delivered(last), [true, true, true]);
    assert.equal(await readContract(network.rpc, reads.isPaused()), true);
  });

  const deposit = async (account: Hash160) => {
    const { owner, calls } = world;
    await world.run(owner, calls.deposit(owner.hash, parseGas('50'), account));
  };
});
