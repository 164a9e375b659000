import { z } from 'zod';
import { PUBLIC_GROUPS } from './api-groups.js';
import {
  account,
  byteSize,
  cidr,
  contractHash,
  duration,
  endpointUrl,
  filePath,
  flag,
  gasAmount,
  hostName,
  integer,
  oneOf,
  percentBps,
  sha256,
  webUrl,
  word,
} from './value-kinds.js';
import { expectedBy, listOf } from './value-schema.js';

// Defaults stand here as they would in the file. What each key means is written in
// node.config.example.yaml; a test holds the two together.

export const PRESETS = ['devnet', 'testnet', 'mainnet'] as const;
export type Preset = (typeof PRESETS)[number];

/** Largest share of a block: MaxBlockSystemFee of the protocol, unless the network sets less. */
const MAX_BLOCK_SYSTEM_FEE = '1500';
/** MaxValidUntilBlockIncrement of the protocol at 15 s a block. */
const MAX_VALID_UNTIL_BLOCKS = 5_760;
/** The gateway's limits of one `respond` and one `expire` (contracts/build/gateway.abi.json). */
const MAX_RESPONSES = 32;
const MAX_EXPIRE_IDS = 64;
/** And of one `performUpkeeps`. */
const MAX_RUNS = 32;
/** JSON-RPC batches of a Neo node hold about this many calls. */
const MAX_RPC_BATCH = 100;

const MAX_FEED_PATHS = 256;

const port = () => integer(1, 65_535, 'a port');

const webSocketUrls = listOf(endpointUrl('ws', 'wss'), 1, 16);
const webSocketWords = oneOf('auto', 'off');
const webSocketExpected = `auto, off or ${expectedBy(webSocketUrls)}`;

const network = z.strictObject({
  magic: integer(1, 2 ** 32 - 1, "the network's number"),
  rpc: listOf(endpointUrl('http', 'https'), 1, 16),
  quorum: integer(1, 16, 'a number of endpoints').prefault('1'),
  webSocket: z
    .union([webSocketWords, webSocketUrls])
    .meta({ expected: webSocketExpected })
    .prefault('auto'),
  dialect: oneOf('auto', 'portable').prefault('auto'),
  blockTime: duration('50ms', '1m').prefault('3s'),
  pollInterval: duration('20ms', '1m').prefault('1s'),
  requestTimeout: duration('100ms', '2m').prefault('10s'),
  connections: integer(1, 16).prefault('4'),
  batchSize: integer(1, MAX_RPC_BATCH).prefault('100'),
  lagTolerance: integer(0, 1_000, 'a number of blocks').prefault('3'),
  healthInterval: duration('100ms', '10m').prefault('5s'),
  stallAfter: duration('1s', '1h').prefault('2m'),
});

const gateway = z.strictObject({
  hash: contractHash(),
  startBlock: integer(0, 2 ** 32 - 1, 'a block index').optional(),
});

const wallet = z.strictObject({
  file: filePath().optional(),
  passwordFile: filePath().optional(),
  signer: z
    .strictObject({
      socket: filePath().optional(),
      timeout: duration('100ms', '1m').prefault('5s'),
    })
    .prefault({}),
  account: account().optional(),
  formerAccounts: listOf(account(), 0, 16).prefault([]),
});

const storage = z.strictObject({ dir: filePath().prefault('./data') });

const allowedHost = z.strictObject({
  host: hostName(),
  ports: listOf(port(), 1, 32).optional(),
  http: flag().prefault('false'),
});

const http = z.strictObject({
  profile: oneOf('csharp', 'neo-go').prefault('csharp'),
  timeout: duration('100ms', '1m').prefault('10s'),
  connectTimeout: duration('50ms', '1m').prefault('5s'),
  maxBody: byteSize('1KiB', '16MiB').prefault('2MiB'),
  maxRedirects: integer(0, 10).prefault('3'),
  caFile: filePath().optional(),
  allow: z
    .strictObject({
      hosts: listOf(allowedHost, 0, 256).prefault([]),
      cidrs: listOf(cidr(), 0, 64).prefault([]),
    })
    .prefault({}),
});

const filters = z.strictObject({
  workers: integer(1, 64).prefault('4'),
  timeout: duration('10ms', '5s').prefault('250ms'),
});

