import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf } from './books.js';
import { serialisedSize } from './event-size.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { refused, refuses } from './refusals.js';
import {
  askedBy,
  askedByContract,
  httpArgs,
  idsOf,
  MAX_FEE,
  type Question,
  requestIn,
} from './requests.js';

const NOTHING = Buffer.alloc(0);

describe('asking the gateway', () => {
  let world: GatewayWorld<'user' | 'poor', 'asker'>;
  before(async () => {
    world = await gatewayWorld({ accounts: ['user', 'poor'], contracts: ['asker'] });
    const { poor } = world.accounts;
    const { credit } = await balanceOf(world, poor.hash);
    await world.run(poor, world.calls.withdraw(poor.hash, poor.hash, credit - parseGas('0.5')));
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const refusesFrom = (sender: 'user' | 'poor', question: Question, refusal: string) =>
    refuses(
      world.network,
      world.accounts[sender],
      world.call('requestHttp', ...httpArgs(question)),
      refusal,
    );

  describe('by request', () => {
    it('answers with nothing, as the native oracle does, and says what was asked', async () => {
      const { asker } = world.contracts;
      const question = { spec: 'https://x.org/é', filter: '$.a', userData: [1, utf8('two')] };
      const applied = await world.run(...askedByContract(world, asker, question, 'request'));
      assert.deepEqual(applied.stack, [{ type: 'Any' }]);
      const { id } = requestIn(world, applied);
      const deadline = applied.blockIndex + 100_000;
      assert.deepEqual(eventsOf(world, applied), [
        {
          name: 'OracleRequest',
          id,
          requester: asker,
          payer: asker,
          url: 'https://x.org/é',
          filter: '$.a',
          maxFee: MAX_FEE,
          deadline,
        },
      ]);
      const pending = await readContract(world.network.rpc, world.reads.requestOf(id));
      assert.ok(pending);
      const { userData, ...rest } = pending;
      assert.deepEqual(userData, {
        type: 'Array',
        items: [
          { type: 'Integer', value: 1n },
          { type: 'ByteString', value: Buffer.from('two') },
        ],
      });
      assert.deepEqual(rest, {
        kind: 0,
        requester: asker,
        payer: asker,
        callback: 'onAnswer',
        url: 'https://x.org/é',
        maxFee: MAX_FEE,
        deadline,
        asked: applied.blockIndex,
        premium: 0n,
        networkFeeCeiling: parseGas('1.1'),
        resultLifetime: 172_800,
      });
    });
  });

  describe('by requestHttp', () => {
    it('answers with the id, says what was asked, and sets maxFee aside', async () => {
      const { user } = world.accounts;
      const before = await balanceOf(world, user.hash);
      const [sender, script] = askedBy(world, user, { spec: '{"url":"https://x"}', filter: '$' });
      const applied = await world.run(sender, script);
      const request = requestIn(world, applied);
      assert.deepEqual(applied.stack, [{ type: 'Integer', value: request.id }]);
      assert.deepEqual(request, {
        name: 'HttpRequest',
        id: request.id,
        requester: user.hash,
        payer: user.hash,
        spec: '{"url":"https://x"}',
        filter: '$',
        maxFee: MAX_FEE,
        deadline: applied.blockIndex + 100_000,
      });
      const after = await balanceOf(world, user.hash);
      assert.equal(after.credit, before.credit - MAX_FEE);
      assert.equal(after.reserved, before.reserved + MAX_FEE);
    });

    it('keeps neither userData nor url of a request without a callback', async () => {
      const [id = 0n] = await idsOf(world, [
        askedBy(world, world.accounts.user, { userData: utf8('mine') }),
      ]);
      const pending = await readContract(world.network.rpc, world.reads.requestOf(id));
      assert.deepEqual(
        [pending?.callback, pending?.userData, pending?.url],
        ['', { type: 'Any' }, null],
      );
    });
  });

  it('counts all kinds of requests by one counter, from 1 on, and counts those pending', async () => {
    const { asker } = world.contracts;
    const count = () => readContract(world.network.rpc, world.reads.pendingCount());
    const before = await count();
    const ids = await idsOf(world, [
      askedBy(world, world.accounts.user),
      askedByContract(world, asker),
      askedByContract(world, asker, {}, 'request'),
      askedBy(world, world.accounts.user),
    ]);
    const sorted = [...ids].sort((a, b) => Number(a - b));
    const [first = 0n] = sorted;
    assert.deepEqual(
      sorted,
      [0n, 1n, 2n, 3n].map((each) => first + each),
    );
    assert.equal(await count(), before + 4);
    assert.ok(await readContract(world.network.rpc, world.reads.requestOf(1n)));
    assert.equal(await readContract(world.network.rpc, world.reads.requestOf(0n)), null);
  });

  it('takes null for an empty text', async () => {
    const script = world.call('requestHttp', null, null, null, null, MAX_FEE);
    const request = requestIn(world, await world.run(world.accounts.user, script));
    assert.ok(request.name === 'HttpRequest');
    assert.deepEqual([request.spec, request.filter], ['', '']);
    const oracle = world.call('request', null, null, null, null, MAX_FEE);
    const { url } = requestIn(world, await world.run(world.accounts.user, oracle)) as {
      url?: string;
    };
    assert.equal(url, '');
  });

  it('takes every text and userData at its limit, in events below 1,024 bytes', async () => {
    const { asker } = world.contracts;
    const callback = 'c'.repeat(32);
    // 'é' takes 2 bytes: the limits are of bytes. 508 bytes serialise to 512.
    const longest = { filter: 'é'.repeat(64), callback, userData: Buffer.alloc(508, 1) };
    const [oracle, http] = await world.runAll([
      askedByContract(world, asker, { ...longest, spec: 'é'.repeat(128) }, 'request'),
      askedByContract(world, asker, { ...longest, spec: 'é'.repeat(256) }),
    ]);
    assert.ok(oracle && http);
    for (const applied of [oracle, http]) {
      const { id, filter } = requestIn(world, applied);
      assert.equal(filter, longest.filter);
      const pending = await readContract(world.network.rpc, world.reads.requestOf(id));
      assert.equal(pending?.callback, callback);
      for (const { state } of applied.notifications) assert.ok(serialisedSize(state) < 1024);
    }
    assert.ok(serialisedSize(http.notifications[0]?.state ?? []) > 512 + 128);
  });

  const texts: readonly [string, number, (text: ScriptArg) => readonly ScriptArg[], string][] = [
    ['request', 256, (bad) => [bad, NOTHING, NOTHING, null, MAX_FEE], 'url'],
    ['request', 128, (bad) => [NOTHING, bad, NOTHING, null, MAX_FEE], 'filter of request'],
    ['request', 32, (bad) => [NOTHING, NOTHING, bad, null, MAX_FEE], 'callback'],
    ['requestHttp', 512, (bad) => [bad, NOTHING, NOTHING, null, MAX_FEE], 'spec'],
    ['requestHttp', 128, (bad) => [NOTHING, bad, NOTHING, null, MAX_FEE], 'filter of requestHttp'],
    ['requestHttp', 32, (bad) => [NOTHING, NOTHING, bad, null, MAX_FEE], 'callback'],
  ];
  for (const [method, limit, args, name] of texts) {
    it(`refuses in ${method} a ${name} that is longer than ${limit} bytes`, async () => {
      const script = world.call(method, ...args(Buffer.alloc(limit + 1, 'a')));
      const refusal = `${name} is longer than ${limit} bytes`;
      await refuses(world.network, world.accounts.user, script, refusal);
    });

    it(`refuses in ${method} a ${name} that is not UTF-8`, async () => {
      for (const bad of [
        Buffer.from([0xff]),
        Buffer.from([0x61, 0xc3]),
        Buffer.from('eda080', 'hex'),
      ]) {
        const script = world.call(method, ...args(bad));
        await refuses(world.network, world.accounts.user, script, `${name} is not UTF-8`);
      }
    });
  }

  describe('tells UTF-8 as a strict decoder does', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const decodes = (bytes: Uint8Array) => {
      try {
        return strict.decode(bytes) !== null;
      } catch {
        return false;
      }
    };
    const agrees = async (bytes: Uint8Array) => {
      const script = world.call('requestHttp', bytes, NOTHING, NOTHING, null, MAX_FEE);
      const ran = await world.network.trial(world.accounts.user, script);
      if (!decodes(bytes)) refused(ran, 'spec is not UTF-8');
      else assert.equal(ran.state, 'HALT', `${Buffer.from(bytes).toString('hex')}`);
    };

    it('for every first byte, with a second one on each side of every border', async () => {
      const borders = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
      const starts = [...Array(0x80).keys()].flatMap((at) =>
        borders.map((second) => [0x80 + at, second]),
      );
      for (const start of starts) {
        const follow = (start[0] ?? 0) >= 0xf0 ? 2 : (start[0] ?? 0) >= 0xe0 ? 1 : 0;
        await agrees(Buffer.from([0x61, ...start, ...Array<number>(follow).fill(0x80), 0x62]));
      }
    });

    it('for any bytes', () => fc.assert(fc.asyncProperty(nearlyUtf8, agrees), { numRuns: 150 }));
  });

  it('refuses userData of more than 512 bytes when serialised', async () => {
    const refusal = 'userData is longer than 512 bytes when serialised';
    await refusesFrom('user', { userData: Buffer.alloc(509) }, refusal);
    await refusesFrom('user', { userData: Array(300).fill(1) }, refusal);
  });

  it('refuses a callback that starts with an underscore, at once', async () => {
    const [, script] = askedByContract(world, world.contracts.asker, { callback: '_deploy' });
    const refusal = 'callback starts with an underscore';
    await refuses(world.network, world.accounts.user, script, refusal);
    await refusesFrom('user', { callback: '_' }, refusal);
  });

  it('refuses a callback of a caller that is not a contract', () =>
    refusesFrom(
      'user',
      { callback: 'onAnswer' },
      'callback must be empty: the caller is not a contract',
    ));

  it('refuses a maxFee below the minimum of the kind', async () => {
    const minimums = [1, 2, 1, 1, 1, 1].map((each) => parseGas('0.4') * BigInt(each));
    await world.run(world.owner, setPolicy(world, { minimums }));
    const refusal = "maxFee is below the policy's minimum for this kind of request";
    await refusesFrom('user', { maxFee: parseGas('0.8') - 1n }, refusal);
    const { user } = world.accounts;
    const oracle = (maxFee: bigint) => world.call('request', ...httpArgs({ maxFee }));
    await refuses(world.network, user, oracle(parseGas('0.4') - 1n), refusal);
    assert.equal((await world.network.trial(user, oracle(parseGas('0.4')))).state, 'HALT');
    await world.run(world.owner, setPolicy(world));
  });

  it('refuses a maxFee that the credit does not cover, in a block too', async () => {
    const { poor } = world.accounts;
    const maxFee = parseGas('0.5') + 1n;
    const refusal = "the requester's credit is below maxFee, and it accepted no sponsor";
    await refusesFrom('poor', { maxFee }, refusal);
    const before = await balanceOf(world, poor.hash);
    refused(await world.attempt(...askedBy(world, poor, { maxFee })), refusal);
    assert.deepEqual(await balanceOf(world, poor.hash), before);
    await world.run(...askedBy(world, poor, { maxFee: parseGas('0.5') }));
    assert.equal((await balanceOf(world, poor.hash)).credit, 0n);
  });

  it('refuses requests while it is paused', async () => {
    await world.run(world.owner, world.calls.pause(true));
    const refusal = 'the gateway is paused: it takes no new requests';
    await refusesFrom('user', {}, refusal);
    const oracle = world.call('request', ...httpArgs());
    await refuses(world.network, world.accounts.user, oracle, refusal);
    await world.run(world.owner, world.calls.pause(false));
    await world.run(...askedBy(world, world.accounts.user));
  });
});

/** Bytes of texts, some of them cut or with a byte changed. */
const nearlyUtf8 = fc
  .tuple(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    fc.constantFrom('whole', 'cut', 'changed', 'raw'),
    fc.nat(),
    fc.nat(255),
    fc.uint8Array({ maxLength: 6 }),
  )
  .map(([text, how, place, byte, raw]) => {
    const bytes = Buffer.from(text, 'utf8');
    const at = place % bytes.length;
    if (how === 'cut') return bytes.subarray(0, at);
    if (how === 'changed') bytes[at] = byte;
    return how === 'raw' ? Buffer.from(raw) : bytes;
  });
