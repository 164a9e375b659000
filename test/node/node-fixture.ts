import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccount, type DevnetAccount } from '../../scripts/devnet/account.js';
import {
  deployConsumer,
  deployGateway,
  depositCredit,
  gatewayHashes,
} from '../../scripts/devnet/contracts.js';
import { writeNodeFiles } from '../../scripts/devnet/node-files.js';
import { MIN_BLOCK_MS, type PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { ensureRandomKey } from '../../scripts/devnet/random-key.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { type LocalSource, startLocalSource } from './local-source.js';

/** A gateway of its own on a network, a consumer with credit, and what a node needs to serve it. */
export interface NodeFixture {
  readonly network: PrivateNetwork;
  readonly gateway: Hash160;
  readonly consumer: Hash160;
  /** Owns gateway and consumer. */
  readonly owner: DevnetAccount;
  /** The key in the node's wallet. */
  readonly node: DevnetAccount;
  readonly source: LocalSource;
  readonly folder: string;
  /** The node's configuration; its file has no API port of its own. */
  readonly config: NodeConfig;
  /** The gateway's events begin here. */
  readonly fromBlock: number;
  stop(): Promise<void>;
}

export interface NodeFixtureOptions {
  /** On the node's account; default 100 GAS. */
  readonly nodeGas?: Datoshi;
  /** Whom the gateway takes answers from; default the node's account. */
  readonly nodeAccount?: Hash160;
  /** Blocks until a request expires; default 1,000, more than a test lasts. */
  readonly requestLifetime?: number;
  readonly blockMs?: number;
  /** Makes the node a key of random numbers, and the gateway's. */
  readonly drawsNumbers?: boolean;
}

const OWNER_GAS = parseGas('3000');
const CONSUMER_CREDIT = parseGas('500');
const NODE_GAS = parseGas('100');
const LIFETIME_BLOCKS = 1_000;

export async function nodeFixture(
  network: PrivateNetwork,
  options: NodeFixtureOptions = {},
): Promise<NodeFixture> {
  const { nodeGas = NODE_GAS } = options;
  const fromBlock = await network.height();
  const folder = await mkdtemp(join(tmpdir(), 'dodona-node-'));
  const [source, owner] = await Promise.all([startLocalSource(), network.newAccount(OWNER_GAS)]);
  const node = nodeGas === 0n ? createAccount() : await network.newAccount(nodeGas);
  const { gateway } = await gatewayHashes(owner);
  const [, consumer] = await Promise.all([
    deployGateway(network, owner, options.nodeAccount ?? node.hash),
    deployConsumer(network, owner, gateway),
  ]);
  await Promise.all([
    depositCredit(network, owner, gateway, consumer, CONSUMER_CREDIT),
    setTerms({ network, gateway, owner }, { lifetime: options.requestLifetime ?? LIFETIME_BLOCKS }),
  ]);
  const file = await writeNodeFiles({
    folder,
    rpcUrl: network.rpcUrl,
    wsUrl: network.wsUrl,
    magic: network.magic,
    gateway,
    node,
    apiPort: 0,
    blockMs: options.blockMs ?? MIN_BLOCK_MS,
    sourceAuthority: source.authority,
  });
  const loaded = loadConfig(file);
  const hosts = [{ host: '127.0.0.1', ports: source.ports, http: true }];
  const config: NodeConfig = {
    ...loaded,
    http: { ...loaded.http, allow: { hosts, cidrs: [] } },
    // One thread starts in half the time of two.
    filters: { ...loaded.filters, workers: 1 },
    gateway: { ...loaded.gateway, startBlock: fromBlock },
  };
  if (options.drawsNumbers === true) {
    await ensureRandomKey(network, owner, config, { n: 2, r: 8, p: 1 });
  }
  return {
    network,
    gateway,
    consumer,
    owner,
    node,
    source,
    folder,
    config,
    fromBlock,
    stop: async () => {
      await source.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Sets the terms of requests from now on; those left out stay as they are. */
export async function setTerms(
  { network, gateway, owner }: Pick<NodeFixture, 'network' | 'gateway' | 'owner'>,
  terms: {
    readonly lifetime?: number;
    readonly minimum?: Datoshi;
    readonly premium?: Datoshi;
    readonly networkFeeCeiling?: Datoshi;
  },
): Promise<void> {
  const policy = await readContract(network.rpc, gatewayReads(gateway).policy());
  const { minimum, premium } = terms;
  await mustHalt(
    network.invoke(owner, gateway, 'setPolicy', [
      policy.premiums.map((before) => premium ?? before),
      policy.minimums.map((before) => minimum ?? before),
      terms.lifetime ?? policy.requestLifetime,
      policy.resultLifetime,
      terms.networkFeeCeiling ?? policy.networkFeeCeiling,
      policy.updateDelay,
    ]),
  );
}

/** Throws with what the transaction FAULTed by. */
export async function mustHalt<T extends { state: string; exception: string | null }>(
  applied: Promise<T>,
): Promise<T> {
  const done = await applied;
  if (done.state !== 'HALT') throw new Error(`a transaction FAULTed: ${done.exception}`);
  return done;
}