const functions = z.strictObject({
  workers: integer(1, 32).prefault('2'),
  maxParked: integer(0, 4_096).prefault('256'),
  maxParkedMemory: byteSize('0B', '64GiB').prefault('1GiB'),
  store: filePath().optional(),
  access: oneOf('open', 'declared').prefault('open'),
  declared: listOf(
    z.strictObject({
      code: sha256().optional(),
      hosts: listOf(hostName(), 1, 64),
    }),
    0,
    256,
  ).prefault([]),
});

const vault = z.strictObject({
  keyFile: filePath().optional(),
  passwordFile: filePath().optional(),
});

const random = z.strictObject({
  keyFile: filePath().optional(),
  passwordFile: filePath().optional(),
});

const audit = z.strictObject({ anchorFile: filePath().optional() });

const pipeline = z.strictObject({
  resolveConcurrency: integer(1, 1_024).prefault('64'),
  retryAttempts: integer(0, 100).prefault('2'),
  retryBackoff: duration('10ms', '5m').prefault('1s'),
  retryBackoffMax: duration('10ms', '1h').prefault('30s'),
  maxBatch: integer(1, MAX_RESPONSES, 'a number of answers').prefault('32'),
  maxSystemFee: gasAmount('0.1', MAX_BLOCK_SYSTEM_FEE).prefault('10 GAS'),
  maxNetworkFee: gasAmount('0.01', '20').prefault('0.5 GAS'),
  feeMargin: percentBps('0%', '100%').prefault('1%'),
  feeMarginMin: gasAmount('0', '1').prefault('0.005 GAS'),
  validUntilBlocks: integer(2, MAX_VALID_UNTIL_BLOCKS, 'a number of blocks').prefault('10'),
  expireBatch: integer(1, MAX_EXPIRE_IDS, 'a number of requests').prefault('50'),
});

const automation = z.strictObject({
  maxBatch: integer(1, MAX_RUNS, 'a number of runs').prefault('32'),
  conditionGas: gasAmount('0.001', '10').prefault('0.1 GAS'),
  maxConditions: integer(1, 10_000, 'a number of conditions').prefault('200'),
  maxWatchedContracts: integer(0, 10_000, 'a number of contracts').prefault('256'),
  pauseAfterFailures: integer(1, 1_000, 'a number of failures').prefault('8'),
  backoff: duration('100ms', '1h').prefault('5s'),
  backoffMax: duration('100ms', '7d').prefault('1h'),
});

const budget = () => gasAmount('0', '1000000').optional();
const kindBudget = () => z.strictObject({ perHour: budget(), perDay: budget() }).prefault({});

const gasbank = z.strictObject({
  walletFloor: gasAmount('0', '1000000').prefault('0.1 GAS'),
  walletWarning: gasAmount('0', '1000000').prefault('5 GAS'),
  budgets: z
    .strictObject({
      perHour: budget(),
      perDay: budget(),
      perRequesterPerHour: budget(),
      perRequesterPerDay: budget(),
      perKind: z
        .strictObject({
          oracle: kindBudget(),
          http: kindBudget(),
          function: kindBudget(),
          random: kindBudget(),
          price: kindBudget(),
          upkeep: kindBudget(),
          expire: kindBudget(),
          collect: kindBudget(),
          key: kindBudget(),
          order: kindBudget(),
        })
        .prefault({}),
    })
    .prefault({}),
  allowLoss: z
    .strictObject({
      oracle: flag().prefault('false'),
      http: flag().prefault('false'),
      function: flag().prefault('false'),
      random: flag().prefault('false'),
      upkeep: flag().prefault('false'),
      expire: flag().prefault('true'),
    })
    .prefault({}),
  collect: z
    .strictObject({
      whenWalletBelow: gasAmount('0', '1000000').prefault('5 GAS'),
      atLeast: gasAmount('0.01', '1000000').prefault('1 GAS'),
    })
    .prefault({}),
  cancelLossPerHour: gasAmount('0', '1000000').prefault('20 GAS'),
  inboxOnly: z
    .strictObject({
      faults: integer(0, 1_000, 'a number of transactions').prefault('3'),
      duration: duration('1m', '30d').prefault('1h'),
    })
    .prefault({}),
  reconcileEveryBlocks: integer(1, 100_000, 'a number of blocks').prefault('100'),
});

const prices = z.strictObject({ feeds: listOf(filePath(), 0, MAX_FEED_PATHS).prefault([]) });

