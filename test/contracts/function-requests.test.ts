import assert from 'node:assert/strict';
import { sha256, toHex } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf } from './books.js';
import { serialisedSize } from './event-size.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { setMode } from './hostile.js';
import { refuses } from './refusals.js';
import {
  answer,
  answered,
  anyRequestIn,
  functionArgs,
  idsOf,
  MAX_FEE,
  responsesIn,
} from './requests.js';

const NOTHING = Buffer.alloc(0);
const UNKNOWN = 1_000_000n;
const SOURCE = 'export default async () => 42;';
const OTHER_SOURCE = 'export default async () => 43;';

describe('asking the gateway for the result of a function', () => {
  let world: GatewayWorld<'author' | 'user', 'asker'>;
  let id = 0n;
  let codeHash = toHex(sha256(SOURCE));
  before(async () => {
    world = await gatewayWorld({ accounts: ['author', 'user'], contracts: ['asker'] });
    await world.run(world.owner, setMode(world.contracts.asker, ''));
    const code = { codeHash, source: SOURCE, uri: '' };
    const script = world.calls.registerFunction('f', code);
    const [event] = eventsOf(world, await world.run(world.accounts.author, script));
    assert.ok(event?.name === 'FunctionRegistered');
    id = event.functionId;
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const codeOf = (hash: string) => readContract(world.network.rpc, world.reads.codeOf(hash));

  const ask = (question: Parameters<typeof functionArgs>[0] = {}) =>
    world.call('requestFunction', ...functionArgs({ functionId: id, ...question }));

  it('answers with the id, and says what was asked of which code', async () => {
    const { user } = world.accounts;
    const before = await balanceOf(world, user.hash);
    const applied = await world.run(user, ask({ args: '["é"]' }));
    const request = anyRequestIn(world, applied);
    assert.deepEqual(applied.stack, [{ type: 'Integer', value: request.id }]);
    assert.deepEqual(request, {
      name: 'FunctionRequest',
      id: request.id,
      requester: user.hash,
      payer: user.hash,
      functionId: id,
      codeHash,
      args: '["é"]',
      maxFee: MAX_FEE,
      deadline: applied.blockIndex + 100_000,
    });
    const after = await balanceOf(world, user.hash);
    assert.equal(after.credit, before.credit - MAX_FEE);
    assert.equal(after.reserved, before.reserved + MAX_FEE);
    const pending = await readContract(world.network.rpc, world.reads.requestOf(request.id));
    assert.deepEqual([pending?.kind, pending?.url, pending?.callback], [2, null, '']);
  });

  it('means for requests under way the code of their block', async () => {
    const { user } = world.accounts;
    const newHash = toHex(sha256(OTHER_SOURCE));
    const code = { codeHash: newHash, source: OTHER_SOURCE, uri: '' };
    const before = anyRequestIn(world, await world.run(user, ask()));
    await world.run(world.accounts.author, world.calls.updateFunction(id, code));
    const after = anyRequestIn(world, await world.run(user, ask()));
    assert.ok(before.name === 'FunctionRequest' && after.name === 'FunctionRequest');
    assert.deepEqual([before.codeHash, after.codeHash], [codeHash, newHash]);
    assert.equal((await codeOf(before.codeHash))?.source.toString(), SOURCE);
    codeHash = newHash;
  });

  it('has its answer delivered with the id in the first place, or kept, like every kind', async () => {
    const { user, author } = world.accounts;
    const { asker } = world.contracts;
    const args = functionArgs({ functionId: id, callback: 'onAnswer', userData: utf8('mine') });
    const [delivered = 0n, kept = 0n] = await idsOf(world, [
      [author, world.callBy(asker, 'requestFunction', ...args)],
      [user, ask()],
    ]);
    const answers = [delivered, kept].map((each) => answer(each, { result: utf8('[42]') }));
    const applied = await world.run(...answered(world, answers));
    const told = responsesIn(world, applied).map((each) => each.delivered);
    assert.deepEqual(told, [true, false]);
    const last = await world.network.read(asker, 'last');
    assert.deepEqual(last, {
      type: 'Array',
      items: [
        { type: 'Integer', value: delivered },
        { type: 'ByteString', value: Buffer.from('mine') },
        { type: 'Integer', value: 0n },
        { type: 'ByteString', value: Buffer.from('[42]') },
      ],
    });
    await world.run(user, world.calls.takeResult(kept));
  });

  it('takes args of 512 bytes in an event below 1,024 bytes', async () => {
    const applied = await world.run(world.accounts.user, ask({ args: 'é'.repeat(256) }));
    for (const { state } of applied.notifications) assert.ok(serialisedSize(state) < 1024);
    const nothing = [id, null, null, null, MAX_FEE];
    const script = world.call('requestFunction', ...nothing);
    const request = anyRequestIn(world, await world.run(world.accounts.user, script));
    assert.equal(request.name === 'FunctionRequest' && request.args, '');
  });

  it('takes no args that are longer or not UTF-8', async () => {
    const { user } = world.accounts;
    const withArgs = (bad: Uint8Array) =>
      world.call('requestFunction', id, bad, NOTHING, null, MAX_FEE);
    const tooLong = 'args of requestFunction is longer than 512 bytes';
    await refuses(world.network, user, withArgs(Buffer.alloc(513, 'a')), tooLong);
    const bad = withArgs(Buffer.from('61c3', 'hex'));
    await refuses(world.network, user, bad, 'args of requestFunction is not UTF-8');
  });

  it('is refused for an unknown id', async () => {
    const refusal = 'no function has the functionId of requestFunction';
    for (const functionId of [0n, UNKNOWN, (1n << 63n) - 1n]) {
      await refuses(world.network, world.accounts.user, ask({ functionId }), refusal);
    }
  });

  it('is subject to what every request is', async () => {
    const { user } = world.accounts;
    const refusals: readonly [Parameters<typeof ask>[0], string][] = [
      [{ callback: 'onAnswer' }, 'callback must be empty: the caller is not a contract'],
      [{ callback: '_x' }, 'callback starts with an underscore'],
      [{ callback: 'c'.repeat(33) }, 'callback is longer than 32 bytes'],
      [{ userData: Buffer.alloc(509) }, 'userData is longer than 512 bytes when serialised'],
      [
        { maxFee: parseGas('1000') },
        "the requester's credit is below maxFee, and it accepted no sponsor",
      ],
    ];
    for (const [question, refusal] of refusals)
      await refuses(world.network, user, ask(question), refusal);
  });

  it("has the policy's minimum and premium of their kind", async () => {
    const { user } = world.accounts;
    const [minimum, premium] = [parseGas('0.5'), parseGas('0.01')];
    const low = parseGas('0.35');
    const policy = {
      minimums: [low, low, minimum, low, low, low],
      premiums: [0n, 0n, premium, 0n, 0n, 0n],
    };
    await world.run(world.owner, setPolicy(world, policy));
    const refusal = "maxFee is below the policy's minimum for this kind of request";
    await refuses(world.network, user, ask({ maxFee: minimum - 1n }), refusal);
    const [request = 0n] = await idsOf(world, [[user, ask({ maxFee: minimum })]]);
    const applied = await world.run(...answered(world, [answer(request, { code: 0xff })]));
    assert.equal(responsesIn(world, applied)[0]?.premium, premium);
    await world.run(world.owner, setPolicy(world));
  });

  it('is refused while the gateway is paused', async () => {
    await world.run(world.owner, world.calls.pause(true));
    const refusal = 'the gateway is paused: it takes no new requests';
    await refuses(world.network, world.accounts.user, ask(), refusal);
    await world.run(world.owner, world.calls.pause(false));
  });
});
