import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { messageOf } from '../../src/base/node-error.js';
import { type Devnet, startDevnet } from '../devnet/devnet.js';
import type { SeededRandom } from '../simulator/seeded-random.js';
import { type Canary, canariesOf } from './canaries.js';
import { type Cast, castActors } from './cast.js';
import { type Follower, relayBlocks, startFollower } from './follower.js';
import { keepLog } from './keep-log.js';
import { createOperatorNode, type Life, type OperatorNode } from './operator-node.js';
import { type RoughSource, startRoughSource } from './rough-source.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** All that is troubled, and all that troubles. */
export interface World {
  readonly folder: string;
  readonly devnet: Devnet;
  /** The RPC node that the node asks first. */
  readonly follower: Follower;
  /** Between the node and its two endpoints: the follower's, and that of who makes the blocks. */
  readonly lines: readonly [TcpProxy, TcpProxy];
  readonly source: RoughSource;
  readonly cast: Cast;
  readonly node: OperatorNode;
  readonly apiUrl: string;
  /** A small file system of its own. */
  readonly disk: string;
  readonly storageDir: string;
  readonly passphraseFile: string;
  readonly canaries: readonly Canary[];
  /** Exits of the node that nobody meant. */
  readonly exits: readonly Life[];
  /** Reads the node's metrics, and keeps them. */
  lookAtMetrics(): Promise<void>;
  /** All that was read of them. */
  metricsSeen(): Buffer;
  /** Ends everything; the folder stays when it is to be looked at. */
  stop(keepsFolder: boolean): Promise<void>;
}

const BLOCK_MS = 500;
const DISK_SIZE = '640m';
const REQUEST_TIMEOUT = '3s';

export interface WorldOptions {
  readonly random: SeededRandom;
  /** Whether the node's data are on a small disk of their own, which takes a privilege. */
  readonly hasDisk: boolean;
  tell(step: string): void;
}

export async function openWorld({ random, hasDisk, tell }: WorldOptions): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'dodona-chaos-'));
  const closers: (() => unknown)[] = [];
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const close = async (keepsFolder: boolean): Promise<void> => {
    // Who works on the disk has ended by then; the disk itself is what was opened first.
    if (keepsFolder && hasDisk) closers.splice(1, 0, () => keepDisk(folder));
    for (const closer of closers.splice(0).reverse()) {
      await Promise.resolve()
        .then(closer)
        .catch((error) => tell(`not ended cleanly: ${messageOf(error)}`));
    }
    process.off('exit', remove);
    if (!keepsFolder) remove();
  };
  try {
    return await openParts({ folder, random, hasDisk, tell, closers, close });
  } catch (error) {
    await close(true);
    throw new Error(`${messageOf(error)} (what there is of it: ${folder})`, { cause: error });
  }
}

interface Opening extends WorldOptions {
  readonly folder: string;
  readonly closers: (() => unknown)[];
  close(keepsFolder: boolean): Promise<void>;
}

