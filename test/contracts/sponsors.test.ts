import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, type Step } from './gateway-world.js';
import { setMode } from './hostile.js';
import { refused, refuses } from './refusals.js';
import {
  answer,
  answered,
  askedByContract,
  httpArgs,
  idsOf,
  MAX_FEE,
  requestIn,
  responsesIn,
} from './requests.js';

const ALLOWANCE = parseGas('10');
const NOBODY = hash160(`0x${'33'.repeat(20)}`);

describe('a sponsor', () => {
  let world: GatewayWorld<'sponsor' | 'second' | 'user', 'poor' | 'rich'>;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['sponsor', 'second', 'user'],
      contracts: ['poor', 'rich'],
    });
    const { poor, rich } = world.contracts;
    const { credit } = await balanceOf(world, poor);
    await world.runAll([
      [world.owner, Buffer.concat([setMode(poor, ''), setMode(rich, '')])],
      // A little is left, which is never enough.
      [world.owner, world.callBy(poor, 'withdraw', poor, poor, credit - 1_000n)],
    ]);
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const sponsors = (
    requester: Hash160,
    allowance = ALLOWANCE,
    maxFeePerRequest = MAX_FEE,
    by: 'sponsor' | 'second' = 'sponsor',
  ): Step => [world.accounts[by], world.calls.sponsor(requester, maxFeePerRequest, allowance)];
  const accepts = (payer: Hash160 | null): Step => [
    world.owner,
    world.callBy(world.contracts.poor, 'acceptSponsor', payer),
  ];
  const asks = (maxFee = MAX_FEE): Step => askedByContract(world, world.contracts.poor, { maxFee });
  const refusesToAsk = async (refusal: string, maxFee = MAX_FEE) => {
    const [sender, script] = asks(maxFee);
    await refuses(world.network, sender, script, refusal);
  };
  const sponsorship = (by: 'sponsor' | 'second' = 'sponsor') =>
    readContract(
      world.network.rpc,
      world.reads.sponsorshipOf(world.accounts[by].hash, world.contracts.poor),
    );
  const balance = (by: 'sponsor' | 'second' = 'sponsor') =>
    balanceOf(world, world.accounts[by].hash);
  const setUp = async (allowance = ALLOWANCE, maxFeePerRequest = MAX_FEE) => {
    const { poor } = world.contracts;
    await world.runAll([
      sponsors(poor, allowance, maxFeePerRequest),
      accepts(world.accounts.sponsor.hash),
    ]);
  };

  it('is neither given nor taken without both', async () => {
    const { sponsor } = world.accounts;
    const { poor } = world.contracts;
    await refusesToAsk("the requester's credit is below maxFee, and it accepted no sponsor");
    const accepted = await world.run(...accepts(sponsor.hash));
    assert.deepEqual(eventsOf(world, accepted), [
      { name: 'SponsorAccepted', requester: poor, payer: sponsor.hash },
    ]);
    const never = 'the accepted sponsor never sponsored it';
    await refusesToAsk(`the requester's credit is below maxFee, and ${never}`);
    assert.deepEqual(await sponsorship(), { maxFeePerRequest: 0n, allowance: 0n });
    const applied = await world.run(...sponsors(poor));
    assert.deepEqual(eventsOf(world, applied), [
      {
        name: 'Sponsored',
        payer: sponsor.hash,
        requester: poor,
        maxFeePerRequest: MAX_FEE,
        allowance: ALLOWANCE,
      },
    ]);
    const accepts_ = world.reads.sponsorOf(poor);
    assert.equal(await readContract(world.network.rpc, accepts_), sponsor.hash);
    const request = requestIn(world, await world.run(...asks()));
    assert.deepEqual([request.requester, request.payer], [poor, sponsor.hash]);
  });

  it('pays what is charged, gets back the rest, and its allowance with it', async () => {
    await setUp();
    const before = await balance();
    const [id = 0n] = await idsOf(world, [asks()]);
    const reserved = await balance();
    assert.deepEqual(
      [reserved.credit, reserved.reserved],
      [before.credit - MAX_FEE, before.reserved + MAX_FEE],
    );
    assert.equal((await sponsorship()).allowance, ALLOWANCE - MAX_FEE);
    const applied = await world.run(...answered(world, [answer(id)]));
    const [response] = responsesIn(world, applied);
    assert.ok(response?.delivered);
    assert.equal(response.payer, world.accounts.sponsor.hash);
    const after = await balance();
    assert.deepEqual(
      [after.credit, after.reserved],
      [before.credit - response.fee, before.reserved],
    );
    assert.equal((await sponsorship()).allowance, ALLOWANCE - response.fee);
    assert.equal((await balanceOf(world, world.contracts.poor)).credit, 1_000n);
  });

  it('pays only where the own credit of the requester does not suffice', async () => {
    const { rich } = world.contracts;
    const { sponsor } = world.accounts;
    await world.runAll([
      sponsors(rich),
      [world.owner, world.callBy(rich, 'acceptSponsor', sponsor.hash)],
    ]);
    const request = requestIn(world, await world.run(...askedByContract(world, rich)));
    assert.equal(request.payer, rich);
    const { credit } = await balanceOf(world, rich);
    await world.run(world.owner, world.callBy(rich, 'withdraw', rich, rich, credit - MAX_FEE + 1n));
    const second = requestIn(world, await world.run(...askedByContract(world, rich)));
    assert.equal(second.payer, sponsor.hash);
  });

  it('pays for nobody else, and nothing above its limit for a request', async () => {
    await setUp();
    const above = "maxFee is above the sponsor's limit for a request";
    await refusesToAsk(above, MAX_FEE + 1n);
    const { user } = world.accounts;
    const { credit } = await balanceOf(world, user.hash);
    await world.run(user, world.calls.withdraw(user.hash, user.hash, credit));
    const script = world.call('requestHttp', ...httpArgs());
    const refusal = "the requester's credit is below maxFee, and it accepted no sponsor";
    await refuses(world.network, user, script, refusal);
    await world.run(world.owner, world.calls.deposit(world.owner.hash, credit, user.hash));
  });

  it('pays up to its allowance, which is set by sponsor and not added to', async () => {
    const refusal = "maxFee is above what is left of the sponsor's allowance";
    await setUp(2n * MAX_FEE);
    await setUp(2n * MAX_FEE);
    assert.equal((await sponsorship()).allowance, 2n * MAX_FEE);
    await world.runAll([asks(), asks()]);
    await refusesToAsk(refusal);
    refused(await world.attempt(asks()[0], asks()[1], { systemFee: parseGas('1') }), refusal);
    await setUp(MAX_FEE);
    assert.equal((await sponsorship()).allowance, MAX_FEE);
    await world.run(...asks());
    await refusesToAsk(refusal);
  });

  it('pays no more than its credit', async () => {
    const { second } = world.accounts;
    const huge = (1n << 63n) - 1n;
    const { credit } = await balance('second');
    await world.runAll([
      sponsors(world.contracts.poor, huge, huge, 'second'),
      accepts(second.hash),
    ]);
    const refusal = "the requester's credit is below maxFee, and so is the sponsor's";
    await refusesToAsk(refusal, credit + 1n);
    await refusesToAsk(refusal, huge);
    const [id = 0n] = await idsOf(world, [asks(credit)]);
    assert.deepEqual(await balance('second'), { credit: 0n, reserved: credit, earned: 0n });
    assert.equal((await sponsorship('second')).allowance, huge - credit);
    const applied = await world.run(...answered(world, [answer(id)]));
    const [response] = responsesIn(world, applied);
    assert.equal((await sponsorship('second')).allowance, huge - (response?.fee ?? 0n));
  });

  it('loses nothing of its allowance when the requester catches a refusal', async () => {
    const { second } = world.accounts;
    const { poor } = world.contracts;
    const { credit } = await balance('second');
    await world.runAll([
      sponsors(poor, 10n * credit, 10n * credit, 'second'),
      accepts(second.hash),
    ]);
    // What is asked for is within the allowance, but not within the credit.
    const args = [world.gateway, utf8('requestHttp'), httpArgs({ maxFee: credit + 1n })];
    const caught = callScript(poor, 'tryCall', args);
    const options = { systemFee: parseGas('1') };
    const applied = await world.run(world.owner, caught, options);
    assert.deepEqual(applied.stack, [{ type: 'Boolean', value: false }]);
    assert.deepEqual(eventsOf(world, applied), []);
    assert.equal((await sponsorship('second')).allowance, 10n * credit);
    assert.equal((await balance('second')).credit, credit);
  });

  it('that revokes pays for what it has set aside, and for nothing after', async () => {
    await setUp();
    const [id = 0n] = await idsOf(world, [asks()]);
    const before = await balance();
    await world.run(...sponsors(world.contracts.poor, 0n));
    assert.deepEqual(await balance(), before);
    await refusesToAsk("maxFee is above what is left of the sponsor's allowance");
    const applied = await world.run(...answered(world, [answer(id)]));
    const [response] = responsesIn(world, applied);
    const after = await balance();
    assert.equal(after.credit, before.credit + MAX_FEE - (response?.fee ?? 0n));
    // The refund restores no allowance: sponsor was called since.
    assert.equal((await sponsorship()).allowance, 0n);
    await refusesToAsk("maxFee is above what is left of the sponsor's allowance");
  });

  it('that sets a new allowance has that, whatever is given back of the old', async () => {
    await setUp();
    const [id = 0n] = await idsOf(world, [asks()]);
    await world.run(...sponsors(world.contracts.poor, parseGas('3')));
    await world.run(...answered(world, [answer(id)]));
    assert.equal((await sponsorship()).allowance, parseGas('3'));
    const [next = 0n] = await idsOf(world, [asks()]);
    const applied = await world.run(...answered(world, [answer(next)]));
    const [response] = responsesIn(world, applied);
    assert.equal((await sponsorship()).allowance, parseGas('3') - (response?.fee ?? 0n));
  });

  it('is replaced by the next one that is accepted, but pays for what was asked before', async () => {
    const { sponsor, second } = world.accounts;
    await setUp();
    await world.run(world.owner, world.calls.deposit(world.owner.hash, ALLOWANCE, second.hash));
    const [first = 0n] = await idsOf(world, [asks()]);
    const before = await balance();
    await world.runAll([
      sponsors(world.contracts.poor, ALLOWANCE, MAX_FEE, 'second'),
      accepts(second.hash),
    ]);
    const [other = 0n] = await idsOf(world, [asks()]);
    const applied = await world.run(...answered(world, [answer(first), answer(other)]));
    const payers = responsesIn(world, applied).map(({ payer }) => payer);
    assert.deepEqual(payers, [sponsor.hash, second.hash]);
    assert.equal((await balance()).reserved, before.reserved - MAX_FEE);
  });

  it('is accepted no more when null is', async () => {
    await setUp();
    const { poor } = world.contracts;
    const applied = await world.run(...accepts(null));
    assert.deepEqual(eventsOf(world, applied), [
      { name: 'SponsorAccepted', requester: poor, payer: null },
    ]);
    assert.equal(await readContract(world.network.rpc, world.reads.sponsorOf(poor)), null);
    await refusesToAsk("the requester's credit is below maxFee, and it accepted no sponsor");
  });

  it('cannot be named by another than itself, nor accepted by another than the requester', async () => {
    const { user } = world.accounts;
    const applied = await world.run(user, world.calls.sponsor(NOBODY, 1n, 1n));
    const [event] = eventsOf(world, applied);
    assert.ok(event?.name === 'Sponsored' && event.payer === user.hash);
    const accepted = await world.run(user, world.calls.acceptSponsor(NOBODY));
    const [acceptance] = eventsOf(world, accepted);
    assert.ok(acceptance?.name === 'SponsorAccepted' && acceptance.requester === user.hash);
  });

  it('may be a contract, for an account', async () => {
    const { rich } = world.contracts;
    const { user } = world.accounts;
    await world.runAll([
      [world.owner, world.callBy(rich, 'sponsor', user.hash, MAX_FEE, MAX_FEE)],
      [world.owner, world.calls.deposit(world.owner.hash, ALLOWANCE, rich)],
      [user, world.calls.acceptSponsor(rich)],
    ]);
    const { credit } = await balanceOf(world, user.hash);
    await world.run(user, world.calls.withdraw(user.hash, user.hash, credit));
    const applied = await world.run(user, world.call('requestHttp', ...httpArgs()));
    assert.equal(requestIn(world, applied).payer, rich);
  });

  it('is not taken on while the gateway is paused, but let go', async () => {
    await setUp();
    const { sponsor, user } = world.accounts;
    await world.run(world.owner, world.calls.pause(true));
    const [, sponsoring] = sponsors(world.contracts.poor);
    const taken = 'the gateway is paused: it takes no new sponsorships';
    await refuses(world.network, sponsor, sponsoring, taken);
    const accepted = 'the gateway is paused: no sponsor can be accepted';
    await refuses(world.network, user, world.calls.acceptSponsor(sponsor.hash), accepted);
    await world.runAll([sponsors(world.contracts.poor, 0n), accepts(null)]);
    assert.equal((await sponsorship()).allowance, 0n);
    await world.run(world.owner, world.calls.pause(false));
  });
});
