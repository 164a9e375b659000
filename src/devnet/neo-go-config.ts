import { type DevnetAccount, publicKeyHex } from './account.js';

export interface NeoGoConfigOptions {
  readonly magic: number;
  /** Milliseconds between blocks; at least 100. Part of the chain: a restart must not change it. */
  readonly blockMs: number;
  readonly committee: DevnetAccount;
  readonly walletFile: string;
  readonly walletPassword: string;
  readonly rpcPort: number;
  readonly p2pPort: number;
  /** Folder of the database, or null to keep the chain in memory. */
  readonly databaseFolder: string | null;
  /** Where it is to differ from what tests and benchmarks want. */
  readonly limits?: NeoGoLimits | undefined;
}

export interface NeoGoLimits {
  /** MaxGasInvoke: whole GAS that a trial run may use; default 200. */
  readonly maxInvoke?: number;
  /** Default 2,102,400. */
  readonly maxTraceableBlocks?: number;
  /** Default 512. */
  readonly maxTransactionsPerBlock?: number;
}

/** Room for the bursts of tests and benchmarks. */
const MEMORY_POOL_TRANSACTIONS = 50_000;
const MAX_WEBSOCKET_CLIENTS = 256;
const MAX_REQUEST_BYTES = 50 * 1024 * 1024;
const MAX_INVOKE_GAS = 200;

/** Configuration of a network of one neo-go node; JSON, which is YAML too. */
export function neoGoConfigText(options: NeoGoConfigOptions): string {
  const { blockMs, databaseFolder, limits = {} } = options;
  const { maxInvoke = MAX_INVOKE_GAS, maxTraceableBlocks, maxTransactionsPerBlock } = limits;
  const database =
    databaseFolder === null
      ? { Type: 'inmemory' }
      : { Type: 'leveldb', LevelDBOptions: { DataDirectoryPath: databaseFolder } };
  const config = {
    ProtocolConfiguration: {
      Magic: options.magic,
      TimePerBlock: `${blockMs}ms`,
      // JSON leaves out what is undefined: neo-go then has a default of its own.
      MaxTransactionsPerBlock: maxTransactionsPerBlock,
      MaxTraceableBlocks: maxTraceableBlocks,
      Genesis: {
        TimePerBlock: `${blockMs}ms`,
        MaxTraceableBlocks: maxTraceableBlocks,
        // Less than that, or neo-go does not start.
        MaxValidUntilBlockIncrement: maxTraceableBlocks && Math.floor(maxTraceableBlocks / 2),
      },
      MemPoolSize: MEMORY_POOL_TRANSACTIONS,
      StandbyCommittee: [publicKeyHex(options.committee)],
      ValidatorsCount: 1,
      VerifyTransactions: true,
      P2PSigExtensions: true,
    },
    ApplicationConfiguration: {
      DBConfiguration: database,
      P2P: { Addresses: [`127.0.0.1:${options.p2pPort}`], MinPeers: 0 },
      Relay: false,
      Consensus: {
        Enabled: true,
        UnlockWallet: { Path: options.walletFile, Password: options.walletPassword },
      },
      RPC: {
        Enabled: true,
        Addresses: [`127.0.0.1:${options.rpcPort}`],
        MaxGasInvoke: maxInvoke,
        MaxRequestBodyBytes: MAX_REQUEST_BYTES,
        MaxWebSocketClients: MAX_WEBSOCKET_CLIENTS,
        MempoolSubscriptionsEnabled: true,
        SessionEnabled: true,
      },
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
