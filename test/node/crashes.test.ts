import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { CRASH_POINTS } from '../../src/pipeline/crash-point.js';
import { assertKept, eventsOf, responsesTo, storedAnswer } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { wastedTransactions } from './chain-history.js';
import { deployHostiles, type Hostile, hostileAsks, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { KILLED, startNodeProcess } from './node-process.js';
import { startNode } from './running-node.js';

/** A callback that sees less gas than this FAULTs: in a block it does, on trial it doesn't. */
const GAS_OF_A_TRIAL = parseGas('1.5');
const RANDOM_KILLS = 4;
const LONGEST_LIFE_MS = 1_200;
/** The moments of the random kills; a failure tells the seed, to be set here again. */
const SEED = Number(process.env.DODONA_KILLS_SEED ?? randomInt(2 ** 32));
/** Where more than one is sure to come, the second: the first is done then. */
const PASSING = {
  'taken in': 3,
  resolved: 1,
  signed: 2,
  persisted: 1,
  broadcast: 2,
  confirmed: 1,
} as const satisfies Record<(typeof CRASH_POINTS)[number], number>;

describe('a node process that is killed', function () {
  this.timeout(120_000);
  let fixture: NodeFixture;
  let culprit: Hostile;
  const honest: bigint[] = [];
  const hostile: bigint[] = [];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    culprit = (await deployHostiles(fixture, 1))[0] as Hostile;
    const { network, owner } = fixture;
    const script = modeScript(culprit, 'faultBelowGas', GAS_OF_A_TRIAL);
    await mustHalt(network.send(owner, script).then(network.applied));
  });
  after(async () => {
    await fixture?.stop();
  });

  /** Three that are answered, and one whose transaction FAULTs before it is. */
  async function askFour(): Promise<void> {
    const question = (path: string) => ({ spec: specOf(fixture, path) });
    const { ids } = await ask(fixture, [
      consumerAsks(fixture, question('/one')),
      hostileAsks(fixture, culprit, question('/hostile')),
      consumerAsks(fixture, { ...question('/two'), filter: '$.path' }),
      consumerAsks(fixture, question('/three')),
    ]);
    const [one = 0n, guilty = 0n, ...others] = ids;
    honest.push(one, ...others);
    hostile.push(guilty);
  }

  /** Every request that was ever asked is answered, once, and the books balance. */
  async function assertNothingLost(): Promise<void> {
    const running = await startNode(fixture.config);
    try {
      const all = [...honest, ...hostile];
      const responses = await responsesTo(fixture, running, all);
      const guilty = responses.filter(({ id }) => hostile.includes(id));
      for (const response of guilty) await assertKept(fixture, response, 'the culprit');
      for (const id of honest) {
        assert.equal((await storedAnswer(fixture, 'httpAnswerOf', id)).code, 0n);
      }
      await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
      assert.deepEqual(wastedTransactions(await eventsOf(fixture)), []);
    } finally {
      await running.stop();
    }
  }

  // Each finds what those before it left half done.
  for (const at of CRASH_POINTS) {
    it(`dies where something was ${at}`, async () => {
      await askFour();
      const process = await startNodeProcess(fixture, { crash: { at, nth: PASSING[at] } });
      assert.equal(await process.exited, KILLED, await process.logText());
    });
  }

  it('has lost nothing and done nothing twice', assertNothingLost);

  it('loses nothing and does nothing twice at random moments either', async () => {
    const lives: number[] = [];
    for (let kill = 0; kill < RANDOM_KILLS; kill++) {
      const process = await startNodeProcess(fixture);
      await process.untilInStep();
      const lifeMs = lifeOf(kill);
      lives.push(lifeMs);
      const end = setTimeout(() => process.signal('SIGKILL'), lifeMs);
      await askFour();
      assert.equal(await process.exited, KILLED);
      clearTimeout(end);
    }
    await assertNothingLost().catch((error: Error) => {
      error.message += ` (killed after ${lives.join(', ')} ms: DODONA_KILLS_SEED=${SEED})`;
      throw error;
    });
  });
});

/** In milliseconds; the same for the same seed. */
function lifeOf(kill: number): number {
  const drawn = createHash('sha256').update(`${SEED} ${kill}`).digest().readUInt32LE();
  return Math.floor((drawn / 2 ** 32) * LONGEST_LIFE_MS);
}
