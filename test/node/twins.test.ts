import assert from 'node:assert/strict';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { assertHonest, eventsOf, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { endingsOf } from './chain-history.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { KILLED, startNodeProcess } from './node-process.js';
import { startNode } from './running-node.js';

const ROUNDS = 4;
const EACH = 6;

describe('one key in two hands', function () {
  this.timeout(120_000);
  let fixture: NodeFixture;
  beforeEach(async () => {
    fixture = await nodeFixture(await sharedNetwork());
  });
  afterEach(async () => {
    await fixture?.stop();
  });

  const askSome = async (count: number): Promise<readonly bigint[]> => {
    const scripts = Array.from({ length: count }, (_, at) =>
      consumerAsks(fixture, { spec: specOf(fixture, `/${at}`) }),
    );
    return (await ask(fixture, scripts)).ids;
  };

  /** A node on a database knows every request as answered, and its books balance. */
  async function assertAllAnswered(dir: string, ids: readonly bigint[]): Promise<void> {
    const running = await startNode({ ...fixture.config, storage: { dir } });
    try {
      const responses = await responsesTo(fixture, running, ids);
      await assertHonest(fixture, running, responses, ids.length);
      await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
    } finally {
      await running.stop();
    }
  }

  it('answers each request once, when two processes work at the same time', async () => {
    const dirs = ['first', 'second'].map((name) => join(fixture.folder, name));
    const processes = await Promise.all(
      dirs.map((storageDir) => startNodeProcess(fixture, { storageDir })),
    );
    await Promise.all(processes.map((process) => process.untilInStep()));
    const ids: bigint[] = [];
    for (let round = 0; round < ROUNDS; round++) ids.push(...(await askSome(EACH)));
    const { network } = fixture;
    for (;;) {
      const endings = endingsOf(await eventsOf(fixture));
      if (ids.every((id) => endings.get(id)?.length)) break;
      await network.waitForBlock((await network.height()) + 1);
    }
    for (const process of processes) {
      process.signal('SIGTERM');
      assert.equal(await process.exited, 0, await process.logText());
    }
    for (const dir of dirs) await assertAllAnswered(dir, ids);
  });

  it('does no harm, when a node goes on from an old copy of its database', async () => {
    const { storage } = fixture.config;
    const copy = join(fixture.folder, 'copy');
    const early = await askSome(3);
    // The copy is of a moment at which an answer was under way.
    const crash = { at: 'broadcast', nth: 1 } as const;
    const process = await startNodeProcess(fixture, { crash });
    assert.equal(await process.exited, KILLED, await process.logText());
    await mkdir(copy);
    await cp(storage.dir, copy, { recursive: true });
    const late = await askSome(EACH);
    await assertAllAnswered(storage.dir, [...early, ...late]);
    await rm(storage.dir, { recursive: true });
    await cp(copy, storage.dir, { recursive: true });
    const open = await askSome(EACH);
    await assertAllAnswered(storage.dir, [...early, ...late, ...open]);
  });
});