async function openParts(opening: Opening): Promise<World> {
  const { folder, random, tell, closers, close } = opening;
  const disk = join(folder, 'disk');
  mkdirSync(disk, { mode: 0o700 });
  if (opening.hasDisk) mountDisk(disk, closers);
  const flaky = random.fork('source');
  const source = await startRoughSource(() => flaky.chance(0.5));
  closers.push(() => source.stop());
  const devnet = await startDevnet({
    blockMs: BLOCK_MS,
    dataFolder: join(folder, 'devnet'),
    onProgress: tell,
  });
  closers.push(() => devnet.stop());
  await relayBlocks(devnet.neoGo);
  await keepLog(devnet.neoGo.logFile, 'first');
  await devnet.neoGo.restart();
  tell('deploying who asks');
  const cast = await castActors(devnet, source.url);
  tell('starting a second neo-go, which follows');
  const followerFolder = join(folder, 'follower');
  mkdirSync(followerFolder);
  const follower = await startFollower(devnet.neoGo, followerFolder);
  closers.push(() => follower.process().stop());
  const makerPort = Number(new URL(devnet.rpcUrl).port);
  const lines = [await startTcpProxy(follower.rpcPort), await startTcpProxy(makerPort)] as const;
  for (const line of lines) closers.push(() => line.stop());
  const nodeFolder = join(folder, 'node');
  mkdirSync(nodeFolder);
  const storageDir = join(disk, 'data');
  const configFile = writeConfig(devnet, lines, { nodeFolder, storageDir });
  const exits: Life[] = [];
  const node = createOperatorNode(configFile, nodeFolder, (life) => {
    if (!life.isMeant) exits.push(life);
  });
  closers.push(() => node.close());
  const passphraseFile = join(folder, 'inputs', 'backup.passphrase');
  const canaries = canariesOf(random.fork('canaries'), devnet);
  writeInputs(join(folder, 'inputs'), canaries, passphraseFile);
  const apiUrl = `http://127.0.0.1:${devnet.apiPort}`;
  const metrics: Buffer[] = [];
  const lookAtMetrics = async (): Promise<void> => {
    const response = await fetch(`${apiUrl}/metrics`).catch(() => null);
    if (response?.ok) metrics.push(Buffer.from(await response.arrayBuffer()));
  };
  const metricsSeen = () => Buffer.concat(metrics);
  const world = { folder, devnet, follower, lines, source, cast, node, apiUrl, disk, storageDir };
  const looks = { lookAtMetrics, metricsSeen };
  return { ...world, ...looks, passphraseFile, canaries, exits, stop: close };
}

/** What is on the small disk goes with it: a copy stays for who looks for the cause. */
const keepDisk = (folder: string): void =>
  cpSync(join(folder, 'disk'), join(folder, 'disk.kept'), { recursive: true });

/** Files of secrets that commands read; nobody looks for canaries among them. */
function writeInputs(dir: string, canaries: readonly Canary[], passphraseFile: string): void {
  mkdirSync(dir, { mode: 0o700 });
  for (const { name, value } of canaries) {
    writeFileSync(join(dir, `${name}.txt`), value, { mode: 0o600 });
  }
  const passphrase = canaries.find(({ name }) => name === 'passphrase');
  if (passphrase === undefined) throw new Error('bug: no canary is the passphrase');
  writeFileSync(passphraseFile, passphrase.value, { mode: 0o600 });
}

/** The devnet's configuration, over the lines, with its data on the small disk. */
function writeConfig(
  devnet: Devnet,
  lines: readonly TcpProxy[],
  { nodeFolder, storageDir }: { nodeFolder: string; storageDir: string },
): string {
  const from = dirname(devnet.configFile);
  const config = parse(readFileSync(devnet.configFile, 'utf8')) as Record<string, object>;
  config.network = {
    ...config.network,
    rpc: lines.map(({ port }) => `http://127.0.0.1:${port}`),
    webSocket: lines.map(({ port }) => `ws://127.0.0.1:${port}/ws`),
    requestTimeout: REQUEST_TIMEOUT,
  };
  config.storage = { dir: storageDir };
  mkdirSync(storageDir, { mode: 0o700 });
  for (const name of readdirSync(join(from, 'node'))) {
    const text = readFileSync(join(from, 'node', name));
    writeFileSync(join(storageDir, name), text, { mode: 0o600 });
  }
  for (const name of ['node-wallet.json', 'node-wallet.password']) {
    renameSync(join(from, name), join(nodeFolder, name));
  }
  const file = join(nodeFolder, 'node.config.yaml');
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return file;
}

/** Mounts a small file system in memory, which goes with this process at the latest. */
function mountDisk(dir: string, closers: (() => unknown)[]): void {
  try {
    const options = `size=${DISK_SIZE},mode=0700`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'dodona-chaos', dir], { stdio: 'pipe' });
  } catch (error) {
    throw new Error(
      `a small disk to be filled could not be mounted (${messageOf(error).trim()}): run it as ` +
        'root, or in a namespace of your own: unshare --map-root-user --mount npm run chaos',
    );
  }
  const unmount = (): void => {
    process.off('exit', unmount);
    try {
      execFileSync('umount', ['--lazy', dir], { stdio: 'pipe' });
    } catch {
      // It is not mounted any more.
    }
  };
  process.prependOnceListener('exit', unmount);
  closers.push(unmount);
}
