import type { Hash160 } from '../../src/base/hash.js';
import { messageOf } from '../../src/base/node-error.js';
import type { Signer } from '../../src/chain/signer.js';
import type { FeedConfig } from '../../src/config/feed-config.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { realOutside } from '../../src/node/outside.js';
import { createNode, type DodonaNode } from '../../src/node.js';
import { mayPass } from '../../src/pipeline/trouble.js';
import type { Database } from '../../src/storage/database.js';
import type { Faults } from './faults.js';
import type { History } from './history.js';
import { createLife, createVirtualClock, type Life, type VirtualClock } from './life.js';
import type { SeededRandom } from './seeded-random.js';
import { createSimulatedDisk, type SimulatedDisk } from './simulated-disk.js';
import { createNodeLog, silentMetrics } from './simulated-log.js';
import { type Announcer, createRpcConnections, type NetworkParts } from './simulated-rpc.js';
import { createSimulatedWeb, type WebParts } from './simulated-web.js';
import {
  createFiltersInPlace,
  createPacker,
  createStandInRandom,
  keysInPlace,
  openStandInFunctions,
} from './stand-ins.js';
import { openVaultInPlace, stockVault } from './vault-in-place.js';

/** What nodes of one simulation share: everything but their disks. */
export interface NodeSurroundings extends NetworkParts, WebParts {
  readonly faults: Faults;
  readonly history: History;
  readonly announcer: Announcer;
  /** The simulation has found something that must not be. */
  readonly fail: (what: string) => void;
  readonly emptyDatabase: Buffer;
}

export interface SimulatedNodeOptions {
  readonly name: string;
  readonly config: NodeConfig;
  readonly signer: Signer;
  readonly feeds: readonly FeedConfig[];
  readonly random: SeededRandom;
  /** What is in its vault, and for whom. */
  readonly secret: { readonly requester: Hash160; readonly value: Buffer };
  /** Bytes that must be in no line of the log. */
  readonly isSecret: (text: string) => boolean;
}

/** A node whose process ends and begins again, on a disk that stays. */
export interface SimulatedNode {
  readonly name: string;
  readonly disk: SimulatedDisk;
  /** Starts it, and whenever it ended starts it again. */
  begin(): void;
  /** Ends it for good. */
  end(): void;
  isRunning(): boolean;
  /** Its database while it runs. */
  database(): Database | null;
  /** Processes so far. */
  lives(): number;
}

/** The node promises to be gone after 10 s. */
const STOP_LIMIT_MS = 10_000;
const RESTART_MS = { least: 50, most: 8_000 };
/** A process that is to be killed dies at one of so many steps. */
const MAX_STEPS_TO_DEATH = 2_000;
const JUMP_MS = { least: 500, most: 86_400_000 };
const FATE_EVERY_MS = 2_500;

interface Process {
  readonly life: Life;
  readonly node: DodonaNode;
  readonly clock: VirtualClock;
  isStopping: boolean;
}

