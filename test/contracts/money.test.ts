import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import {
  assertScript,
  callScript,
  pushScript,
  type ScriptArg,
  utf8,
} from '../../src/chain/script.js';
import { assertBooks, balanceOf, gasBalance } from './books.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { calling, setMode } from './hostile.js';
import { transferWithData } from './raw-scripts.js';
import { refused, refuses } from './refusals.js';
import { answer, answered, askedBy, httpArgs, idsOf, MAX_FEE } from './requests.js';

const NEO_TOKEN = hash160('0xef4073a0f2b305a38ec4050e4d3d28bc40ea63f5');
const STRANGER = hash160(`0x${'55'.repeat(20)}`);
const SOME = parseGas('0.5');

describe('money of the gateway', () => {
  let world: GatewayWorld<'user' | 'other', 'wallet' | 'rejects' | 'reenters'>;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user', 'other'],
      contracts: ['wallet', 'rejects', 'reenters'],
    });
    const { contracts, owner } = world;
    const { rejects, reenters, wallet } = contracts;
    await world.run(
      owner,
      Buffer.concat([
        setMode(wallet, ''),
        callScript(rejects, 'setPaymentMode', [utf8('refuse')]),
        callScript(reenters, 'setPaymentMode', [utf8('call')]),
      ]),
    );
  });
  after(async () => {
    await assertBooks(world, [STRANGER]);
    world.network.disconnect();
  });

  const credit = async (account: Hash160) => (await balanceOf(world, account)).credit;
  const gas = (account: Hash160) => readContract(world.network.rpc, gasBalance(account));
  const transfer = (token: Hash160, from: Hash160, amount: bigint, data: ScriptArg = null) =>
    assertScript(callScript(token, 'transfer', [from, world.gateway, amount, data]));

  describe('is deposited', () => {
    it('for the sender when the data is null', async () => {
      const { user } = world.accounts;
      const before = await credit(user.hash);
      const applied = await world.run(user, world.calls.deposit(user.hash, SOME));
      assert.deepEqual(eventsOf(world, applied), [
        { name: 'Deposit', account: user.hash, from: user.hash, amount: SOME },
      ]);
      assert.equal(await credit(user.hash), before + SOME);
    });

    it('for the account in the data, whether or not it ever was heard of', async () => {
      const { user } = world.accounts;
      const before = await credit(user.hash);
      const applied = await world.run(user, world.calls.deposit(user.hash, 1n, STRANGER));
      assert.deepEqual(eventsOf(world, applied), [
        { name: 'Deposit', account: STRANGER, from: user.hash, amount: 1n },
      ]);
      assert.deepEqual([await credit(STRANGER), await credit(user.hash)], [1n, before]);
    });

    it('by a contract, for itself', async () => {
      const { user } = world.accounts;
      const { wallet } = world.contracts;
      const fund = assertScript(callScript(GAS_TOKEN, 'transfer', [user.hash, wallet, SOME, null]));
      const args = [wallet, world.gateway, SOME, null];
      const deposit = callScript(wallet, 'call', [GAS_TOKEN, utf8('transfer'), args]);
      const before = await credit(wallet);
      await world.run(user, Buffer.concat([fund, deposit]), { systemFee: parseGas('1') });
      assert.equal(await credit(wallet), before + SOME);
    });

    const refusesDeposit = (script: Buffer, refusal: string) =>
      refuses(world.network, world.accounts.user, script, refusal);

    it('not when it is nothing', async () => {
      const { user } = world.accounts;
      const refusal = 'a deposit must be more than 0';
      await refusesDeposit(world.calls.deposit(user.hash, 0n), refusal);
      const systemFee = parseGas('1');
      const script = world.calls.deposit(user.hash, 0n);
      refused(await world.attempt(user, script, { systemFee }), refusal);
    });

    it('not in another token, nor by somebody who only says so', async () => {
      const { network, owner, contracts } = world;
      const { hash } = network.committee;
      const refusal = 'only GAS is taken as a deposit';
      await refuses(network, network.committee, transfer(NEO_TOKEN, hash, 1n), refusal);
      const args: ScriptArg[] = [owner.hash, SOME, null];
      await refuses(network, owner, world.call('onNEP17Payment', ...args), refusal);
      const lie = world.callBy(contracts.wallet, 'onNEP17Payment', ...args);
      await refuses(network, owner, lie, refusal);
    });

    it('not for something that is no account', async () => {
      const { hash } = world.accounts.user;
      const refusal = 'the data of a deposit is neither null nor an account (20 bytes)';
      const twenty = Buffer.alloc(20, 1);
      const bad: ScriptArg[] = [
        Buffer.alloc(0),
        Buffer.alloc(19),
        Buffer.alloc(21),
        0,
        (1n << 152n) + 1n,
        true,
        [],
        [twenty],
        new Map([[1, twenty]]),
      ];
      for (const data of bad) {
        await refusesDeposit(transfer(GAS_TOKEN, hash, 1n, data), refusal);
      }
      const struct = Buffer.concat([pushScript(twenty), pushScript(1), Buffer.from([0xbf])]);
      await refusesDeposit(transferWithData(hash, world.gateway, 1n, struct), refusal);
    });
  });

  describe('is withdrawn', () => {
    it("with the account's witness, to any account", async () => {
      const { user, other } = world.accounts;
      const before = [await credit(user.hash), await gas(other.hash)];
      const script = world.calls.withdraw(user.hash, other.hash, SOME);
      const applied = await world.run(user, script);
      assert.deepEqual(eventsOf(world, applied), [
        { name: 'Withdrawal', account: user.hash, to: other.hash, amount: SOME },
      ]);
      assert.deepEqual(
        [await credit(user.hash), await gas(other.hash)],
        [(before[0] ?? 0n) - SOME, (before[1] ?? 0n) + SOME],
      );
    });

    it('by the contract that it belongs to, without a witness', async () => {
      const { wallet } = world.contracts;
      const before = [await credit(wallet), await gas(wallet)];
      const script = world.callBy(wallet, 'withdraw', wallet, wallet, SOME);
      await world.run(world.accounts.other, script);
      assert.deepEqual(
        [await credit(wallet), await gas(wallet)],
        [(before[0] ?? 0n) - SOME, (before[1] ?? 0n) + SOME],
      );
    });

    it('not by another, nor with a witness that does not hold for the gateway', async () => {
      const refusal = "withdraw needs the account's witness";
      const { network, accounts, owner, node, contracts } = world;
      const { user, other } = accounts;
      const script = world.calls.withdraw(user.hash, other.hash, 1n);
      for (const sender of [other, owner, node]) await refuses(network, sender, script, refusal);
      await refuses(network, user, script, refusal, { scope: 'None' });
      const through = world.callBy(contracts.wallet, 'withdraw', user.hash, other.hash, 1n);
      await refuses(network, user, through, refusal);
      const before = await credit(user.hash);
      const systemFee = parseGas('1');
      refused(await world.attempt(other, script, { systemFee }), refusal);
      assert.equal(await credit(user.hash), before);
    });

    it('up to the credit, of which what is set aside is no part', async () => {
      const { other } = world.accounts;
      const refusal = "amount of withdraw is more than the account's credit";
      await idsOf(world, [askedBy(world, other)]);
      const all = await credit(other.hash);
      const withdraw = (amount: bigint) => world.calls.withdraw(other.hash, other.hash, amount);
      await refuses(world.network, other, withdraw(all + 1n), refusal);
      await refuses(world.network, other, withdraw((1n << 63n) - 1n), refusal);
      const twice = Buffer.concat([withdraw(all), withdraw(1n)]);
      await refuses(world.network, other, twice, refusal);
      await world.run(other, withdraw(all));
      assert.deepEqual(await balanceOf(world, other.hash), {
        credit: 0n,
        reserved: MAX_FEE,
        earned: 0n,
      });
      await world.run(world.owner, world.calls.deposit(world.owner.hash, all, other.hash));
    });

    it('not to the gateway itself, where nobody could reach it', async () => {
      const { user } = world.accounts;
      const script = world.calls.withdraw(user.hash, world.gateway, 1n);
      await refuses(world.network, user, script, 'the gateway cannot be the receiver');
    });

    it('not to the gateway either by a contract that catches the refusal', async () => {
      const { wallet } = world.contracts;
      const before = await balanceOf(world, wallet);
      const args: ScriptArg[] = [world.gateway, utf8('withdraw'), [wallet, world.gateway, SOME]];
      const caught = callScript(wallet, 'tryCall', args);
      const options = { systemFee: parseGas('1') };
      const applied = await world.run(world.accounts.other, caught, options);
      assert.deepEqual(applied.stack, [{ type: 'Boolean', value: false }]);
      assert.deepEqual(eventsOf(world, applied), []);
      assert.deepEqual(await balanceOf(world, wallet), before);
    });

    it('not to a contract that does not take it: then the credit stays', async () => {
      const { user } = world.accounts;
      const before = await credit(user.hash);
      const systemFee = parseGas('1');
      for (const to of [world.contracts.rejects, world.executor, GAS_TOKEN, NEO_TOKEN]) {
        const script = world.calls.withdraw(user.hash, to, 1n);
        const applied = await world.attempt(user, script, { systemFee });
        assert.equal(applied.state, 'FAULT');
      }
      assert.equal(await credit(user.hash), before);
    });

    it('once, though its receiver calls again while it is paid', async () => {
      const { reenters } = world.contracts;
      const { owner, gateway } = world;
      const all = await credit(reenters);
      const again = (amount: bigint) =>
        calling(reenters, 'call', gateway, 'withdraw', [reenters, reenters, amount]);
      const withdraw = world.callBy(reenters, 'withdraw', reenters, reenters, all);
      await world.run(owner, again(1n));
      const refusal = "amount of withdraw is more than the account's credit";
      await refuses(world.network, owner, withdraw, refusal);
      // A payment of nothing is a call too, and is answered by one more: that never ends well.
      await world.run(owner, again(0n));
      const endless = await world.attempt(owner, withdraw, { systemFee: parseGas('2') });
      assert.equal(endless.state, 'FAULT');
      assert.equal(await credit(reenters), all);
    });

    it('to a receiver that asks for something with what is left', async () => {
      const { reenters } = world.contracts;
      const { owner, gateway } = world;
      const before = await balanceOf(world, reenters);
      await world.run(owner, calling(reenters, 'call', gateway, 'requestHttp', httpArgs()));
      const all = before.credit - MAX_FEE;
      await world.run(owner, world.callBy(reenters, 'withdraw', reenters, reenters, all));
      const after = await balanceOf(world, reenters);
      assert.deepEqual(after, { ...before, credit: 0n, reserved: before.reserved + MAX_FEE });
    });
  });

  describe('that was earned is collected', () => {
    const earn = async () => {
      const ids = await idsOf(world, [askedBy(world, world.accounts.user)]);
      await world.run(
        ...answered(
          world,
          ids.map((id) => answer(id)),
        ),
      );
      return (await balanceOf(world, world.node.hash)).earned;
    };

    it("with the account's witness, to any account, up to what was earned", async () => {
      const { node, calls, network } = world;
      const earned = await earn();
      const { other } = world.accounts;
      const before = await gas(other.hash);
      const refusal = "amount of collect is more than the account's earnings";
      await refuses(network, node, calls.collect(node.hash, other.hash, earned + 1n), refusal);
      const applied = await world.run(node, calls.collect(node.hash, other.hash, earned - 1n));
      assert.deepEqual(eventsOf(world, applied), [
        { name: 'Collected', account: node.hash, to: other.hash, amount: earned - 1n },
      ]);
      assert.equal(await gas(other.hash), before + earned - 1n);
      assert.equal((await balanceOf(world, node.hash)).earned, 1n);
    });

    it('not by another', async () => {
      await earn();
      const { network, accounts, owner, node, calls, contracts } = world;
      const refusal = "collect needs the account's witness";
      const script = calls.collect(node.hash, accounts.other.hash, 1n);
      for (const sender of [accounts.other, owner]) {
        await refuses(network, sender, script, refusal);
      }
      await refuses(network, node, script, refusal, { scope: 'None' });
      const through = world.callBy(contracts.wallet, 'collect', node.hash, node.hash, 1n);
      await refuses(network, node, through, refusal);
    });

    it('not to the gateway', async () => {
      await earn();
      const { network, node, calls, gateway } = world;
      const script = calls.collect(node.hash, gateway, 1n);
      await refuses(network, node, script, 'the gateway cannot be the receiver');
    });

    it('apart from the credit of the same account', async () => {
      const { node, calls, network } = world;
      const earned = await earn();
      await world.run(node, calls.deposit(node.hash, SOME));
      assert.deepEqual(await balanceOf(world, node.hash), { credit: SOME, reserved: 0n, earned });
      const refusal = "amount of withdraw is more than the account's credit";
      await refuses(network, node, calls.withdraw(node.hash, node.hash, SOME + 1n), refusal);
      await world.run(node, calls.withdraw(node.hash, node.hash, SOME));
      assert.deepEqual(await balanceOf(world, node.hash), { credit: 0n, reserved: 0n, earned });
    });
  });

  it('is nothing for an account that nobody heard of', async () => {
    const nobody = hash160(`0x${'44'.repeat(20)}`);
    assert.deepEqual(await balanceOf(world, nobody), { credit: 0n, reserved: 0n, earned: 0n });
  });
});
