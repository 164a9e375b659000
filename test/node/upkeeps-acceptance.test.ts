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
import { type BlocksByHand, readHeaders, takeBlocks } from './blocks-by-hand.js';
import { assertBooksMatchChain } from './books.js';
import type { PlacedEvent } from './chain-history.js';
import { type Due, dueOccurrences, type Header } from './due-occurrences.js';
import { deployHostiles, type Hostile, modeScript } from './hostile.js';
import { createNodeDone, type NodeDone } from './node-done.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { KILLED, type NodeProcess, startNodeProcess } from './node-process.js';
import { type RunningNode, startNode } from './running-node.js';
import { deployMetronomes, type Performed, register, type UpkeepAsked } from './upkeeps.js';

const BLOCKS = 300;
/** By the blocks' own times, which the machine's clock knows nothing of. */
const BLOCK_MS = 15_000;
const KILLED_AFTER = [90, 190];
/** Blocks go on without the node. */
const DOWN_BLOCKS = 24;
const BEAT_EVERY = 9;
/** From then on what ran with others before brings down the next transaction that it shares. */
const TURNS_AFTER = 60;
/** "Within two blocks". */
const LAG_BLOCKS = 2;
const CONDITION_PERIODS = [6, 7, 8, 9, 11, 13, 15, 17, 19, 23];
/** Credit for so many runs of each of these is all that their owner has. */
const POOR_UPKEEPS = 4;
/** Comes first in the block. */
const HASTY = { networkFee: parseGas('5') };

/** Blocks of a network without a node: the last that it saw, and the last before it is back. */
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

type Who = 'every' | 'cron' | 'on' | 'when' | 'poor' | 'hostile' | 'turncoat';
type Asked = UpkeepAsked & { readonly who: Who };
interface Known extends Asked {
  readonly id: bigint;
  readonly block: number;
}

