import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hash160 } from '../../src/base/hash.js';
import type { FeedConfig } from '../../src/config/feed-config.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import type { SeededRandom } from './seeded-random.js';
import { rpcUrl } from './simulated-rpc.js';
import { priceUrl } from './simulated-web.js';

export const MAGIC = 424_242;

/** What every simulated node has in its file; read once, by the node's own reader. */
export function readBaseConfig(): NodeConfig {
  const folder = mkdtempSync(join(tmpdir(), 'dodona-simulator-'));
  try {
    const file = join(folder, 'node.config.yaml');
    writeFileSync(file, BASE, { mode: 0o600 });
    return loadConfig(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const BASE = `
network:
  magic: ${MAGIC}
  rpc: [http://127.0.0.1:10332]
  blockTime: 1s
  pollInterval: 1s
  requestTimeout: 3s
gateway:
  hash: "0x0000000000000000000000000000000000000001"
wallet:
  file: ./wallet.json
  passwordFile: ./wallet.password
pipeline:
  validUntilBlocks: 8
`;

export interface ConfigDraws {
  readonly gateway: Hash160;
  readonly startBlock: number;
  readonly endpoints: number;
  readonly quorum: number;
  readonly blockMs: number;
}

/** A configuration as an operator might have it. */
export function drawConfig(base: NodeConfig, draws: ConfigDraws, random: SeededRandom): NodeConfig {
  const { gateway, startBlock, endpoints, quorum, blockMs } = draws;
  return {
    ...base,
    network: {
      ...base.network,
      rpcUrls: Array.from({ length: endpoints }, (_, at) => rpcUrl(at)),
      quorum,
      dialect: random.chance(0.3) ? 'portable' : 'auto',
      webSocket: random.chance(0.2) ? 'off' : 'auto',
      blockTimeMs: blockMs,
      pollIntervalMs: random.pick([blockMs, blockMs / 2, blockMs / 4]),
    },
    gateway: { hash: gateway, startBlock },
    pipeline: {
      ...base.pipeline,
      validUntilBlocks: random.pick([3, 8, 20]),
      maxBatchAnswers: random.pick([1, 4, 32]),
      retryAttempts: random.pick([0, 2, 4]),
      resolveConcurrency: random.pick([2, 8, 32]),
    },
    automation: { ...base.automation, maxBatchRuns: random.pick([1, 4, 16]) },
    gasbank: {
      ...base.gasbank,
      reconcileEveryBlocks: random.pick([1, 5, 20]),
      inboxOnly: { ...base.gasbank.inboxOnly, faults: random.pick([0, 2, 5]) },
    },
    evidence: { ...base.evidence, keep: random.chance(0.5) },
  };
}

const SOURCES = 5;

/** Feeds of a few sources each. */
export function drawFeeds(random: SeededRandom): FeedConfig[] {
  const pairs = ['GAS/USD', 'NEO/USD'].slice(0, random.below(3));
  return pairs.map((pair) => ({
    file: `${pair}.yaml`,
    pair,
    isPublished: true,
    quorum: 3,
    agreementBps: 100,
    deviationBps: 50,
    breakerBps: 1_000,
    heartbeatMs: random.pick([20_000, 60_000]),
    pollIntervalMs: random.pick([5_000, 10_000]),
    stalenessMs: 60_000,
    sources: Array.from({ length: SOURCES }, (_, at) => ({
      name: `venue-${at}`,
      group: `venue-${at}`,
      place: {
        kind: 'url' as const,
        url: priceUrl(encodeURIComponent(pair), at),
        pricePath: '$.price',
        timePath: '$.time',
        timeFormat: 'ms' as const,
      },
      quote: 'USD',
      conversion: null,
      timeoutMs: 3_000,
      retries: 1,
    })),
  }));
}
