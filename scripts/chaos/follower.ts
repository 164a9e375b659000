import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NeoGoNode } from '../../src/devnet/neo-go-node.js';
import { freePorts } from '../devnet/free-port.js';
import { type LeashedProcess, startLeashed } from '../devnet/leash.js';
import { eventually } from '../devnet/private-chain.js';
import { ensureNeoGo } from '../ensure/neo-go.mjs';

/**
 * A neo-go that makes no blocks: it has them from the one that does, as an operator's RPC node has
 * them from the network. Killed, it loses what it had not written yet, and gets the same again.
 */
export interface Follower {
  readonly rpcPort: number;
  readonly rpcUrl: string;
  readonly folder: string;
  readonly process: () => LeashedProcess;
  /** Starts it again on its data and ports, and waits until it answers. */
  restart(): Promise<void>;
}

interface NeoGoConfig {
  ProtocolConfiguration: { SeedList?: string[] };
  ApplicationConfiguration: {
    DBConfiguration: object;
    P2P: object & { Addresses: string[] };
    Relay: boolean;
    Consensus?: object;
    RPC: object & { Addresses: string[] };
  };
}

/** neo-go has no defaults for these, and panics without. */
const TIMES = {
  DialTimeout: '1s',
  ProtoTickInterval: '500ms',
  PingInterval: '5s',
  PingTimeout: '15s',
};

/** Lets the maker of blocks talk to others, from its next start on. */
export async function relayBlocks({ configFile }: NeoGoNode): Promise<void> {
  const config = JSON.parse(await readFile(configFile, 'utf8')) as NeoGoConfig;
  const app = config.ApplicationConfiguration;
  app.Relay = true;
  app.P2P = { ...app.P2P, ...TIMES };
  await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
}

export async function startFollower(of: NeoGoNode, folder: string): Promise<Follower> {
  const config = JSON.parse(await readFile(of.configFile, 'utf8')) as NeoGoConfig;
  const [rpcPort = 0, p2pPort = 0] = await freePorts(2);
  const app = config.ApplicationConfiguration;
  const { Consensus: _, ...others } = app;
  const database = join(folder, 'chain');
  await mkdir(database, { recursive: true });
  const own = {
    ProtocolConfiguration: { ...config.ProtocolConfiguration, SeedList: app.P2P.Addresses },
    ApplicationConfiguration: {
      ...others,
      DBConfiguration: {
        Type: 'leveldb',
        LevelDBOptions: { DataDirectoryPath: database },
      },
      P2P: { ...app.P2P, Addresses: [`127.0.0.1:${p2pPort}`], MinPeers: 1 },
      Relay: true,
      RPC: { ...app.RPC, Addresses: [`127.0.0.1:${rpcPort}`] },
    },
  };
  const configFile = join(folder, 'neo-go.yml');
  const logFile = join(folder, 'neo-go.log');
  await writeFile(configFile, JSON.stringify(own), { mode: 0o600 });
  const neoGo = await ensureNeoGo();
  const rpcUrl = `http://127.0.0.1:${rpcPort}`;
  const start = async (): Promise<LeashedProcess> => {
    const args = ['node', '--config-file', configFile, '--relative-path', folder];
    const started = await startLeashed(neoGo, args, logFile);
    await eventually('the following neo-go to answer', async () => {
      if (!started.running()) throw new Error(`neo-go ended; its log: ${logFile}`);
      return answers(rpcUrl);
    });
    return started;
  };
  let current = await start();
  return {
    rpcPort,
    rpcUrl,
    folder,
    process: () => current,
    restart: async () => {
      await current.stop();
      current = await start();
    },
  };
}

async function answers(url: string): Promise<true | null> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getblockcount', params: [] });
  const response = await fetch(url, { method: 'POST', body }).catch(() => null);
  return response?.ok ? true : null;
}
