import assert from 'node:assert/strict';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash256 } from '../../src/base/hash.js';
import { assertHonest, assertKept, responsesTo } from './answers.js';
import { consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import type { Response } from './chain-history.js';
import { deployHostiles, type Hostile, hostileAsks, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { askedTogether } from './ready-together.js';

/** Modes of the callback that a preflight shows, whatever else is in the transaction. */
const SHOWN_BY_PREFLIGHT: readonly (readonly [mode: string, number?: bigint])[] = [
  ['throw'],
  ['throwArray'],
  ['callThenThrow'],
  ['divide'],
  ['abort'],
  ['abortMessage'],
  ['assert'],
  ['burnAll'],
  ['burn', parseGas('30')],
  ['endless'],
  ['missingContract'],
  ['missingMethod'],
  ['wrongParameterCount'],
  ['manyNotifications'],
  ['largeNotification'],
  ['unknownEvent'],
  ['stack'],
  ['recurse'],
  ['largeItem'],
  ['curve'],
];

/** More than the system fee of a few answers, and less than a trial of one of them has. */
const GAS_OF_A_TRIAL = parseGas('1.5');

describe('hostile callbacks', function () {
  this.timeout(120_000);
  let fixture: NodeFixture;
  let hostiles: Hostile[];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    hostiles = await deployHostiles(fixture, SHOWN_BY_PREFLIGHT.length);
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

  it('that a preflight shows leave the answer in the inbox, and their neighbours alone', async () => {
    await setUp(
      SHOWN_BY_PREFLIGHT.map(([mode, number], at) => {
        return modeScript(hostileAt(at), mode, number);
      }),
    );
    const scripts = SHOWN_BY_PREFLIGHT.flatMap((_, at) => [asks(at), honest()]);
    const { running, ids } = await askedTogether(fixture, fixture.config, scripts);
    try {
      const responses = await responsesTo(fixture, running, ids);
      await assertHonest(fixture, running, odd(responses), 0);
      for (const [at, response] of even(responses).entries()) {
        await assertKept(fixture, response, `${SHOWN_BY_PREFLIGHT[at]}`);
        assert.equal(response.lost, 0n, 'nothing was lost by it');
      }
      await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
    } finally {
      await running.stop();
    }
  });

  it('that fault in the block alone cost their neighbours one retry, and pay for it', async () => {
    const { network, gateway } = fixture;
    const batches = 3;
    await setUp(
      range(batches).map((at) => modeScript(hostileAt(at), 'faultBelowGas', GAS_OF_A_TRIAL)),
    );
    const scripts = range(batches).flatMap((at) => [honest(), asks(at), honest()]);
    const pipeline = { ...fixture.config.pipeline, maxBatchAnswers: 3 };
    const { running, ids } = await askedTogether(fixture, { ...fixture.config, pipeline }, scripts);
    try {
      const responses = await responsesTo(fixture, running, ids);
      const culprits = responses.filter((_, at) => at % 3 === 1);
      await assertHonest(
        fixture,
        running,
        responses.filter((_, at) => at % 3 !== 1),
        1,
      );
      for (const response of culprits) {
        await assertKept(fixture, response, 'faultBelowGas');
        const faults = running.explain(response.id).steps.filter(({ what }) => /fault/.test(what));
        assert.deepEqual(
          faults.map(
            ({ why }) => /(a transaction of 3 answers|its transaction) FAULTed/.exec(`${why}`)?.[1],
          ),
          ['a transaction of 3 answers', 'its transaction'],
        );
        const lost = await network.applied(faults[1]?.tx as Hash256);
        assert.equal(lost.state, 'FAULT');
        assert.equal(response.lost, lost.systemFee + lost.networkFee);
      }
      await assertBooksMatchChain(network, gateway, running.db);
    } finally {
      await running.stop();
    }
  });

  it('that behave on trial, where a node knows only `invokescript`, end the same', async () => {
    const { network, gateway } = fixture;
    await setUp([
      modeScript(hostileAt(0), 'faultInBlock'),
      modeScript(hostileAt(1), 'throwInBlock'),
      modeScript(hostileAt(2), 'endless'),
    ]);
    const config = {
      ...fixture.config,
      network: { ...fixture.config.network, dialect: 'portable' as const },
    };
    const scripts = [honest(), asks(0), honest(), asks(1), asks(2), honest()];
    const { running, ids } = await askedTogether(fixture, config, scripts);
    try {
      const responses = await responsesTo(fixture, running, ids);
      await assertHonest(
        fixture,
        running,
        [0, 2, 5].map((at) => responses[at] as Response),
        0,
      );
      for (const at of [1, 3, 4]) await assertKept(fixture, responses[at] as Response, `${at}`);
      // Refusing the answer in the block only, it has it kept, which nobody had paid for.
      for (const at of [1, 3]) {
        const { lost, id } = responses[at] as Response;
        assert.ok(lost > 0n, `request ${id} faulted in the block, and pays for it`);
      }
      assert.equal(responses[4]?.lost, 0n);
      await assertBooksMatchChain(network, gateway, running.db);
    } finally {
      await running.stop();
    }
  });
});

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const odd = <T>(list: readonly T[]): T[] => list.filter((_, at) => at % 2 === 1);
const even = <T>(list: readonly T[]): T[] => list.filter((_, at) => at % 2 === 0);
