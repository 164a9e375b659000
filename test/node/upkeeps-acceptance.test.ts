import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import {
  type OwnPrivateNetwork,
  startPrivateNetwork,
} from '../../scripts/devnet/private-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { callScript } from '../../src/chain/script.js';
import { eventsOf } from './answers.js';
import { assertBooksMatchChain } from './books.js';
import type { PlacedEvent } from './chain-history.js';
import { type Due, dueOccurrences, type Header } from './due-occurrences.js';
import { deployHostiles, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { KILLED, type NodeProcess, startNodeProcess } from './node-process.js';
import { type RunningNode, startNode } from './running-node.js';
import { deployMetronomes, type Performed, register, type UpkeepAsked } from './upkeeps.js';

const BLOCK_MS = 300;
const BLOCKS = 300;
const KILLED_AFTER = [90, 190];
const BEAT_EVERY = 9;
/** "Within two blocks". */
const LAG_BLOCKS = 2;
/** From in step on a node still looks at its wallet and its books before it spends. */
const BACK_AFTER_BLOCKS = 2;
/** A whole line: the kill may have cut the last one. */
const RUN_SENT = /"event":"run sent".*\}$/;
const CONDITION_PERIODS = [6, 7, 8, 9, 11, 13, 15, 17, 19, 23];
/** Credit for so many runs of each of these is all that their owner has. */
const POOR_UPKEEPS = 4;

/** Blocks in which nobody ran anything: from the kill until the node was in step again. */
interface Outage {
  readonly from: number;
  readonly to: number;
}

/** Of a run, with what it is told from. */
interface Lag extends Performed {
  readonly cameDue: number;
  readonly ready: readonly number[];
  readonly blocks: number;
}

interface Known extends UpkeepAsked {
  readonly id: bigint;
  readonly block: number;
  readonly who: 'every' | 'cron' | 'on' | 'when' | 'poor' | 'hostile';
}

