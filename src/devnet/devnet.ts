import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseGas } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { loadConfig } from '../config/load-config.js';
import { createAccount, type DevnetAccount } from './account.js';
import {
  type DeployedGateway,
  deployConsumer,
  deployGateway,
  depositCredit,
  gatewayHashes,
} from './contracts.js';
import { type DevnetState, openStateFolder, saveState } from './devnet-state.js';
import { freePorts } from './free-port.js';
import type { NeoGoFinder } from './neo-go-node.js';
import { writeNodeFiles } from './node-files.js';
import {
  checkBlockMs,
  DEFAULT_BLOCK_MS,
  type OwnPrivateNetwork,
  randomMagic,
  removalOf,
  startPrivateNetwork,
} from './private-network.js';
import { ensureRandomKey } from './random-key.js';
import { writeShellFiles } from './shell-files.js';

/** A private network with a gateway, the example consumer and accounts that have GAS. */
export interface Devnet extends OwnPrivateNetwork {
  readonly gateway: Hash160;
  readonly executor: Hash160;
  /** The example consumer; it has credit at the gateway. */
  readonly consumer: Hash160;
  /** Owns the gateway and the consumer; 1,000 GAS and more. */
  readonly owner: DevnetAccount;
  /** The gateway's node account; 5,000 GAS. */
  readonly node: DevnetAccount;
  /** A configuration for `dodona start --config FILE`. */
  readonly configFile: string;
  /** Where the node of that configuration serves its API, once it runs: 127.0.0.1 and this port. */
  readonly apiPort: number;
  /** Sets a shell up for working with this devnet by hand: `. FILE`. */
  readonly shellFile: string;
}

export interface DevnetOptions {
  readonly neoGo: NeoGoFinder;
  /** Milliseconds between blocks, 100 to 60000; default 1000, or that of the kept devnet. */
  readonly blockMs?: number;
  /** Folder that keeps chain, accounts and contracts for the next start; default: a throw-away. */
  readonly dataFolder?: string;
  /** PEM text of an authority that the node trusts besides the built-in ones, for https sources. */
  readonly sourceAuthority?: string;
  /** Told what is being done, in a few words. */
  readonly onProgress?: (step: string) => void;
}

const OWNER_GAS = parseGas('2000');
const NODE_GAS = parseGas('5000');
const CONSUMER_CREDIT = parseGas('1000');

/** Starts a devnet; everything is in a block when it resolves. */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  if (options.blockMs !== undefined) checkBlockMs(options.blockMs);
  const place = await openPlace(options.dataFolder);
  try {
    const devnet = await startIn(place, options);
    const stop = async () => {
      await devnet.stop();
      await place.leave();
    };
    return { ...devnet, stop };
  } catch (error) {
    await place.leave();
    throw error;
  }
}

/** The folder of a devnet, while it runs. */
interface Place {
  readonly folder: string;
  readonly keeps: boolean;
  readonly state: DevnetState | null;
  leave(): Promise<void>;
}

async function openPlace(dataFolder: string | undefined): Promise<Place> {
  if (dataFolder === undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'dodona-devnet-'));
    return { folder, keeps: false, state: null, leave: removalOf(folder) };
  }
  const folder = resolve(dataFolder);
  const { state, release } = await openStateFolder(folder);
  return { folder, keeps: true, state, leave: release };
}

type Keys = Pick<
  DevnetState,
  'magic' | 'blockMs' | 'committeeWif' | 'faucetWif' | 'ownerWif' | 'nodeWif'
>;

async function startIn(place: Place, options: DevnetOptions): Promise<Devnet> {
  const { folder, state, keeps } = place;
  const tell = options.onProgress ?? (() => {});
  const keys = state ?? newKeys(options.blockMs ?? DEFAULT_BLOCK_MS);
  requireSameBlockTime(keys.blockMs, options.blockMs);
  tell(state === null ? 'starting neo-go' : 'starting neo-go on the kept chain');
  const owner = createAccount(keys.ownerWif);
  const node = createAccount(keys.nodeWif);
  const network = await startPrivateNetwork({
    neoGo: options.neoGo,
    blockMs: keys.blockMs,
    endowments: [
      { account: owner.hash, gas: OWNER_GAS },
      { account: node.hash, gas: NODE_GAS },
    ],
    onDisk: keeps,
    place: {
      folder,
      magic: keys.magic,
      committee: createAccount(keys.committeeWif),
      faucet: createAccount(keys.faucetWif),
    },
  });
  try {
    const contracts = state ?? (await setUp(network, owner, node, tell));
    const { gateway, executor, consumer } = contracts;
    if (keeps && state === null) {
      await saveState(folder, { ...keys, version: 1, gateway, executor, consumer });
    }
    const { rpcUrl, wsUrl, magic } = network;
    const { sourceAuthority } = options;
    const { blockMs } = keys;
    const [apiPort = 0] = await freePorts(1);
    const files = {
      folder,
      rpcUrl,
      wsUrl,
      magic,
      gateway,
      node,
      apiPort,
      blockMs,
      sourceAuthority,
    };
    const configFile = await writeNodeFiles(files);
    tell('making the key of random numbers');
    await ensureRandomKey(network, owner, loadConfig(configFile));
    const neoGo = await options.neoGo();
    const shellFile = await writeShellFiles({ ...files, consumer, owner, configFile, neoGo });
    const made = { gateway, executor, consumer, owner, node };
    return { ...network, ...made, configFile, apiPort, shellFile };
  } catch (error) {
    await network.stop();
    throw error;
  }
}

function newKeys(blockMs: number): Keys {
  return {
    magic: randomMagic(),
    blockMs,
    committeeWif: createAccount().wif,
    faucetWif: createAccount().wif,
    ownerWif: createAccount().wif,
    nodeWif: createAccount().wif,
  };
}

function requireSameBlockTime(keptMs: number, wantedMs: number | undefined): void {
  if (wantedMs === undefined || wantedMs === keptMs) return;
  throw new Error(
    `the kept chain makes a block each ${keptMs} ms and can't change to ${wantedMs} ms: leave ` +
      '--block-ms out, or give --data another folder',
  );
}

async function setUp(
  network: OwnPrivateNetwork,
  owner: DevnetAccount,
  node: DevnetAccount,
  tell: (step: string) => void,
): Promise<DeployedGateway & { consumer: Hash160 }> {
  tell('deploying gateway, executor and the example consumer');
  const { gateway } = await gatewayHashes(owner);
  const [contracts, consumer] = await Promise.all([
    deployGateway(network, owner, node.hash),
    deployConsumer(network, owner, gateway),
  ]);
  tell("paying in the consumer's credit");
  await depositCredit(network, owner, contracts.gateway, consumer, CONSUMER_CREDIT);
  return { ...contracts, consumer };
}
