import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { sha256, toHex } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract, readTogether } from '../../src/chain/contract-read.js';
import type { FunctionCode } from '../../src/chain/gateway-calls.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { assertBooks, storedKeys } from './books.js';
import { serialisedSize } from './event-size.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { refused, refuses } from './refusals.js';
import { askedBy, idsOf } from './requests.js';

const NOTHING = Buffer.alloc(0);
const MAX_SOURCE_BYTES = 30_720;
const MAX_URIS = 16;
const UNKNOWN = 1_000_000n;

const hashOf = (source: string): string => toHex(sha256(source));
const onChain = (source: string): FunctionCode => {
  return { codeHash: hashOf(source), source, uri: '' };
};
const at = (source: string, uri: string): FunctionCode => {
  return { codeHash: hashOf(source), source: '', uri };
};
/** Code that no other test has. */
let codes = 0;
const newSource = (): string => `export default async () => ${++codes}; // é`;

describe('functions of the gateway', () => {
  let world: GatewayWorld<'author' | 'other' | 'user', 'asker'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['author', 'other', 'user'], contracts: ['asker'] });
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const functionOf = (id: bigint) => readContract(world.network.rpc, world.reads.functionOf(id));
  const codeOf = (hash: string) => readContract(world.network.rpc, world.reads.codeOf(hash));
  const register = async (code: FunctionCode, name = 'f', by = world.accounts.author) => {
    const applied = await world.run(by, world.calls.registerFunction(name, code));
    const [event] = eventsOf(world, applied);
    assert.ok(event?.name === 'FunctionRegistered');
    return { id: event.functionId, event, applied };
  };
  const update = (id: bigint, code: FunctionCode, by: DevnetAccount = world.accounts.author) =>
    world.run(by, world.calls.updateFunction(id, code));
  const refusesFrom = (by: DevnetAccount, script: Buffer, refusal: string) =>
    refuses(world.network, by, script, refusal);

  describe('when they are registered', () => {
    it('belong to the caller, get the next id of their own counter, and are told of', async () => {
      const source = newSource();
      const [asked = 0n] = await idsOf(world, [askedBy(world, world.accounts.user)]);
      const first = await register(onChain(source), 'median of é');
      assert.deepEqual(first.applied.stack, [{ type: 'Integer', value: first.id }]);
      const { author } = world.accounts;
      const codeHash = hashOf(source);
      assert.deepEqual(eventsOf(world, first.applied), [
        {
          name: 'FunctionRegistered',
          functionId: first.id,
          owner: author.hash,
          functionName: 'median of é',
          codeHash,
        },
      ]);
      const expected = { owner: author.hash, name: 'median of é', codeHash };
      assert.deepEqual(await functionOf(first.id), expected);
      const { asker } = world.contracts;
      const args = [utf8('g'), Buffer.from(codeHash, 'hex'), null, null];
      const byContract = await world.run(author, world.callBy(asker, 'registerFunction', ...args));
      assert.deepEqual(byContract.stack, [{ type: 'Integer', value: first.id + 1n }]);
      assert.equal((await functionOf(first.id + 1n))?.owner, asker);
      const [next] = await idsOf(world, [askedBy(world, world.accounts.user)]);
      assert.equal(next, asked + 1n, 'requests have a counter of their own');
    });

    it('have ids from 1 on, and none is known by any other', async () => {
      const { id } = await register(onChain(newSource()));
      assert.ok(await functionOf(1n));
      assert.deepEqual(
        [await functionOf(0n), await functionOf(id + 1n), await functionOf((1n << 63n) - 1n)],
        [null, null, null],
      );
    });

    it('take null for an empty text', async () => {
      const source = newSource();
      const script = world.call(
        'registerFunction',
        null,
        sha256(source),
        null,
        utf8('https://x.org'),
      );
      const [event] = eventsOf(world, await world.run(world.accounts.author, script));
      assert.ok(event?.name === 'FunctionRegistered');
      assert.equal(event.functionName, '');
      const code = await codeOf(hashOf(source));
      assert.deepEqual(code, { source: NOTHING, uris: ['https://x.org'] });
    });

    it('take every text at its limit', async () => {
      const comment = '// é';
      const source = comment + ' '.repeat(MAX_SOURCE_BYTES - Buffer.byteLength(comment));
      const uri = 'é'.repeat(128);
      const { event, applied } = await register(
        { ...onChain(source), uri },
        'é'.repeat(32),
        world.accounts.other,
      );
      assert.equal(event.functionName, 'é'.repeat(32));
      assert.deepEqual(await codeOf(hashOf(source)), { source: Buffer.from(source), uris: [uri] });
      for (const { state } of applied.notifications) assert.ok(serialisedSize(state) < 1024);
    });
  });

  describe('when they are updated', () => {
    it('have other code from then on, and their old code is kept', async () => {
      const [before, after] = [newSource(), newSource()];
      const { id } = await register(onChain(before), 'steady');
      const applied = await update(id, at(after, 'https://x.org/after.js'));
      assert.deepEqual(eventsOf(world, applied), [
        { name: 'FunctionUpdated', functionId: id, codeHash: hashOf(after) },
      ]);
      const { author } = world.accounts;
      const expected = { owner: author.hash, name: 'steady', codeHash: hashOf(after) };
      assert.deepEqual(await functionOf(id), expected);
      assert.deepEqual(await codeOf(hashOf(before)), { source: Buffer.from(before), uris: [] });
      // Back again, without giving the code a second time.
      await update(id, at(before, ''));
      assert.equal((await functionOf(id))?.codeHash, hashOf(before));
    });

    it('are updated by their owner alone, be it a contract', async () => {
      const { author, other } = world.accounts;
      const { asker } = world.contracts;
      const source = newSource();
      const refusal = "only the function's owner may update it";
      const { id } = await register(onChain(source));
      const script = world.calls.updateFunction(id, at(source, ''));
      await refusesFrom(other, script, refusal);
      refused(await world.attempt(other, script, { systemFee: parseGas('1') }), refusal);
      await refusesFrom(world.owner, script, refusal);
      const hash = Buffer.from(hashOf(source), 'hex');
      const byContract = world.callBy(asker, 'updateFunction', id, hash, null, null);
      await refusesFrom(author, byContract, refusal);
      const args = [null, hash, null, null];
      const owned = world.callBy(asker, 'registerFunction', ...args);
      const [event] = eventsOf(world, await world.run(author, owned));
      assert.ok(event?.name === 'FunctionRegistered');
      const its = world.callBy(asker, 'updateFunction', event.functionId, hash, null, null);
      await world.run(other, its);
      const script2 = world.calls.updateFunction(event.functionId, at(source, ''));
      await refusesFrom(author, script2, refusal);
    });

    it('are there: an unknown id is refused', async () => {
      const refusal = 'no function has this id to update';
      const code = onChain(newSource());
      for (const id of [0n, UNKNOWN, (1n << 63n) - 1n]) {
        await refusesFrom(world.accounts.author, world.calls.updateFunction(id, code), refusal);
      }
    });
  });

  describe('keep code', () => {
    const BY_NOBODY = 'source and uri are empty, and the code of this codeHash is not known';

    it('by its hash: null where there is none', async () => {
      assert.equal(await codeOf(hashOf(newSource())), null);
    });

    it('by the hash of its source alone, which the gateway checks', async () => {
      const { author } = world.accounts;
      const source = newSource();
      const refusal = 'codeHash is not the sha256 of source';
      const { id } = await register(onChain(newSource()));
      for (const codeHash of [hashOf(`${source} `), hashOf(''), '00'.repeat(32)]) {
        const code = { codeHash, source, uri: 'https://x.org/f.js' };
        await refusesFrom(author, world.calls.registerFunction('f', code), refusal);
        await refusesFrom(author, world.calls.updateFunction(id, code), refusal);
      }
      assert.equal(await codeOf(hashOf(source)), null);
    });

    it('whose source, once given, stays whatever comes later', async () => {
      const source = newSource();
      const [first, second] = ['https://x.org/1', 'https://x.org/2'];
      const { author, other } = world.accounts;
      await register(at(source, first), 'a', other);
      assert.deepEqual(await codeOf(hashOf(source)), { source: NOTHING, uris: [first] });
      await register({ ...onChain(source), uri: second }, 'b', author);
      const whole = { source: Buffer.from(source), uris: [first, second] };
      assert.deepEqual(await codeOf(hashOf(source)), whole);
      const kept = await storedKeys(world, 'h');
      for (const later of [onChain(source), at(source, first), at(source, '')]) {
        await register(later, 'c', other);
        assert.deepEqual(await codeOf(hashOf(source)), whole);
      }
      assert.equal(await storedKeys(world, 'h'), kept);
    });

    it('at every uri that was given, each once, up to a bound', async () => {
      const { author, other } = world.accounts;
      const source = newSource();
      const uris = [...Array(MAX_URIS).keys()].map((n) => `https://x.org/${n}`);
      const { id } = await register(at(source, uris[0] ?? ''));
      for (const uri of uris.slice(1)) {
        await world.run(other, world.calls.registerFunction('f', at(source, uri)));
      }
      assert.deepEqual((await codeOf(hashOf(source)))?.uris, uris);
      const refusal = 'the code of this codeHash has 16 uris already, and this is none of them';
      const more = at(source, 'https://x.org/more');
      await refusesFrom(author, world.calls.registerFunction('f', more), refusal);
      await refusesFrom(author, world.calls.updateFunction(id, more), refusal);
      // One of them, none, and the source itself are still taken.
      await update(id, at(source, uris[3] ?? ''));
      await update(id, at(source, ''));
      await update(id, onChain(source));
      assert.deepEqual(await codeOf(hashOf(source)), { source: Buffer.from(source), uris });
    });

    it('that somebody gave: a hash alone is refused', async () => {
      const { author } = world.accounts;
      const { id } = await register(onChain(newSource()));
      const code = at(newSource(), '');
      await refusesFrom(author, world.calls.registerFunction('f', code), BY_NOBODY);
      await refusesFrom(author, world.calls.updateFunction(id, code), BY_NOBODY);
      // The hash of nothing is no exception.
      await refusesFrom(author, world.calls.registerFunction('f', onChain('')), BY_NOBODY);
    });

    const hash = sha256('x');
    const texts: readonly [string, number, (bad: ScriptArg) => readonly ScriptArg[]][] = [
      ['name', 64, (bad) => [bad, hash, utf8('x'), null]],
      ['source', MAX_SOURCE_BYTES, (bad) => [null, hash, bad, null]],
      ['uri', 256, (bad) => [null, hash, utf8('x'), bad]],
    ];
    for (const [name, limit, args] of texts) {
      const both = async (bad: Uint8Array, refusal: string) => {
        const { author } = world.accounts;
        await refusesFrom(author, world.call('registerFunction', ...args(bad)), refusal);
        if (name === 'name') return;
        const { id } = await register(onChain('x'));
        const [, ...rest] = args(bad);
        await refusesFrom(author, world.call('updateFunction', id, ...rest), refusal);
      };

      it(`and take no ${name} that is longer than ${limit} bytes`, () =>
        both(Buffer.alloc(limit + 1, 'a'), `${name} is longer than ${limit} bytes`));

      it(`and take no ${name} that is not UTF-8`, async () => {
        for (const bad of ['ff', '61c3', 'eda080', 'c080', 'f4908080']) {
          await both(Buffer.from(bad, 'hex'), `${name} is not UTF-8`);
        }
      });
    }
  });

  it('are neither registered nor updated while the gateway is paused', async () => {
    const { author } = world.accounts;
    const code = onChain(newSource());
    const { id } = await register(code);
    await world.run(world.owner, world.calls.pause(true));
    const registers = world.calls.registerFunction('f', code);
    await refusesFrom(author, registers, 'the gateway is paused: it takes no new functions');
    const updates = world.calls.updateFunction(id, code);
    await refusesFrom(author, updates, 'the gateway is paused: no function can be updated');
    const { values } = await readTogether(world.network.rpc, [
      world.reads.functionOf(id),
      world.reads.codeOf(code.codeHash),
    ]);
    assert.ok(values[0] && values[1]);
    await world.run(world.owner, world.calls.pause(false));
    await update(id, onChain(newSource()));
  });
});
