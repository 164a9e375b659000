import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { calling, setMode } from './hostile.js';
import { refused, refuses } from './refusals.js';

const ARGS: readonly ScriptArg[] = [1, null, 0, utf8('1')];

describe('a rehearsal of a callback', () => {
  let world: GatewayWorld<'user', 'asker' | 'thrower' | 'aborter' | 'caller'>;
  before(async () => {
    world = await gatewayWorld({
      accounts: ['user'],
      contracts: ['asker', 'thrower', 'aborter', 'caller'],
    });
    const { contracts, owner, gateway } = world;
    await world.run(
      owner,
      Buffer.concat([
        setMode(contracts.asker, ''),
        setMode(contracts.thrower, 'throw'),
        setMode(contracts.aborter, 'abort'),
        calling(contracts.caller, 'call', gateway, 'respond', [[]]),
      ]),
    );
  });
  after(() => world.network.disconnect());

  const rehearse = async (target: Hash160, callback = 'onAnswer', args = ARGS) =>
    world.network.trial(world.accounts.user, world.calls.rehearse(target, callback, args));
  const endsWith = async (target: Hash160, ending: string, callback?: string) => {
    const ran = await rehearse(target, callback);
    assert.equal(ran.state, 'FAULT');
    assert.match(ran.exception ?? '', new RegExp(`Reason: ${ending}$`));
    return ran;
  };

  it('tells that it returned, and what it takes', async () => {
    const ran = await endsWith(world.contracts.asker, 'rehearsed: returned');
    assert.ok(ran.gasConsumed > parseGas('0.05'));
  });

  it('tells what it threw, where that is a text', async () => {
    const { thrower, caller } = world.contracts;
    await endsWith(thrower, 'rehearsed: threw the callback threw');
    const refusal = 'respond must be called by the entry script';
    await endsWith(caller, `rehearsed: threw ${refusal}`);
    await world.run(world.owner, setMode(thrower, 'throwArray'));
    await endsWith(thrower, 'rehearsed: threw ');
  });

  it('tells that there is no such callback', async () => {
    const { asker } = world.contracts;
    const ending = 'rehearsed: no such callback with 4 parameters';
    await endsWith(asker, ending, 'threeParameters');
    await endsWith(world.accounts.user.hash, ending);
  });

  it('ends as the answer would where nothing can be caught', async () => {
    const ran = await rehearse(world.contracts.aborter);
    assert.deepEqual([ran.state, /\(ABORT\)/.test(ran.exception ?? '')], ['FAULT', true]);
  });

  it('is refused in a transaction, and changes nothing in one', async () => {
    const { asker } = world.contracts;
    const count = async () => asInteger(await world.network.read(asker, 'count'), 'count');
    const before = await count();
    const script = world.calls.rehearse(asker, 'onAnswer', ARGS);
    const applied = await world.attempt(world.accounts.user, script, {
      systemFee: parseGas('1'),
    });
    refused(applied, 'rehearse runs under invokescript only: the system fee is not 0');
    await rehearse(asker);
    assert.equal(await count(), before);
  });

  const refusesToRehearse = (callback: ScriptArg, args: readonly ScriptArg[], refusal: string) =>
    refuses(
      world.network,
      world.accounts.user,
      world.call('rehearse', world.contracts.asker, callback, args),
      refusal,
    );

  it('refuses a callback that no request could name', async () => {
    const refusal = 'callback of rehearse is empty or starts with an underscore';
    for (const callback of [utf8(''), null, utf8('_deploy')]) {
      await refusesToRehearse(callback, ARGS, refusal);
    }
    const tooLong = 'callback of rehearse is longer than 32 bytes';
    await refusesToRehearse(utf8('c'.repeat(33)), ARGS, tooLong);
    const bytes = Buffer.from([0x63, 0xff]);
    await refusesToRehearse(bytes, ARGS, 'callback of rehearse is not UTF-8');
  });

  it('refuses other arguments than the four of a callback', async () => {
    for (const args of [[], ARGS.slice(1), [...ARGS, 1]]) {
      await refusesToRehearse(utf8('onAnswer'), args, 'args of rehearse are not 4');
    }
  });
});