describe('200 upkeeps over 300 blocks, with a node that is killed twice', function () {
  this.timeout(600_000);
  let network: OwnPrivateNetwork;
  let fixture: NodeFixture;
  let blocks: BlocksByHand;
  let metronomes: Hash160[];
  let hostile: Hostile;
  let turncoat: Hostile;
  let running: RunningNode | null = null;
  let process: NodeProcess | null = null;
  let done: NodeDone | null = null;
  let events: PlacedEvent[];
  let headers: Header[] = [];
  /** Upkeeps that were in the transaction which the turncoat brought down. */
  let broughtDown: readonly bigint[] = [];
  const known: Known[] = [];
  const beats: number[] = [];
  const outages: Outage[] = [];

  before(async () => {
    network = await startPrivateNetwork({ blockMs: 100, onDisk: true });
    fixture = await nodeFixture(network, { nodeGas: parseGas('5000') });
    const { gateway, owner } = fixture;
    const [deployed, hostiles] = await Promise.all([
      deployMetronomes(fixture, CONDITION_PERIODS),
      deployHostiles(fixture, 2),
      depositCredit(network, network.faucet, gateway, owner.hash, parseGas('20000')),
    ]);
    metronomes = deployed;
    [hostile, turncoat] = hostiles as [Hostile, Hostile];
    // It FAULTs in the block, and looks good on trial.
    const modes = [modeScript(hostile, 'faultBelowGas', parseGas('1.5')), modeScript(turncoat, '')];
    await mustHalt(network.send(owner, Buffer.concat(modes)).then(network.applied));
    // With the registration all conditions hold.
    await network.waitForBlock((await network.height()) + Math.max(...CONDITION_PERIODS));
    blocks = await takeBlocks(network, BLOCK_MS);
  });
  after(async () => {
    process?.signal('SIGKILL');
    done?.close();
    await running?.stop();
    await fixture?.stop();
    await network?.stop();
  });

  /** Ticks of others would move when a condition holds again. */
  const other = (): Hash160 => metronomes.at(-1) as Hash160;

  function mixed(): Asked[] {
    const list: Asked[] = [];
    for (let at = 0; list.length < 119; at++) {
      const catchup = at % 5 === 0 ? `;catchup=${1 + (at % 10)}` : '';
      list.push({ who: 'every', target: other(), trigger: `every:${6 + (at % 45)}${catchup}` });
    }
    for (let at = 0; list.length < 154; at++) {
      const minutes = ['*', '*/2', '1-59/2', '0-59', '*/3,1,2', '7', '*/20'][at % 7];
      const catchup = at % 4 === 0 ? `;catchup=${1 + (at % 10)}` : '';
      list.push({ who: 'cron', target: other(), trigger: `cron:${minutes} * * * *${catchup}` });
    }
    for (let at = 0; list.length < 184; at++) {
      const catchup = at % 2 === 0 ? ';catchup=10' : '';
      const target = metronomes[at % 3];
      list.push({ who: 'on', target: other(), trigger: `on:${target}:Beat${catchup}` });
    }
    for (const target of metronomes) list.push({ who: 'when', target, trigger: 'when:due' });
    const bad = { trigger: 'every:7', maxFee: parseGas('4') };
    list.push({ who: 'hostile', target: hostile.hash, ...bad });
    list.push({ who: 'turncoat', target: turncoat.hash, ...bad });
    return list.map((each, at) => ({ ...each, args: [at % 256] }));
  }

  async function registerAs(owner: NodeFixture['owner'], list: readonly Asked[]): Promise<void> {
    const { ids, applied } = await register({ ...fixture, owner }, list);
    list.forEach((each, at) => {
      known.push({ ...each, id: ids[at] ?? -1n, block: applied.blockIndex });
    });
  }

  async function registerAll(): Promise<void> {
    const list = mixed();
    for (let at = 0; at < list.length; at += 25) {
      await registerAs(fixture.owner, list.slice(at, at + 25));
    }
    // All that this owner has is locked with the registration and its first runs.
    const poor = await network.newAccount(parseGas('20'));
    const credit = parseGas('1.2') * BigInt(POOR_UPKEEPS);
    await depositCredit(network, network.faucet, fixture.gateway, poor.hash, credit);
    const part = Array.from({ length: POOR_UPKEEPS }, (_, at): Asked => {
      return { who: 'poor', target: other(), trigger: `every:${8 + at}`, args: [at] };
    });
    await registerAs(poor, part);
  }

  const isUp = (): boolean => process !== null;

  async function start(): Promise<void> {
    process = await startNodeProcess(fixture);
    await process.untilInStep();
    done ??= createNodeDone(fixture);
  }

  async function kill(): Promise<void> {
    const killed = process;
    process = null;
    killed?.signal('SIGKILL');
    assert.equal(await killed?.exited, KILLED);
  }

  /** What is in the memory pool is in the next block. */
  async function beat(): Promise<void> {
    const scripts = metronomes.slice(0, 3).map((each) => callScript(each, 'beat', []));
    await network.send(fixture.owner, Buffer.concat(scripts));
  }

  async function turn(): Promise<void> {
    const bad = known.find(({ who }) => who === 'turncoat')?.id ?? 0n;
    const beside = done?.inTransactionWith(bad) ?? [];
    if (beside.length < 2) return;
    broughtDown = beside;
    await network.send(fixture.owner, modeScript(turncoat, 'abort'), HASTY);
  }

  /** The next of 300 blocks, once the node has done what the one before calls for. */
  async function step(at: number, before: Header): Promise<Header> {
    if (isUp()) await done?.untilDone(before);
    if (at % BEAT_EVERY === 0) {
      await beat();
      beats.push(before.index + 1);
    }
    if (at >= TURNS_AFTER && broughtDown.length === 0) await turn();
    return blocks.next();
  }

  it('run while the node is killed, and started again, twice', async () => {
    await start();
    await blocks.during(registerAll(), (header) => done?.untilDone(header));
    assert.equal(known.length, 200);
    let header = await blocks.next();
    let killedIn = 0;
    for (let at = 1; at <= BLOCKS; at++) {
      header = await step(at, header);
      if (KILLED_AFTER.includes(at)) {
        await kill();
        killedIn = header.index;
      }
      if (KILLED_AFTER.includes(at - DOWN_BLOCKS)) {
        outages.push({ from: killedIn, to: header.index });
        await start();
      }
    }
    await done?.untilDone(header);
    process?.signal('SIGTERM');
    assert.equal(await process?.exited, 0, await process?.logText());
    process = null;
    events = await eventsOf(fixture);
    headers = await readHeaders(network, Math.min(...known.map(({ block }) => block)));
  });

  const runsOf = (id: bigint): Performed[] =>
    events.filter((event): event is Performed => {
      return event.name === 'UpkeepPerformed' && event.id === id;
    });
  const lastHeader = (): number => headers.at(-1)?.index ?? 0;
  /** What came due so shortly before it may have been under way. */
  const outageOf = (block: number): Outage | undefined =>
    outages.find(({ from, to }) => block > from - LAG_BLOCKS && block <= to);

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
   * Blocks from when an occurrence came due until it was run. Nothing but the outage excuses a
   * delay: what came due in it waits for its end, and what is caught up, for the run before it.
   */
  function lagOf(run: Performed, cameDue: number, behind: Performed | null = null): Lag {
    const ready = [cameDue, outageOf(cameDue)?.to ?? 0, behind?.block ?? 0];
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
      assert.ok(
        due.some((one) => one.due === at),
        `${told} was not due at ${at}`,
      );
    }
    const dry = [...runs.values()].find(({ locked }) => locked === 0n)?.block;
    const last = Math.min(lastHeader() - LAG_BLOCKS, (dry ?? Number.POSITIVE_INFINITY) - 1);
    /** The last run of what was missed in an outage, or had to wait for such a run. */
    let behind: Performed | null = null;
    return expected(upkeep, due)
      .filter(({ block }) => block <= last)
      .map((one) => {
        const run = runs.get(one.due);
        assert.ok(run !== undefined, `${told} did not run ${one.due}, of block ${one.block}`);
        if (behind !== null && behind.block < one.block) behind = null;
        const lag = lagOf(run, one.block, behind);
        behind = behind !== null || outageOf(one.block) !== undefined ? run : null;
        return lag;
      });
  }

  const late = (lags: readonly Lag[]): string[] =>
    lags
      .filter((lag) => lag.blocks > LAG_BLOCKS)
      .map((lag) => `upkeep ${lag.id}: came due with ${lag.cameDue}, ran in ${lag.block}`);

  it('all of what was due, once, within two blocks, and nothing else', () => {
    const source = readFileSync(fileURLToPath(new URL('due-occurrences.ts', import.meta.url)));
    assert.doesNotMatch(source.toString(), /^import|require\(/m, 'it is told independently');
    const apart: readonly Who[] = ['when', 'hostile', 'turncoat'];
    const told = known.filter(({ who }) => !apart.includes(who)).flatMap(lagsOf);
    assert.ok(told.length > 3_000, `${told.length} occurrences`);
    assert.deepEqual(late(told), []);
  });

  it('conditions whenever they held, within two blocks', () => {
    // Ticks for others put off when the last one's condition holds again.
    const own = known.filter(({ who, target }) => who === 'when' && target !== other());
    const lags = own.flatMap((upkeep) => {
      const period = CONDITION_PERIODS[metronomes.indexOf(upkeep.target)] ?? 0;
      const runs = runsOf(upkeep.id);
      const before = [upkeep.block + 1 - period, ...runs.map(({ block }) => block)];
      const left = lastHeader() - ((before.at(-1) ?? 0) + period);
      assert.ok(left <= LAG_BLOCKS, `period ${period}: it held for ${left} blocks at the end`);
      return runs.map((run, at) => {
        const held = (before[at] ?? 0) + period;
        assert.ok(run.delivered && run.due >= held && run.block > run.due, `period ${period}`);
        return lagOf(run, held);
      });
    });
    assert.ok(lags.length > 100, `${lags.length} runs`);
    assert.deepEqual(late(lags), []);
  });

  it('with those that nobody pays for apart, and at no cost of the hostile ones to others', () => {
    const ofWho = (who: Who) =>
      known.filter((each) => each.who === who).map(({ id }) => runsOf(id));
    const driedUp = ofWho('poor').filter((runs) => {
      assert.ok(runs.length >= 1);
      const dry = runs.findIndex(({ locked }) => locked === 0n);
      if (dry >= 0) assert.equal(dry, runs.length - 1, 'none runs that is not paid for');
      return dry >= 0;
    });
    assert.ok(driedUp.length > 0);
    const [claims = []] = ofWho('hostile');
    assert.ok(claims.length >= 1 && claims.every(({ delivered }) => !delivered));
    assert.ok(
      claims.some(({ lost }) => lost > 0n),
      'it pays for what it burnt',
    );
    assert.ok(broughtDown.length > 2, `${broughtDown.length} were in that transaction`);
    for (const { id, who } of known.filter((each) => each.who !== 'hostile')) {
      const paid = runsOf(id).filter(({ lost }) => lost > 0n);
      assert.deepEqual(paid, [], `upkeep ${id} (${who}) paid for another`);
    }
  });

  it('and the books balance', async () => {
    // Short of GAS it runs no more, so that nothing is left in flight.
    const gasbank = { ...fixture.config.gasbank, walletFloorDatoshi: parseGas('1000000') };
    await blocks.next();
    running = await startNode({ ...fixture.config, gasbank });
    await blocks.during(assertBooksMatchChain(network, fixture.gateway, running.db));
    assert.doesNotMatch(running.logText(), /the books differ/);
  });
});
