import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../base/clock.js';
import { messageOf } from '../base/node-error.js';
import { createRpcClient, type Rpc } from '../chain/rpc.js';
import { type DevnetAccount, multisigOf, walletFileText } from './account.js';
import { freePorts } from './free-port.js';
import { type LeashedProcess, startLeashed } from './leash.js';
import { type NeoGoLimits, neoGoConfigText } from './neo-go-config.js';

/** Answers the path of a neo-go of the version that the contracts are compiled by. */
export type NeoGoFinder = () => Promise<string>;

export interface NeoGoNodeOptions {
  readonly magic: number;
  readonly blockMs: number;
  readonly committee: DevnetAccount;
  /** Existing folder for its files: configuration, wallet, log and, when kept, the chain. */
  readonly folder: string;
  readonly keepChain: boolean;
  readonly neoGo: NeoGoFinder;
  readonly limits?: NeoGoLimits | undefined;
}

/** One neo-go process that makes the blocks of a private network. */
export interface NeoGoNode {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  /** JSON; what is changed in it holds from the next start on. */
  readonly configFile: string;
  readonly logFile: string;
  readonly process: () => LeashedProcess;
  /** Starts it again, on the same ports, after it was stopped or killed. */
  restart(): Promise<void>;
}

const START_ATTEMPTS = 5;
const START_LIMIT_MS = 30_000;
const READY_CHECK_MS = 20;
const LOG_LINES_SHOWN = 15;
const WALLET_PASSWORD = 'devnet';

/** Starts neo-go on free ports and waits until it answers. Throws with its log when it does not. */
export async function startNeoGoNode(options: NeoGoNodeOptions): Promise<NeoGoNode> {
  const walletFile = join(options.folder, 'consensus-wallet.json');
  const committee = [options.committee, multisigOf(options.committee)];
  await writeFile(walletFile, await walletFileText(committee, WALLET_PASSWORD), { mode: 0o600 });
  for (let attempt = 1; ; attempt++) {
    const [rpcPort = 0, p2pPort = 0] = await freePorts(2);
    const node = { ...options, walletFile, rpcPort, p2pPort };
    try {
      return await startOnPorts(node);
    } catch (error) {
      // Somebody else took a port between our asking for it and neo-go's listening on it.
      const taken = messageOf(error).includes('address already in use');
      if (!taken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

interface PortsChosen extends NeoGoNodeOptions {
  readonly walletFile: string;
  readonly rpcPort: number;
  readonly p2pPort: number;
}

async function startOnPorts(options: PortsChosen): Promise<NeoGoNode> {
  const { folder, rpcPort } = options;
  const configFile = join(folder, 'neo-go.yml');
  const logFile = join(folder, 'neo-go.log');
  const databaseFolder = options.keepChain ? join(folder, 'chain') : null;
  if (databaseFolder !== null) await mkdir(databaseFolder, { recursive: true });
  const text = neoGoConfigText({ ...options, walletPassword: WALLET_PASSWORD, databaseFolder });
  await writeFile(configFile, text, { mode: 0o600 });
  const neoGo = await options.neoGo();
  const args = ['node', '--config-file', configFile, '--relative-path', folder];
  const rpcUrl = `http://127.0.0.1:${rpcPort}`;
  const start = async (): Promise<LeashedProcess> => {
    await writeFile(logFile, '');
    const started = await startLeashed(neoGo, args, logFile);
    await answering(rpcUrl, options.magic, started, logFile);
    return started;
  };
  let current = await start();
  return {
    rpcUrl,
    wsUrl: `ws://127.0.0.1:${rpcPort}/ws`,
    configFile,
    logFile,
    process: () => current,
    restart: async () => {
      await current.stop();
      current = await start();
    },
  };
}

async function answering(
  url: string,
  magic: number,
  node: LeashedProcess,
  logFile: string,
): Promise<void> {
  const rpc = createRpcClient({ url, clock: systemClock, maxConnections: 1 });
  const endMs = systemClock.monotonicMs() + START_LIMIT_MS;
  try {
    while ((await magicAnsweredBy(rpc)) !== magic) {
      if (node.running() && systemClock.monotonicMs() < endMs) {
        await systemClock.sleep(READY_CHECK_MS);
        continue;
      }
      await node.stop();
      throw new Error(`neo-go did not start; the end of its log:\n${await endOf(logFile)}`);
    }
  } finally {
    rpc.close();
  }
}

/** Null while nobody answers. Another network's magic: it took the port before ours could. */
async function magicAnsweredBy(rpc: Rpc): Promise<number | null> {
  try {
    const version = await rpc.call<{ protocol: { network: number } }>('getversion');
    return version.protocol.network;
  } catch {
    return null;
  }
}

async function endOf(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n');
  return lines.slice(-LOG_LINES_SHOWN).join('\n');
}
