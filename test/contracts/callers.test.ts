import assert from 'node:assert/strict';
import { toHex } from '../../src/base/bytes.js';
import { type Hash160, hash160, scriptHash } from '../../src/base/hash.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf } from './books.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { newRandomKey, possessionProof } from './random-proofs.js';
import { callWithBuffer, depositWithBuffer, loadScript } from './raw-scripts.js';
import { refused, refuses, trialOf } from './refusals.js';
import {
  answer,
  answered,
  askedBy,
  functionArgs,
  httpArgs,
  idsOf,
  MAX_FEE,
  randomArgs,
  requestIn,
} from './requests.js';

const NO_OUTSIDER = 'the caller is a native contract, the gateway or the executor';
const NO_WITNESS = "the sender's witness does not hold for the gateway";
const NOBODY = hash160(`0x${'66'.repeat(20)}`);

const CODE_HASH = Buffer.alloc(32, 1);

/** Methods in which the caller acts for itself, with arguments that pass. */
const ACTING: readonly (readonly [string, ...ScriptArg[]])[] = [
  ['request', ...httpArgs()],
  ['requestHttp', ...httpArgs()],
  ['requestFunction', ...functionArgs()],
  ['requestRandom', ...randomArgs()],
  ['registerFunction', utf8('f'), CODE_HASH, utf8(''), utf8('https://x.org/f.js')],
  ['updateFunction', 1n, CODE_HASH, utf8(''), utf8('')],
  ['takeResult', 1n],
  ['sponsor', NOBODY, 1n, 1n],
  ['acceptSponsor', NOBODY],
];

/** Methods that charge the fees of their transaction. */
const CHARGING = ['respond', 'performUpkeeps', 'submitPrices'] as const;

