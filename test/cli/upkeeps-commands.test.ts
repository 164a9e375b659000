import assert from 'node:assert/strict';
import { readTrigger } from '../../src/automation/trigger.js';
import type { UpkeepEvent } from '../../src/automation/upkeep-machine.js';
import { createUpkeepStore, type UpkeepChange } from '../../src/automation/upkeep-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { hash160Of, hash256Of } from '../api/request-book.js';
import { commandLine, longestLine } from './command-line.js';

const OWNER = hash160Of(0xcc);
const MINUTE_MS = 60_000;
const AT_MS = Date.parse('2026-03-01T10:00Z');

describe('commands for upkeeps', () => {
  const cli = commandLine();
  let db: Database;
  before(() => {
    db = openDatabase(cli.databaseFile);
    add(1n, 'every:20', 120);
    add(2n, 'cron:0 9 * * *', AT_MS + 23 * 60 * MINUTE_MS);
    add(3n, `on:${hash160Of(0x77)}:Beat`, null);
    add(4n, 'when:due', null);
    add(5n, 'cron:0 0 31 2 *', null);
    move(1n, 'performedOnChain', { reason: 'ran: charged 0.12 GAS', lastDue: 120, nextDue: 140 });
    move(2n, 'gaveUp', { reason: 'failed 8 times in a row: \u001b[31mABORT', failures: 8 });
    inTransaction(db, () => {
      const at = { block: 121, timeMs: AT_MS };
      const costs = { fee: 10_000_000n, lost: 1_000_000n, premium: 1_000_000n };
      const run = { id: 1n, due: 120, at, tx: hash256Of(9), delivered: true, ...costs };
      createUpkeepStore(db).addRun(run);
      createUpkeepStore(db).addRun({ ...run, due: 100, delivered: false, lost: 0n });
    });
  });
  after(() => {
    db.close();
    cli.remove();
  });

  function add(id: bigint, triggerText: string, nextDue: number | null): void {
    const read = readTrigger(triggerText);
    const trigger = read.kind === 'trigger' ? read.trigger : null;
    const registered = { block: 100, timeMs: AT_MS };
    const told = {
      id,
      owner: OWNER,
      target: hash160Of(0x7e),
      method: 'tick',
      triggerText,
      trigger,
    };
    const rest = { maxFee: 100_000_000n, registered, registeredTx: hash256Of(1) };
    inTransaction(db, () => createUpkeepStore(db).add({ ...told, ...rest }, 'waits', nextDue));
  }
  function move(id: bigint, event: UpkeepEvent, change: UpkeepChange): void {
    inTransaction(db, () => assert.ok(createUpkeepStore(db).move(id, event, change)));
  }
  const stateOf = (id: bigint) => createUpkeepStore(db).get(id)?.state;

  it('list them, newest first, by state and owner', async () => {
    const { exitCode, out } = await cli.runHere('upkeeps', 'list');
    assert.equal(exitCode, 0);
    const ids = [...out.matchAll(/^ *(\d+) /gm)].map(([, id]) => id);
    assert.deepEqual(ids, ['5', '4', '3', '2', '1']);
    assert.match(out, /every:20 +block 140 +block 120 +ran/);
    assert.match(out, /2026-03-02 09:00 UTC/);
    assert.ok(longestLine(out) <= 100 && !out.includes('\u001b'));
    const paused = await cli.runHere('upkeeps', 'list', '--state', 'paused', '--json');
    const { upkeeps, cursor } = JSON.parse(paused.out);
    assert.deepEqual([upkeeps.map(({ id }: { id: string }) => id), cursor], [['2'], null]);
    const some = JSON.parse((await cli.runHere('upkeeps', 'list', '--limit', '2', '--json')).out);
    assert.equal(some.cursor, '4');
    const other = await cli.runHere('upkeeps', 'list', '--owner', hash160Of(1));
    assert.match(other.out, /No upkeep matches/);
  });

  it('show one: when it is due, what it cost, and its last runs', async () => {
    const { exitCode, out } = await cli.runHere('upkeeps', 'show', '1');
    assert.equal(exitCode, 0);
    assert.match(out, /^Upkeep 1: waiting/);
    assert.match(out, /next +it is due with block 140/);
    assert.match(out, /cost +0\.23000000 GAS in 2 runs, at most 0\.12000000 in one/);
    assert.match(out, /block 120 +121 +yes +0\.12000000/);
    assert.ok(longestLine(out) <= 100);
    const { costs, lastRuns, limit } = JSON.parse(
      (await cli.runHere('upkeeps', 'show', '1', '--json')).out,
    );
    assert.deepEqual(costs, {
      runs: 2,
      delivered: 1,
      charged: '23000000',
      mostCharged: '12000000',
    });
    assert.deepEqual([lastRuns.length, limit], [2, null]);
  });

  it('show why one does not run', async () => {
    const shown = async (id: string) => (await cli.runHere('upkeeps', 'show', id)).out;
    assert.match(await shown('2'), /why +failed 8 times in a row/);
    assert.match(await shown('2'), /next +dodona upkeeps resume 2, or its owner's next deposit/);
    assert.match(await shown('3'), /next +it is due behind the next block with its event/);
    assert.match(await shown('4'), /next +its condition is asked after each block/);
    assert.match(await shown('5'), /Upkeep 5: unreadable/);
    const limited = commandLine();
    try {
      const none = ['--config', cli.configFile];
      assert.doesNotMatch((await limited.run('upkeeps', 'show', '3', ...none)).out, /^limit/m);
    } finally {
      limited.remove();
    }
  });

  it('say so when the operator’s limits hold one back', async () => {
    const { appendFileSync, readFileSync, writeFileSync } = await import('node:fs');
    const before = readFileSync(cli.configFile, 'utf8');
    appendFileSync(cli.configFile, 'automation: {maxWatchedContracts: 0, maxConditions: 1}\n');
    try {
      const { out } = await cli.runHere('upkeeps', 'show', '3');
      assert.match(out, /not watched: others came first \(automation.maxWatchedContracts is 0\)/);
      add(6n, 'when:due', null);
      const asked = await cli.runHere('upkeeps', 'show', '4');
      assert.match(asked.out, /asked once in 2 blocks \(automation.maxConditions is 1\)/);
    } finally {
      writeFileSync(cli.configFile, before);
    }
  });

  it('resume one that is paused, and no other', async () => {
    const { exitCode, out } = await cli.runHere('upkeeps', 'resume', '2');
    assert.deepEqual([exitCode, stateOf(2n)], [0, 'waiting']);
    assert.match(out, /Upkeep 2 is tried again/);
    assert.equal(createUpkeepStore(db).get(2n)?.failures, 0);
    const again = await cli.runHere('upkeeps', 'resume', '2', '--json');
    assert.equal(again.exitCode, 1);
    assert.equal(JSON.parse(again.out).error.code, 'UPKEEP_NOT_PAUSED');
    assert.match((await cli.runHere('upkeeps', 'resume', '99')).err, /knows no upkeep 99/);
  });

  it('simulate a trigger: its next ten occurrences, or why there are none', async () => {
    const from = ['--from', '2026-10-24T23:30Z'];
    const { exitCode, out } = await cli.run('upkeeps', 'simulate', 'cron:30 2 * * *', ...from);
    assert.equal(exitCode, 0);
    // Clocks are put back in that night, where they are: here nothing is done twice.
    assert.deepEqual(out.match(/2026-10-2[56] .*/g), [
      '2026-10-25 02:30 UTC',
      '2026-10-26 02:30 UTC',
    ]);
    assert.equal(out.match(/ 02:30 UTC/g)?.length, 10);
    const every = ['simulate', 'every:20;catchup=3', '--registered', '7', '--json'];
    const told = JSON.parse((await cli.run('upkeeps', ...every)).out);
    assert.deepEqual([told.occurrences[0], told.occurrences[9], told.catchup], [27, 207, 3]);
    const when = await cli.run('upkeeps', 'simulate', 'when:due');
    assert.match(when.out, /whenever due of the target returns true/);
    const bad = await cli.run('upkeeps', 'simulate', 'cron:* * * *');
    assert.deepEqual([bad.exitCode, /expected 5 fields/.test(bad.err)], [1, true]);
    const badTime = await cli.run('upkeeps', 'simulate', 'every:1', '--from', 'tomorrow');
    assert.match(badTime.err, /time is "tomorrow"/);
  });
});
