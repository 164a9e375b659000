import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ApiServer } from '../api/api-server.js';
import type { RandomBytes } from '../base/sealed-box.js';
import { type ConnectAnnouncements, createAnnouncements } from '../chain/block-announcements.js';
import { type ConnectRpc, createHttpPoster } from '../chain/rpc-http.js';
import { loadFeeds } from '../config/load-feeds.js';
import { type PackBlob, packBlob } from '../evidence/pack-blob.js';
import { createFilterPool, type FilterPool } from '../filters/filter-pool.js';
import { createGuardedFetch, type GuardedFetch } from '../net/guarded-fetch.js';
import { DEFAULT_HTTP_LIMITS } from '../net/http-limits.js';
import { type Database, openDatabase } from '../storage/database.js';
import { lockNode } from '../storage/node-lock.js';
import type { Gauges } from './gauges.js';
import type { NodeOptions } from './node-options.js';
import { openAlerts } from './open-alerts.js';
import { openApi } from './open-api.js';
import { openFunctions } from './open-functions.js';
import { openKeys } from './open-keys.js';
import type { Running } from './open-parts.js';
import { openRandom } from './open-random.js';
import { openVault } from './open-vault.js';

/** What goes out to the web, and what is done with that which comes back. */
export interface NodeWeb {
  readonly fetch: GuardedFetch;
  readonly filters: FilterPool;
}

/**
 * Everything that a node does beyond its own memory and thread: the network, files, threads and
 * randomness. Time comes with the node's clock.
 */
export interface NodeOutside {
  readonly connectRpc: ConnectRpc;
  readonly connectAnnouncements: ConnectAnnouncements;
  readonly openDatabase: (path: string) => Database;
  readonly lock: (path: string) => { release(): void };
  readonly loadFeeds: typeof loadFeeds;
  readonly openKeys: typeof openKeys;
  readonly openWeb: (options: Pick<NodeOptions, 'config' | 'clock'>) => Promise<NodeWeb>;
  readonly openFunctions: typeof openFunctions;
  readonly openRandom: typeof openRandom;
  readonly openVault: typeof openVault;
  readonly openAlerts: typeof openAlerts;
  readonly openApi: (options: NodeOptions, parts: Running, gauges: Gauges) => ApiServer;
  readonly random: RandomBytes;
  readonly packBlob: PackBlob;
}

export const realOutside: NodeOutside = {
  connectRpc: createHttpPoster,
  connectAnnouncements: createAnnouncements,
  openDatabase,
  lock: lockNode,
  loadFeeds,
  openKeys,
  openWeb,
  openFunctions,
  openRandom,
  openVault,
  openAlerts,
  openApi,
  random: randomBytes,
  packBlob,
};

export const outsideOf = ({ outside }: Pick<NodeOptions, 'outside'>): NodeOutside =>
  outside ?? realOutside;

async function openWeb({ config, clock }: Pick<NodeOptions, 'config' | 'clock'>): Promise<NodeWeb> {
  const { http } = config;
  const ca = http.caFile === null ? undefined : readFileSync(http.caFile, 'utf8');
  const { totalTimeoutMs, connectTimeoutMs, maxBodyBytes, maxRedirects, allow, profile } = http;
  const given = { totalTimeoutMs, connectTimeoutMs, maxBodyBytes, maxRedirects };
  const limits = { ...DEFAULT_HTTP_LIMITS, ...given };
  const { workers, timeoutMs } = config.filters;
  return {
    fetch: createGuardedFetch({ limits, allow, clock, ca }),
    filters: createFilterPool({ workers, timeoutMs, maxBodyBytes, profile, clock }),
  };
}