describe('callers of the gateway', () => {
  let world: GatewayWorld<'user', 'puppet' | 'other'>;
  let forbidden: { readonly name: string; readonly hash: Hash160 }[];
  /** Others that got credit. */
  const strangers: Hash160[] = [];
  before(async () => {
    world = await gatewayWorld({ accounts: ['user'], contracts: ['puppet', 'other'] });
    const natives = await world.network.rpc.call<NativeContract[]>('getnativecontracts');
    forbidden = [
      ...natives.map(({ hash, manifest }) => ({ name: manifest.name, hash: hash160(hash) })),
      { name: 'the gateway', hash: world.gateway },
      { name: 'the executor', hash: world.executor },
    ];
    assert.ok(natives.length >= 11);
    const key = newRandomKey();
    const proof = possessionProof(world.gateway, key);
    await world.run(world.node, world.calls.proposeRandomKey(key.publicKey, proof));
    const code = { codeHash: toHex(CODE_HASH), source: '', uri: 'https://x.org/f.js' };
    await world.run(world.accounts.user, world.calls.registerFunction('f', code));
  });
  after(async () => {
    await assertBooks(world, strangers);
    world.network.disconnect();
  });

  for (const [method, ...args] of ACTING) {
    it(`are no native contract, gateway or executor in ${method}`, async () => {
      for (const { name, hash } of forbidden) {
        const ran = await trialOf(world.network, world.call(method, ...args), hash);
        assert.equal(ran.state, 'FAULT', name);
        refused(ran, NO_OUTSIDER);
      }
    });

    it(`act in ${method} with a witness that holds for the gateway only`, async () => {
      const { network, accounts } = world;
      const script = world.call(method, ...args);
      await refuses(network, accounts.user, script, NO_WITNESS, { scope: 'None' });
      const scope = { contracts: [world.executor] };
      await refuses(network, accounts.user, script, NO_WITNESS, { scope });
    });
  }

  it('name no native contract, gateway or executor as target, requester or sponsor', async () => {
    const refusal = (what: string) => `${what} is a native contract, the gateway or the executor`;
    const { network, accounts, owner, calls } = world;
    for (const { hash } of forbidden) {
      const refusesFrom = (script: Buffer, message: string, sender = accounts.user) =>
        refuses(network, sender, script, message);
      await refusesFrom(calls.sponsor(hash, 1n, 1n), refusal('requester of sponsor'));
      await refusesFrom(calls.acceptSponsor(hash), refusal('payer of acceptSponsor'));
      await refusesFrom(
        calls.rehearse(hash, 'onAnswer', [null, null, 0, null]),
        refusal('requester of rehearse'),
      );
      const account = refusal('the credited account');
      await refusesFrom(calls.deposit(accounts.user.hash, 1n, hash), account);
      const next = refusal('the proposed node account');
      await refusesFrom(calls.proposeNodeAccount(hash), next, owner);
      const transfer = world.call('transferOwnership', hash);
      await refusesFrom(transfer, refusal('the proposed owner'), owner);
    }
  });

  it('are told from their look-alikes: a hash in a Buffer is the same hash', async () => {
    const { network, accounts, gateway } = world;
    // The puppet hands on what it is given, of whatever type: here a Buffer instead of bytes.
    const script = callWithBuffer(gateway, 'acceptSponsor', GAS_TOKEN);
    const refusal = 'payer of acceptSponsor is a native contract, the gateway or the executor';
    await refuses(network, accounts.user, script, refusal);
    const deposit = depositWithBuffer(accounts.user.hash, gateway, GAS_TOKEN);
    const account = 'the credited account is a native contract, the gateway or the executor';
    await refuses(network, accounts.user, deposit, account);
    const { puppet } = world.contracts;
    const before = await balanceOf(world, puppet);
    await world.run(accounts.user, depositWithBuffer(accounts.user.hash, gateway, puppet));
    assert.equal((await balanceOf(world, puppet)).credit, before.credit + 1n);
  });

  it('are the sender when the entry script calls, and the contract when a contract does', async () => {
    const { user } = world.accounts;
    const { puppet } = world.contracts;
    const direct = requestIn(world, await world.run(...askedBy(world, user)));
    assert.equal(direct.requester, user.hash);
    const script = world.callBy(puppet, 'requestHttp', ...httpArgs());
    const byContract = requestIn(world, await world.run(user, script));
    assert.equal(byContract.requester, puppet);
    assert.equal(byContract.payer, puppet);
  });

  it('may be a contract that is the sender, and name a callback then', async () => {
    const { puppet } = world.contracts;
    const script = world.call('requestHttp', ...httpArgs({ callback: 'onAnswer' }));
    const ran = await trialOf(world.network, script, puppet);
    assert.equal(ran.state, 'HALT', ran.exception ?? '');
  });

  it('that only pay fees keep their credit, in a block too', async () => {
    const { user } = world.accounts;
    const before = await balanceOf(world, user.hash);
    const [, script] = askedBy(world, user);
    refused(await world.attempt(user, script, { scope: 'None' }), NO_WITNESS);
    assert.deepEqual(await balanceOf(world, user.hash), before);
  });

  for (const method of CHARGING) charging(method);

  function charging(method: (typeof CHARGING)[number]): void {
    const FIRST = `${method} must be the transaction's first call into the gateway`;
    const BY_ENTRY = `${method} must be called by the entry script`;
    const charge = () => world.call(method, []);

    it(`charge once a transaction, before any other call into the gateway: ${method}`, async () => {
      const { node, network, accounts } = world;
      await refuses(network, node, Buffer.concat([charge(), charge()]), FIRST);
      for (const other of CHARGING) {
        const after = Buffer.concat([world.call(other, []), charge()]);
        await refuses(network, node, after, FIRST);
      }
      const read = world.call('creditOf', accounts.user.hash);
      await refuses(network, node, Buffer.concat([read, charge()]), FIRST);
      const deposit = world.calls.deposit(node.hash, 1n);
      await refuses(network, node, Buffer.concat([deposit, charge()]), FIRST);
      const through = world.callBy(world.contracts.puppet, 'creditOf', accounts.user.hash);
      await refuses(network, node, Buffer.concat([through, charge()]), FIRST);
    });

    it(`charge by the entry script alone, not through another contract: ${method}`, async () => {
      const { node, network, contracts } = world;
      const through = world.callBy(contracts.puppet, method, []);
      await refuses(network, node, through, BY_ENTRY);
      await refuses(network, node, through, BY_ENTRY, { scope: 'Global' });
      await refuses(network, node, Buffer.concat([charge(), through]), BY_ENTRY);
      const args = [world.gateway, utf8(method), [[]]];
      const twice = callScript(contracts.puppet, 'callTwice', args);
      await refuses(network, node, twice, BY_ENTRY);
      const caught = callScript(contracts.puppet, 'tryCall', args);
      const ran = await network.trial(node, caught);
      assert.deepEqual([ran.state, ran.stack], ['HALT', [{ type: 'Boolean', value: false }]]);
      await refuses(network, node, Buffer.concat([caught, charge()]), FIRST);
    });
  }

  describe('that answer', () => {
    const FIRST = "respond must be the transaction's first call into the gateway";

    it('do so once a transaction: a second respond is refused, and the first with it', async () => {
      const { node, network } = world;
      const ids = await idsOf(world, [
        askedBy(world, world.accounts.user),
        askedBy(world, world.accounts.user),
      ]);
      const [one, two] = ids.map((id) => world.calls.respond([answer(id)]));
      assert.ok(one && two);
      const twice = Buffer.concat([one, two]);
      await refuses(network, node, twice, FIRST);
      refused(await world.attempt(node, twice), FIRST);
      assert.ok(await network.read(world.gateway, 'requestOf', [ids[0] ?? 0n]));
      await world.run(
        ...answered(
          world,
          ids.map((id) => answer(id)),
        ),
      );
    });
  });

  it('cannot write through a script that they load: it may only read', async () => {
    const { accounts, network, calls } = world;
    const inner = world.call('requestHttp', ...httpArgs());
    strangers.push(scriptHash(inner));
    const { user } = accounts;
    await world.run(user, calls.deposit(user.hash, MAX_FEE, scriptHash(inner)));
    const ran = await network.trial(user, loadScript(inner), { scope: 'Global' });
    assert.equal(ran.state, 'FAULT');
    assert.match(ran.exception ?? '', /missing call flags/);
  });
});

interface NativeContract {
  readonly hash: string;
  readonly manifest: { readonly name: string };
}