const evidence = z.strictObject({
  keep: flag().prefault('true'),
  bodies: oneOf('full', 'hash').prefault('full'),
  maxBody: byteSize('0B', '16MiB').prefault('2MiB'),
  maxAge: duration('1h', '3650d').prefault('90d'),
  maxTotal: byteSize('1MiB', '1024GiB').prefault('4GiB'),
});

const attestation = z.strictObject({
  provider: oneOf('none', 'configfs-tsm', 'dstack').prefault('none'),
  configfsDir: filePath().prefault('/sys/kernel/config/tsm/report'),
  dstackSocket: filePath().prefault('/var/run/dstack.sock'),
  timeout: duration('100ms', '10m').prefault('30s'),
  collateralUrl: endpointUrl('http', 'https').optional(),
});

const perMinute = () => integer(1, 1_000_000, 'a number of requests');

const api = z.strictObject({
  host: hostName().prefault('127.0.0.1'),
  port: integer(0, 65_535, 'a port (0 = any free one)').prefault('7411'),
  hostNames: listOf(hostName(), 0, 16).prefault([]),
  tls: z
    .strictObject({ certFile: filePath().optional(), keyFile: filePath().optional() })
    .prefault({}),
  behindProxy: flag().prefault('false'),
  trustedProxies: listOf(cidr(), 0, 16).prefault([]),
  public: listOf(oneOf(...PUBLIC_GROUPS), 0, PUBLIC_GROUPS.length).prefault([]),
  readOnly: flag().prefault('true'),
  corsOrigins: listOf(endpointUrl('http', 'https'), 0, 16).prefault([]),
  maxBody: byteSize('1KiB', '1MiB').prefault('64KiB'),
  limits: z
    .strictObject({
      perAddress: perMinute().prefault('600'),
      perKey: perMinute().prefault('3000'),
      failures: perMinute().prefault('20'),
    })
    .prefault({}),
});

const alerts = z.strictObject({
  every: duration('1s', '10m').prefault('15s'),
  repeat: duration('1m', '7d').prefault('4h'),
  calm: duration('0ms', '1h').prefault('2m'),
  severity: oneOf('warning', 'critical').prefault('warning'),
  runbook: endpointUrl('https', 'http').optional(),
  webhook: z
    .strictObject({
      url: endpointUrl('https', 'http').optional(),
      secretFile: filePath().optional(),
      timeout: duration('100ms', '1m').prefault('10s'),
    })
    .prefault({}),
  command: z
    .strictObject({
      run: listOf(word(), 1, 32).optional(),
      timeout: duration('100ms', '10m').prefault('30s'),
    })
    .prefault({}),
  allow: z
    .strictObject({
      hosts: listOf(allowedHost, 0, 256).prefault([]),
      cidrs: listOf(cidr(), 0, 64).prefault([]),
    })
    .prefault({}),
});

const canary = z.strictObject({
  url: webUrl().optional(),
  filter: word().optional(),
  every: duration('1s', '1d').prefault('15m'),
  timeout: duration('1s', '1h').prefault('5m'),
  maxFee: gasAmount('0.01', '100').prefault('1 GAS'),
});

/** Also of the signer's file. */
export const logSchema = z.strictObject({
  level: oneOf('error', 'warn', 'info', 'debug').prefault('info'),
  format: oneOf('auto', 'pretty', 'json').prefault('auto'),
  file: filePath().optional(),
  maxFileSize: byteSize('64KiB', '4GiB').prefault('50MiB'),
  maxFiles: integer(1, 100).prefault('5'),
});

/** The file, key by key. Unknown keys are refused at every level. */
export const configSchema = z.strictObject({
  preset: oneOf(...PRESETS).optional(),
  network,
  gateway,
  wallet,
  storage: storage.prefault({}),
  http: http.prefault({}),
  filters: filters.prefault({}),
  functions: functions.prefault({}),
  prices: prices.prefault({}),
  pipeline: pipeline.prefault({}),
  automation: automation.prefault({}),
  gasbank: gasbank.prefault({}),
  vault: vault.prefault({}),
  random: random.prefault({}),
  audit: audit.prefault({}),
  evidence: evidence.prefault({}),
  attestation: attestation.prefault({}),
  api: api.prefault({}),
  alerts: alerts.prefault({}),
  canary: canary.prefault({}),
  log: logSchema.prefault({}),
});

/** The values of a file with every default in place, still under the file's names. */
export type FileValues = z.output<typeof configSchema>;
