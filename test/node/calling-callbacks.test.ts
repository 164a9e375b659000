import assert from 'node:assert/strict';
import { readContract as readCompiled } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { assertHonest, assertKept, eventsOf, responsesTo } from './answers.js';
import { ask, consumerAsks, MAX_FEE, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import type { Response } from './chain-history.js';
import { callOfScript, deployHostiles, type Hostile, hostileAsks, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { askedTogether } from './ready-together.js';
import { startNode } from './running-node.js';

describe('callbacks that call and change', function () {
  this.timeout(120_000);
  let fixture: NodeFixture;
  let hostiles: Hostile[];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    hostiles = await deployHostiles(fixture, 13);
  });
  after(async () => {
    await fixture?.stop();
  });

  const hostileAt = (at: number) => hostiles[at] as Hostile;
  const honest = () => consumerAsks(fixture, { spec: specOf(fixture, '/honest') });
  const asks = (at: number, callback?: string) =>
    hostileAsks(fixture, hostileAt(at), { spec: specOf(fixture, '/hostile') }, callback);
  const setUp = (scripts: readonly Buffer[]) => {
    const { network, owner } = fixture;
    return mustHalt(network.send(owner, Buffer.concat(scripts)).then(network.applied));
  };

  it('that call the gateway change nothing of the answers', async () => {
    const { network, gateway, node } = fixture;
    const spec = specOf(fixture, '/again');
    const question = [utf8(spec), utf8(''), utf8(''), null, MAX_FEE];
    const withdrawal = (at: number) => [hostileAt(at).hash, node.hash, 1_000n];
    const answer = [[[1n, 0n, utf8('forged'), false, null]]];
    const calls: readonly [mode: string, method: string, args: ScriptArg[], delivered: boolean][] =
      [
        ['call', 'withdraw', withdrawal(0), true],
        ['callTwice', 'withdraw', withdrawal(1), true],
        ['callThenThrow', 'withdraw', withdrawal(2), false],
        ['call', 'requestHttp', question, true],
        ['callThenThrow', 'requestHttp', question, false],
        ['call', 'expire', [[1n, 2n, 3n]], true],
        ['call', 'respond', answer, false],
        ['tryCall', 'respond', answer, true],
        ['call', 'collect', [node.hash, hostileAt(8).hash, 1n], false],
        ['tryCall', 'collect', [node.hash, hostileAt(9).hash, 1n], true],
        ['mutate', 'version', [], false],
        ['witness', 'version', [], true],
        ['destroy', 'version', [], true],
      ];
    await setUp(
      calls.flatMap(([mode, method, args], at) => [
        callOfScript(hostileAt(at), gateway, method, args),
        modeScript(hostileAt(at), mode),
      ]),
    );
    const earned = await readContract(network.rpc, gatewayReads(gateway).earnedOf(node.hash));
    const scripts = calls.flatMap((_, at) => [asks(at), honest()]);
    const { running, ids } = await askedTogether(fixture, fixture.config, scripts);
    try {
      const responses = await responsesTo(fixture, running, ids);
      await assertHonest(fixture, running, odd(responses), 1);
      assert.deepEqual(
        even(responses).map(({ delivered }, at) => [...(calls[at]?.slice(0, 2) ?? []), delivered]),
        calls.map(([mode, method, , delivered]) => [mode, method, delivered]),
      );
      // The one request that a callback made is answered like any other.
      const own = (await eventsOf(fixture)).flatMap((event) =>
        event.name === 'HttpRequest' && !ids.includes(event.id) ? [event.id] : [],
      );
      assert.equal(own.length, 1);
      await responsesTo(fixture, running, own);
      await assertBooksMatchChain(network, gateway, running.db);
      const after = await readContract(network.rpc, gatewayReads(gateway).earnedOf(node.hash));
      const charges = (await eventsOf(fixture)).filter(({ name }) => name === 'Collected');
      assert.ok(after > earned && charges.length === 0);
    } finally {
      await running.stop();
    }
  });

  it('that are gone, changed or of another shape leave the answer in the inbox', async () => {
    // The contract of the test before that destroyed itself is the last but one of these.
    const { network } = fixture;
    const names = ['threeParameters', 'safeAnswer', 'nobodyHome', 'quietSafeAnswer'];
    await setUp(range(6).map((at) => modeScript(hostileAt(at), '')));
    const scripts = [...names.map((name, at) => asks(at, name)), asks(4), asks(5), honest()];
    const { ids } = await ask(fixture, scripts);
    await mustHalt(network.invoke(fixture.owner, hostileAt(4).hash, 'destroy'));
    const { nef, manifest } = await readCompiled('hostile');
    const changed = JSON.parse(manifest) as { abi: { methods: { name: string }[] } };
    changed.abi.methods = changed.abi.methods.filter(({ name }) => name !== 'onAnswer');
    const update = [nef, utf8(JSON.stringify(changed))];
    await mustHalt(network.invoke(fixture.owner, hostileAt(5).hash, 'update', update));
    const running = await startNode(fixture.config);
    try {
      const responses = await responsesTo(fixture, running, ids);
      await assertHonest(fixture, running, responses.slice(6), 1);
      assert.deepEqual(
        responses.map(({ delivered, lost }) => ({ delivered, lost })),
        [false, false, false, true, false, false, true].map((delivered) => ({
          delivered,
          lost: 0n,
        })),
      );
      for (const at of [0, 1, 2, 4, 5])
        await assertKept(fixture, responses[at] as Response, `${at}`);
      await assertBooksMatchChain(network, fixture.gateway, running.db);
    } finally {
      await running.stop();
    }
  });
});

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const odd = <T>(list: readonly T[]): T[] => list.filter((_, at) => at % 2 === 1);
const even = <T>(list: readonly T[]): T[] => list.filter((_, at) => at % 2 === 0);