export function createSimulatedNode(
  world: NodeSurroundings,
  options: SimulatedNodeOptions,
): SimulatedNode {
  const { time, faults, history } = world;
  const { name, random } = options;
  const diskParts = { faults, random: random.fork('disk'), empty: world.emptyDatabase };
  const disk = createSimulatedDisk(diskParts);
  let process: Process | null = null;
  let database: Database | null = null;
  let isOver = false;
  let lives = 0;

  function openDatabase(life: Life, clock: VirtualClock): Database {
    const db = disk.open(life);
    database = db;
    const { vault } = openVaultInPlace(random.fork('vault'))(options.config, db, clock);
    const { requester, value } = options.secret;
    // Trouble of the disk leaves it without: then it is forbidden to use.
    if (lives === 1) stockVault(vault, requester, value).catch(() => {});
    return db;
  }

  function outsideOf(life: Life, clock: VirtualClock) {
    const rpc = createRpcConnections(world, life, name);
    return {
      ...realOutside,
      connectRpc: rpc.connect,
      connectAnnouncements: world.announcer.connectFor(life),
      openDatabase: () => openDatabase(life, clock),
      lock: () => ({ release: () => {} }),
      loadFeeds: () => [...options.feeds],
      openKeys: () => keysInPlace(options.signer),
      openWeb: async () => ({
        fetch: createSimulatedWeb(world, life, name),
        filters: createFiltersInPlace(time, life),
      }),
      openFunctions: openStandInFunctions(time, life),
      openRandom: () => createStandInRandom(time, life),
      openVault: openVaultInPlace(random.fork('vault')),
      openAlerts: () => ({ firing: () => [], run: async () => {} }),
      openApi: () => ({ start: async () => '', stop: async () => {} }),
      random: (count: number) => random.bytes(count),
      packBlob: createPacker(time, life),
    };
  }

  function gone(how: 'ended' | 'power cut', why: string): void {
    process?.life.end();
    process = null;
    // What is in the middle of a statement comes to its end first.
    time.after(0, () => {
      disk.close(how);
      database = null;
      history.note(`${name} is gone: ${why}`);
      if (isOver) return;
      time.after(random.between(RESTART_MS.least, RESTART_MS.most), begin);
    });
  }

  function begin(): void {
    if (isOver || process !== null) return;
    lives += 1;
    const life = createLife();
    const start = { wallMs: world.trueMs() - time.nowMs(), random: random.fork(`life ${lives}`) };
    const clock = createVirtualClock(time, life, start);
    const log = createNodeLog({ ...options, history, clock, life, fail: world.fail });
    const { config } = options;
    const outside = outsideOf(life, clock);
    const given = { config, version: 'simulated', log, metrics: silentMetrics, clock, outside };
    const node = createNode(given);
    const own = { life, node, clock, isStopping: false };
    process = own;
    history.note(`${name} starts`);
    node
      .start()
      .then(() => node.ended)
      .then(
        () => process === own && gone('ended', 'it stopped'),
        (error) => process === own && broke(own, error),
      );
    planFate(own);
  }

  /** A node that ends by itself is started again; whether it may have ended is another matter. */
  function broke({ isStopping }: Process, error: unknown): void {
    // One that is told to stop while it starts says so.
    if (!isStopping && !mayPass(error))
      world.fail(`${name} ended: ${messageOf(error)}\n${stackOf(error)}`);
    gone('ended', messageOf(error));
  }

  /** What happens to this process from outside, looked at again and again while it lives. */
  function planFate(own: Process): void {
    time.after(random.between(FATE_EVERY_MS / 2, FATE_EVERY_MS), () => {
      if (process !== own) return;
      if (faults.strikes('clock jumped')) {
        own.clock.jump(drawJump(random));
        history.note(`${name}: its clock jumps to ${own.clock.nowMs()}`);
      }
      if (faults.strikes('process killed')) dieSoon(own, 'ended');
      else if (faults.strikes('power cut')) dieSoon(own, 'power cut');
      else if (faults.strikes('node stopped')) return stop(own);
      planFate(own);
    });
  }

  function dieSoon(own: Process, how: 'ended' | 'power cut'): void {
    const steps = 1 + Math.floor(MAX_STEPS_TO_DEATH ** random.next());
    own.life.endAfter(steps, (where) => {
      if (process !== own) return;
      process = null;
      gone(how, `killed (${how}) at a ${where}`);
    });
  }

  function stop(own: Process): void {
    own.isStopping = true;
    const askedMs = time.nowMs();
    history.note(`${name} is told to stop`);
    const late = time.after(STOP_LIMIT_MS, () => {
      // One that was killed meanwhile is no process any more that could stop.
      if (process === own) world.fail(`${name} did not stop within ${STOP_LIMIT_MS} ms`);
    });
    own.node.stop().then(() => {
      late.callOff();
      history.note(`${name} took ${Math.round(time.nowMs() - askedMs)} ms to stop`);
    });
  }

  return {
    name,
    disk,
    begin,
    end() {
      isOver = true;
      if (process !== null) gone('ended', 'the simulation is over');
    },
    isRunning: () => process !== null,
    database: () => database,
    lives: () => lives,
  };
}

/** As often by seconds as by minutes or hours. */
function drawJump(random: SeededRandom): number {
  const { least, most } = JUMP_MS;
  const byMs = Math.round(least * (most / least) ** random.next());
  return random.chance(0.5) ? byMs : -byMs;
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 8).join('\n') : '';
