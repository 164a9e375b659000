import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import type { AppliedTransaction } from '../../scripts/devnet/private-chain.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import { type Hash256, hash256 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { Opcode } from '../../src/chain/script.js';
import { assertBooks, balanceOf } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { setMode } from './hostile.js';
import { refused, refuses } from './refusals.js';
import {
  answer,
  answered,
  askedBy,
  askedByContract,
  idsOf,
  requestIn,
  responsesIn,
} from './requests.js';

const MAX_FEE = parseGas('5');
const FAULTS = Buffer.from([Opcode.ABORT]);

describe('a claim of lost fees', () => {
  let world: GatewayWorld<'user' | 'other', 'aborts' | 'neighbour'>;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user', 'other'],
      contracts: ['aborts', 'neighbour'],
      credit: parseGas('200'),
    });
    const { aborts, neighbour } = world.contracts;
    const modes = [setMode(aborts, 'abort'), setMode(neighbour, '')];
    await world.run(world.owner, Buffer.concat(modes));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const ask = async () => {
    const { user } = world.accounts;
    const [id = 0n] = await idsOf(world, [askedBy(world, user, { maxFee: MAX_FEE })]);
    return id;
  };
  /** A transaction that faults, marked as one for this request. */
  const lose = async (
    id: bigint,
    {
      sender = world.node,
      systemFee = parseGas('1'),
      networkFee,
    }: { sender?: DevnetAccount; systemFee?: Datoshi; networkFee?: Datoshi } = {},
  ) => {
    const nonce = Number(BigInt.asUintN(32, id));
    const fees = networkFee === undefined ? { systemFee } : { systemFee, networkFee };
    const lost = await world.attempt(sender, FAULTS, { ...fees, nonce });
    assert.equal(lost.state, 'FAULT');
    return lost;
  };
  const spentOn = ({ systemFee, networkFee }: AppliedTransaction) => systemFee + networkFee;
  const claim = (id: bigint, lostTx: Hash256) =>
    world.calls.respond([answer(id, { deliver: false, lostTx })]);
  const refusesClaim = (id: bigint, lostTx: Hash256, refusal: string) =>
    refuses(world.network, world.node, claim(id, lostTx), refusal);

  it('that is true is charged on top of the fee, once, and only of its request', async () => {
    const { aborts, neighbour } = world.contracts;
    const [culprit = 0n, honest = 0n] = await idsOf(world, [
      askedByContract(world, aborts, { maxFee: MAX_FEE }),
      askedByContract(world, neighbour, { maxFee: MAX_FEE }),
    ]);
    const systemFee = parseGas('0.7');
    const lost = await world.attempt(
      ...answered(world, [answer(culprit)], { systemFee, nonce: Number(culprit) }),
    );
    assert.match(lost.exception ?? '', /ABORT/);
    const before = await balanceOf(world, aborts);
    const lostTx = lost.txHash;
    const answers = [answer(honest), answer(culprit, { deliver: false, lostTx })];
    const applied = await world.run(...answered(world, answers));
    const [other, paid] = responsesIn(world, applied);
    assert.ok(other && paid);
    assert.deepEqual([other.lost, paid.lost], [0n, spentOn(lost)]);
    assert.equal(other.fee + paid.fee, spentOn(applied));
    const after = await balanceOf(world, aborts);
    assert.equal(after.credit, before.credit + MAX_FEE - paid.fee - paid.lost);
    assert.deepEqual(eventsOf(world, applied).at(-1), {
      name: 'Earned',
      account: world.node.hash,
      amount: spentOn(applied) + spentOn(lost),
    });
    const again = await world.run(world.node, claim(culprit, lostTx));
    assert.deepEqual(responsesIn(world, again), []);
  });

  it('is made next to a delivery too, when a later attempt succeeds', async () => {
    const { neighbour } = world.contracts;
    const question = askedByContract(world, neighbour, { maxFee: MAX_FEE });
    const [id = 0n] = await idsOf(world, [question]);
    const lost = await lose(id);
    const answers = [answer(id, { lostTx: lost.txHash })];
    const [response] = responsesIn(world, await world.run(...answered(world, answers)));
    assert.deepEqual([response?.delivered, response?.lost], [true, spentOn(lost)]);
  });

  it('counts the network fee up to the ceiling of the policy at the request', async () => {
    const ceiling = 5_000_001n;
    await world.run(world.owner, setPolicy(world, { networkFeeCeiling: ceiling }));
    const id = await ask();
    await world.run(world.owner, setPolicy(world));
    const lost = await lose(id, { networkFee: parseGas('0.4') });
    const [response] = responsesIn(world, await world.run(world.node, claim(id, lost.txHash)));
    assert.equal(response?.lost, lost.systemFee + ceiling);
  });

  it('is charged as far as maxFee reaches, behind the fee and before the premium', async () => {
    const premiums = Array<bigint>(6).fill(parseGas('1'));
    await world.run(world.owner, setPolicy(world, { premiums }));
    const [some, none] = [await ask(), await ask()];
    await world.run(world.owner, setPolicy(world));
    const lost = await lose(some, { systemFee: parseGas('4') });
    const much = await lose(none, { systemFee: parseGas('40') });
    const [first] = responsesIn(world, await world.run(world.node, claim(some, lost.txHash)));
    assert.ok(first);
    assert.equal(first.lost, spentOn(lost));
    assert.equal(first.fee + first.lost + first.premium, MAX_FEE);
    assert.ok(first.premium > 0n && first.premium < parseGas('1'));
    const [second] = responsesIn(world, await world.run(world.node, claim(none, much.txHash)));
    assert.ok(second);
    assert.deepEqual([second.fee + second.lost, second.premium], [MAX_FEE, 0n]);
  });

  it('falls on the sponsor of the request', async () => {
    const { aborts, neighbour } = world.contracts;
    const { owner, network, reads } = world;
    const { credit } = await balanceOf(world, aborts);
    const allowance = parseGas('20');
    await world.runAll([
      [owner, world.callBy(neighbour, 'sponsor', aborts, MAX_FEE, allowance)],
      [owner, world.callBy(aborts, 'acceptSponsor', neighbour)],
      [owner, world.callBy(aborts, 'withdraw', aborts, aborts, credit)],
    ]);
    const [id = 0n] = await idsOf(world, [askedByContract(world, aborts, { maxFee: MAX_FEE })]);
    const lost = await lose(id);
    const before = await balanceOf(world, neighbour);
    const [response] = responsesIn(world, await world.run(world.node, claim(id, lost.txHash)));
    assert.deepEqual([response?.payer, response?.lost], [neighbour, spentOn(lost)]);
    const charged = (response?.fee ?? 0n) + spentOn(lost);
    const after = await balanceOf(world, neighbour);
    assert.equal(before.reserved + before.credit - after.reserved - after.credit, charged);
    const left = await readContract(network.rpc, reads.sponsorshipOf(neighbour, aborts));
    assert.equal(left.allowance, allowance - charged);
  });

  describe('is refused when it is false', () => {
    it('of a transaction that another account sent', async () => {
      const id = await ask();
      const lost = await lose(id, { sender: world.accounts.other });
      const refusal = 'lostTx was sent by another account than this transaction';
      await refusesClaim(id, lost.txHash, refusal);
      // Nor may another account claim what the node lost.
      const mine = await lose(id);
      const options = {
        scope: 'None' as const,
        cosigners: [{ account: world.node, scope: 'CalledByEntry' as const }],
      };
      const { other } = world.accounts;
      await refuses(world.network, other, claim(id, mine.txHash), refusal, options);
      const systemFee = parseGas('1');
      const real = await world.attempt(world.node, claim(id, lost.txHash), { systemFee });
      refused(real, refusal);
      assert.ok(await readContract(world.network.rpc, world.reads.requestOf(id)));
    });

    it('of a transaction that was marked for another request', async () => {
      const id = await ask();
      const lost = await lose(id + 1n);
      const refusal = 'lostTx has a nonce that is not the low 32 bits of the id';
      await refusesClaim(id, lost.txHash, refusal);
    });

    it('of a transaction that did not fault', async () => {
      const id = await ask();
      const nonce = Number(id);
      const halted = await world.run(world.node, world.calls.respond([]), { nonce });
      await refusesClaim(id, halted.txHash, 'lostTx did not fault');
    });

    it('of a transaction that the ledger does not know', async () => {
      const id = await ask();
      const unknown = hash256(`0x${'ab'.repeat(32)}`);
      const refusal = 'lostTx is no transaction that the ledger knows';
      await refusesClaim(id, unknown, refusal);
      // Its own transaction is not on the ledger yet either.
      const prepared = await world.network.prepare(world.node, FAULTS, {
        systemFee: 1n,
        nonce: Number(id),
      });
      await refusesClaim(id, prepared.hash, refusal);
    });

    it('of a transaction in a block before the request, or in the same', async () => {
      const next = (await ask()) + 1n;
      const early = await lose(next);
      const id = await ask();
      assert.equal(id, next);
      const refusal = "lostTx is not in a block after the request's";
      await refusesClaim(id, early.txHash, refusal);
      for (let round = 0, found = false; round < 10 && !found; round++) {
        const last = await ask();
        const [lost, asked] = await Promise.all([
          lose(last + 1n),
          world.run(...askedBy(world, world.accounts.user, { maxFee: MAX_FEE })),
        ]);
        found = lost.blockIndex === asked.blockIndex;
        const same = requestIn(world, asked).id;
        assert.equal(same, last + 1n);
        if (found) await refusesClaim(same, lost.txHash, refusal);
        else if (round === 9) assert.fail('they never came into one block');
      }
    });

    it('by something that is no hash', async () => {
      const id = await ask();
      for (const bad of [Buffer.alloc(0), Buffer.alloc(31), Buffer.alloc(33)]) {
        const script = world.call('respond', [[id, 0, Buffer.alloc(0), false, bad]]);
        const refusal = 'lostTx is not a Hash256 (32 bytes)';
        await refuses(world.network, world.node, script, refusal);
      }
    });
  });
});