describe('200 upkeeps over 300 blocks, with a node that is killed twice', function () {
  this.timeout(180_000);
  let network: OwnPrivateNetwork;
  let fixture: NodeFixture;
  let metronomes: Hash160[];
  let hostile: Hash160;
  let running: RunningNode | null = null;
  let process: NodeProcess | null = null;
  let headers: Header[];
  let events: PlacedEvent[];
  /** Of each upkeep, the blocks in which a transaction FAULTed that it was in. */
  let faults: Map<bigint, number[]>;
  const logs: string[] = [];
  const known: Known[] = [];
  const beats: number[] = [];
  const outages: Outage[] = [];
  before(async () => {
    network = await startPrivateNetwork({ blockMs: BLOCK_MS });
    fixture = await nodeFixture(network, { nodeGas: parseGas('3000'), blockMs: BLOCK_MS });
    const { gateway, owner } = fixture;
    const [deployed, hostiles] = await Promise.all([
      deployMetronomes(fixture, CONDITION_PERIODS),
      deployHostiles(fixture, 1),
      depositCredit(network, network.faucet, gateway, owner.hash, parseGas('20000')),
    ]);
    metronomes = deployed;
    const [one] = hostiles;
    if (one === undefined) throw new Error('bug: no hostile contract');
    hostile = one.hash;
    // It FAULTs in the block, and looks good on trial.
    const script = modeScript(one, 'faultBelowGas', parseGas('1.5'));
    await mustHalt(network.send(owner, script).then(network.applied));
  });
  after(async () => {
    process?.signal('SIGKILL');
    await running?.stop();
    await fixture?.stop();
    await network?.stop();
  });

  function mixed(): Omit<Known, 'id' | 'block'>[] {
    const of = (at: number): Hash160 => metronomes[at % metronomes.length] as Hash160;
    const list: Omit<Known, 'id' | 'block'>[] = [];
    for (let at = 0; list.length < 120; at++) {
      const catchup = at % 5 === 0 ? `;catchup=${1 + (at % 10)}` : '';
      list.push({ who: 'every', target: other(at), trigger: `every:${6 + (at % 45)}${catchup}` });
    }
    for (let at = 0; list.length < 155; at++) {
      const minutes = ['*', '*/2', '1-59/2', '0-59', '*/3,1,2'][at % 5];
      list.push({ who: 'cron', target: other(at), trigger: `cron:${minutes} * * * *` });
    }
    for (let at = 0; list.length < 185; at++) {
      const catchup = at % 2 === 0 ? ';catchup=10' : '';
      list.push({ who: 'on', target: other(at), trigger: `on:${of(at % 3)}:Beat${catchup}` });
    }
    CONDITION_PERIODS.forEach((_, at) => {
      list.push({ who: 'when', target: of(at), trigger: 'when:due' });
    });
    list.push({ who: 'hostile', target: hostile, trigger: 'every:7', maxFee: parseGas('4') });
    return list.map((each, at) => ({ ...each, args: [at % 256] }));
  }
  /** Ticks of others would move when a condition holds again. */
  const other = (_at: number): Hash160 => metronomes.at(-1) as Hash160;

  async function registerAll(): Promise<void> {
    const list = mixed();
    for (let at = 0; at < list.length; at += 25) {
      const part = list.slice(at, at + 25);
      const { ids, applied } = await register(fixture, part);
      part.forEach((each, place) => {
        known.push({ ...each, id: ids[place] ?? -1n, block: applied.blockIndex });
      });
    }
    // All that this owner has is locked with the registration and its first runs.
    const poor = await network.newAccount(parseGas('20'));
    const credit = parseGas('1.2') * BigInt(POOR_UPKEEPS);
    await depositCredit(network, network.faucet, fixture.gateway, poor.hash, credit);
    const part = Array.from({ length: POOR_UPKEEPS }, (_, at): Omit<Known, 'id' | 'block'> => {
      return { who: 'poor', target: other(at), trigger: `every:${8 + at}`, args: [at] };
    });
    const { ids, applied } = await register({ ...fixture, owner: poor }, part);
    part.forEach((each, place) => {
      known.push({ ...each, id: ids[place] ?? -1n, block: applied.blockIndex });
    });
  }

  const inStepHeight = (log: string): number =>
    Number(/"event":"in step with the chain","height":(\d+)/.exec(log)?.[1] ?? Number.NaN);

  async function killAndStartAgain(): Promise<void> {
    const killed = process;
    killed?.signal('SIGKILL');
    assert.equal(await killed?.exited, KILLED);
    logs.push((await killed?.logText()) ?? '');
    const from = await network.height();
    process = await startNodeProcess(fixture);
    await process.untilInStep();
    outages.push({ from, to: inStepHeight(await process.logText()) + BACK_AFTER_BLOCKS });
  }

  async function beat(until: number): Promise<void> {
    for (let height = await network.height(); height < until; height = await network.height()) {
      const scripts = metronomes.slice(0, 3).map((each) => callScript(each, 'beat', []));
      const { network: chain, owner } = fixture;
      const sent = await mustHalt(chain.send(owner, Buffer.concat(scripts)).then(chain.applied));
      beats.push(sent.blockIndex);
      await network.waitForBlock(Math.min(until, sent.blockIndex + BEAT_EVERY));
    }
  }

  it('run while the node is killed, and started again, twice', async () => {
    process = await startNodeProcess(fixture);
    await process.untilInStep();
    await registerAll();
    assert.equal(known.length, 200);
    const begun = await network.height();
    const end = begun + BLOCKS;
    const beating = beat(end - 20);
    for (const after of KILLED_AFTER) {
      await network.waitForBlock(begun + after);
      await killAndStartAgain();
    }
    await Promise.all([beating, network.waitForBlock(end)]);
    process.signal('SIGTERM');
    assert.equal(await process.exited, 0, await process.logText());
    logs.push(await process.logText());
    process = null;
    running = await startNode(fixture.config);
    events = await eventsOf(fixture);
    faults = faultsOf(running.db, logs.join(''));
    headers = await readHeaders(network, Math.min(...known.map(({ block }) => block)), end);
    assert.ok(headers.length >= BLOCKS);
  });

  const runsOf = (id: bigint): Performed[] =>
    events.filter((event): event is Performed => {
      return event.name === 'UpkeepPerformed' && event.id === id;
    });
  const lastHeader = (): number => headers.at(-1)?.index ?? 0;
  const outageOf = (block: number): Outage | undefined =>
    outages.find(({ from, to }) => block >= from - LAG_BLOCKS && block <= to);

  /** Of what came due in an outage only the last is run, and as many before as it says. */
  function expected(upkeep: Known, due: readonly Due[]): Due[] {
    const made = Number(/;catchup=(\d+)/.exec(upkeep.trigger)?.[1] ?? 0) + 1;
    const keeps = (one: Due): boolean => {
      const outage = outageOf(one.block);
      if (outage === undefined) return true;
      const within = due.filter(({ block }) => outageOf(block) === outage);
      return within.indexOf(one) >= within.length - made;
    };
    return due.filter(keeps);
  }

  /**
   * Blocks from when a run could be sent until it was made. It can't be before the node is up and
   * in step, before the upkeep's run before it is on the chain (which has a lag of its own), and,
   * for one that was in a transaction that FAULTed, before that is known.
   */
  function lagOf(run: Performed, cameDue: number): Lag {
    const before = runsOf(run.id).filter(({ block }) => block < run.block);
    const faulted = (faults.get(run.id) ?? []).filter((at) => at >= cameDue && at < run.block);
    const ready = [cameDue, outageOf(cameDue)?.to ?? 0, before.at(-1)?.block ?? 0, ...faulted];
    return { ...run, cameDue, ready, blocks: run.block - Math.max(...ready) };
  }

  /** Compares runs with what was due; returns the lag of each. */
  function lagsOf(upkeep: Known): Lag[] {
    const runs = new Map(runsOf(upkeep.id).map((run) => [run.due, run]));
    assert.equal(runs.size, runsOf(upkeep.id).length, `upkeep ${upkeep.id} ran one twice`);
    const told = `upkeep ${upkeep.id} (${upkeep.trigger})`;
    const due = dueOccurrences(upkeep, headers, beats);
    for (const [at, run] of runs) {
      assert.ok(run.delivered, `${told} was not called for ${at}`);
      const wasDue = run.block > lastHeader() || due.some((one) => one.due === at);
      assert.ok(wasDue, `${told} was not due at ${at}`);
    }
    const dry = [...runs.values()].find(({ locked }) => locked === 0n)?.block;
    const last = Math.min(lastHeader() - 2 * LAG_BLOCKS, (dry ?? Number.POSITIVE_INFINITY) - 1);
    return expected(upkeep, due)
      .filter(({ block }) => block <= last)
      .map((one) => {
        const run = runs.get(one.due);
        assert.ok(run !== undefined, `${told} did not run ${one.due}, of block ${one.block}`);
        return lagOf(run, one.block);
      });
  }

  const isLate = ({ blocks }: Lag): boolean => blocks > LAG_BLOCKS;

  it('all of what was due, once, within two blocks, and nothing else', () => {
    const source = readFileSync(fileURLToPath(new URL('due-occurrences.ts', import.meta.url)));
    assert.doesNotMatch(source.toString(), /^import|require\(/m, 'it is told independently');
    const told = known.filter(({ who }) => who !== 'when' && who !== 'hostile').flatMap(lagsOf);
    assert.ok(told.length > 1_000, `${told.length} occurrences`);
    assert.deepEqual(told.filter(isLate), []);
  });

  it('conditions whenever they held, within two blocks', () => {
    // Ticks for others put off when the last one's condition holds again.
    const own = known.filter(({ who, target }) => who === 'when' && target !== other(0));
    const lags = own.flatMap((upkeep) => {
      const period = CONDITION_PERIODS[metronomes.indexOf(upkeep.target)] ?? 0;
      const runs = runsOf(upkeep.id);
      const before = [upkeep.block + 1 - period, ...runs.map(({ block }) => block)];
      const left = lastHeader() - ((before.at(-1) ?? 0) + period);
      assert.ok(left <= 2 * LAG_BLOCKS, `period ${period}: it held for ${left} blocks at the end`);
      return runs.map((run, at) => {
        const held = (before[at] ?? 0) + period;
        assert.ok(run.delivered && run.due >= held && run.block > run.due, `period ${period}`);
        return lagOf(run, held);
      });
    });
    assert.ok(lags.length > 100, `${lags.length} runs`);
    assert.deepEqual(lags.filter(isLate), []);
  });

  it('with those that nobody pays for apart, and at no cost of the hostile one to others', () => {
    let driedUp = 0;
    for (const { id } of known.filter(({ who }) => who === 'poor')) {
      const runs = runsOf(id);
      assert.ok(runs.length >= 1);
      const dry = runs.findIndex(({ locked }) => locked === 0n);
      if (dry >= 0) assert.equal(dry, runs.length - 1, 'none runs that is not paid for');
      driedUp += dry >= 0 ? 1 : 0;
    }
    assert.ok(driedUp > 0);
    const bad = known.find(({ who }) => who === 'hostile')?.id ?? 0n;
    const claims = runsOf(bad);
    assert.ok(claims.length >= 1 && claims.every(({ delivered }) => !delivered));
    assert.ok(
      claims.some(({ lost }) => lost > 0n),
      'it pays for what it burnt',
    );
    for (const { id } of known.filter(({ who }) => who !== 'hostile')) {
      assert.ok(
        runsOf(id).every(({ lost }) => lost === 0n),
        `upkeep ${id} paid for another`,
      );
    }
  });

  it('and the books balance', async () => {
    assert.ok(running !== null);
    await assertBooksMatchChain(network, fixture.gateway, running.db);
    assert.doesNotMatch(running.logText(), /the books differ/);
  });
});

/** By what the node logged of each run that it sent. */
function faultsOf(db: RunningNode['db'], log: string): Map<bigint, number[]> {
  const rows = db.prepare("SELECT hash, block FROM sent_transaction WHERE state = 'faulted'").all();
  const blocks = new Map(
    (rows as { hash: string; block: bigint }[]).map(({ hash, block }) => [hash, Number(block)]),
  );
  const found = new Map<bigint, number[]>();
  for (const line of log.split('\n').filter((each) => RUN_SENT.test(each))) {
    const { upkeepId, tx } = JSON.parse(line) as { upkeepId: string; tx: string };
    const block = blocks.get(tx);
    const id = BigInt(upkeepId);
    if (block !== undefined) found.set(id, [...(found.get(id) ?? []), block]);
  }
  return found;
}

async function readHeaders(
  { rpc }: Pick<OwnPrivateNetwork, 'rpc'>,
  from: number,
  to: number,
): Promise<Header[]> {
  const found: Header[] = [];
  for (let index = from; index <= to; index++) {
    const { time } = await rpc.call<{ time: number }>('getblockheader', [index, true]);
    found.push({ index, timeMs: time });
  }
  return found;
}
