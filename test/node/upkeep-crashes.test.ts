import assert from 'node:assert/strict';
import { join } from 'node:path';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { createUpkeepStore, type UpkeepRow } from '../../src/automation/upkeep-store.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { callScript } from '../../src/chain/script.js';
import { DATABASE_FILE } from '../../src/node.js';
import type { CRASH_POINTS } from '../../src/pipeline/crash-point.js';
import { createTransactionStore } from '../../src/pipeline/transaction-store.js';
import { openDatabaseReadOnly } from '../../src/storage/database.js';
import { assertBooksMatchChain } from './books.js';
import { deployHostiles, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { KILLED, startNodeProcess } from './node-process.js';
import { startNode } from './running-node.js';
import { deployMetronomes, type Performed, performedRuns, register } from './upkeeps.js';

type Point = (typeof CRASH_POINTS)[number];

/** So rarely that what comes due in all of these lives can be made up for. */
const EVERY_BLOCKS = 40;
const NUMBERS = [1, 2];

/** What a killed node left. */
interface Left {
  readonly rows: readonly UpkeepRow[];
  readonly inFlight: readonly Hash256[];
}

describe('a node process that is killed while it runs an upkeep', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let metronome: Hash160;
  let hostile: Hash160;
  let registered: number;
  /** Two that run in one transaction. */
  let ids: readonly bigint[];
  let bad: bigint;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const { network, gateway, owner } = fixture;
    const [metronomes, hostiles] = await Promise.all([
      deployMetronomes(fixture, [5]),
      deployHostiles(fixture, 1),
      depositCredit(network, network.faucet, gateway, owner.hash, parseGas('100')),
    ]);
    const [culprit] = hostiles;
    if (culprit === undefined) throw new Error('bug: no hostile contract');
    hostile = culprit.hash;
    metronome = metronomes[0] as Hash160;
    // It FAULTs in the block, and looks good on trial.
    const script = modeScript(culprit, 'faultBelowGas', parseGas('1.5'));
    await mustHalt(network.send(owner, script).then(network.applied));
    const trigger = `every:${EVERY_BLOCKS};catchup=10`;
    const asked = NUMBERS.map((number) => ({ target: metronome, trigger, args: [number] }));
    const { ids: given, applied } = await register(fixture, asked);
    [ids, registered] = [given, applied.blockIndex];
  });
  after(async () => {
    await fixture?.stop();
  });

  /** Runs until it dies where it passes the point first. */
  async function dieAt(at: Point): Promise<Left> {
    const process = await startNodeProcess(fixture, { crash: { at, nth: 1 } });
    assert.equal(await process.exited, KILLED, await process.logText());
    const db = openDatabaseReadOnly(join(fixture.config.storage.dir, DATABASE_FILE));
    try {
      const upkeeps = createUpkeepStore(db);
      const sent = createTransactionStore(db).inFlight();
      assert.ok(
        sent.every(({ purpose }) => purpose === 'upkeep'),
        'nothing else was to be sent',
      );
      const rows = [...ids, ...(bad === undefined ? [] : [bad])].flatMap((id) => {
        const row = upkeeps.get(id);
        return row === null ? [] : [row];
      });
      return { rows, inFlight: sent.map(({ hash }) => hash) };
    } finally {
      db.close();
    }
  }
  const isOnChain = async (tx: Hash256): Promise<boolean> => {
    const { network } = fixture;
    await network.waitForBlock((await network.height()) + 2);
    return (await performedRuns(fixture)).some((run) => run.tx === tx);
  };

  it('before its transaction is persisted: nobody knows of it', async () => {
    const { rows, inFlight } = await dieAt('signed');
    assert.deepEqual(
      rows.map(({ state, tx }) => [state, tx]),
      ids.map(() => ['waiting', null]),
    );
    assert.deepEqual(inFlight, []);
  });

  it('before it is broadcast: it is known, and is not on the chain', async () => {
    const { rows, inFlight } = await dieAt('persisted');
    const [tx] = inFlight;
    assert.ok(tx !== undefined && inFlight.length === 1);
    assert.deepEqual(
      rows.map((row) => [row.state, row.tx]),
      ids.map(() => ['sent', tx]),
    );
    assert.equal(await isOnChain(tx), false);
  });

  it('behind it: the chain runs it while there is no node', async () => {
    // The one that was not broadcast before comes first.
    const { rows, inFlight } = await dieAt('broadcast');
    const [tx] = inFlight.slice(-1);
    assert.ok(tx !== undefined);
    assert.ok(rows.every((row) => row.state === 'sent' && row.tx === tx));
    assert.equal(await isOnChain(tx), true);
  });

  it('when it has read of its run', async () => {
    const { rows, inFlight } = await dieAt('taken in');
    assert.deepEqual(inFlight, []);
    for (const { state, tx, lastDue } of rows) {
      assert.deepEqual([state, tx], ['waiting', null]);
      assert.ok(lastDue !== null && lastDue > registered);
    }
  });

  it('when it has learnt that a run FAULTed, whose fees are claimed once', async () => {
    const trigger = 'every:5';
    const maxFee = parseGas('4');
    const asked = [{ target: hostile, trigger, maxFee }];
    [bad = 0n] = (await register(fixture, asked)).ids;
    const { rows } = await dieAt('confirmed');
    const row = rows.find(({ id }) => id === bad);
    assert.ok(row?.lostTx !== null && row?.tx === null, 'it was alone, and can claim what it lost');
  });

  it('runs each occurrence, and runs none twice', async () => {
    const running = await startNode(fixture.config);
    try {
      const { network, gateway, owner } = fixture;
      await running.until('the loss is claimed', async () => {
        return (await performedRuns(fixture, bad)).some(({ lost }) => lost > 0n);
      });
      const height = await network.height();
      const latest = registered + EVERY_BLOCKS * Math.floor((height - registered) / EVERY_BLOCKS);
      await running.until('all that was missed is made up for', async () => {
        const runs = await performedRuns(fixture, ids[0]);
        return runs.some(({ due }) => due >= latest);
      });
      const cancels = [...ids, bad].map((id) => callScript(gateway, 'cancelUpkeep', [id]));
      const script = Buffer.concat(cancels);
      await mustHalt(network.send(owner, script).then(network.applied));
      for (const [at, id] of ids.entries()) await assertEachOnce(id, NUMBERS[at] ?? 0, latest);
      await assertClaimedOnce(await performedRuns(fixture, bad));
      await assertBooksMatchChain(network, gateway, running.db);
    } finally {
      await running.stop();
    }
  });

  async function assertEachOnce(id: bigint, number: number, latest: number): Promise<void> {
    const runs = await performedRuns(fixture, id);
    const dues = runs.map(({ due }) => due);
    const count = (latest - registered) / EVERY_BLOCKS;
    const each = Array.from({ length: count }, (_, at) => registered + (at + 1) * EVERY_BLOCKS);
    assert.deepEqual(
      dues.filter((due) => due <= latest),
      each,
    );
    assert.equal(new Set(dues).size, dues.length);
    assert.ok(runs.every(({ delivered }) => delivered));
    const ticks = await fixture.network.read(metronome, 'ticks', [number]);
    assert.ok(ticks.type === 'Integer');
    assert.equal(ticks.value, BigInt(runs.length), 'its target was called as often');
  }

  async function assertClaimedOnce(runs: readonly Performed[]): Promise<void> {
    assert.ok(runs.length >= 1);
    for (const run of runs) assert.ok(!run.delivered && run.lost > 0n, 'each is a claim');
    assert.equal(new Set(runs.map(({ due }) => due)).size, runs.length);
  }
});
