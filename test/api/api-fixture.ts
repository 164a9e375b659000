import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '../../src/api/access.js';
import { createApiKeys } from '../../src/api/api-keys.js';
import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
} from '../../src/api/api-server.js';
import { type ApiSources, createApiReads } from '../../src/api/api-sources.js';
import { createEventFeed } from '../../src/api/event-feed.js';
import type { NodeStatus } from '../../src/api/node-status.js';
import { readRuntimeFile } from '../../src/api/runtime-file.js';
import { createSignIn } from '../../src/api/sign-in.js';
import { createSlowReads } from '../../src/api/slow-reads.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import type { ApiConfig } from '../../src/config/node-config.js';
import { openDatabaseReadOnly } from '../../src/storage/database.js';
import type { Log } from '../../src/telemetry/log.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { openHandedOver } from '../../src/vault/handed-over.js';
import { vaultFixture } from '../vault/vault-fixture.js';
import { consoleParts } from './console/console-parts.js';
import { hash160Of, openRequestBook } from './request-book.js';

export const STATUS: NodeStatus = {
  version: '0.1.0',
  startedAtMs: 1,
  magic: 56753,
  gateway: hash160Of(0x11),
  readiness: { ready: true, reasons: [] },
  chain: { height: 105, processed: 105, lagBlocks: 0, latestBlockAtMs: 2 },
  endpoints: [{ endpoint: 'http://127.0.0.1:1', healthy: true, height: 105, why: null }],
  queue: { received: 1 },
  oldestOpenAtMs: null,
  wallet: null,
  signer: null,
  creditHeldDatoshi: 2n ** 60n,
  books: { agreedBlock: 9, agreedAtMs: 1, accounts: 3, stopped: null, differences: [] },
  spending: { held: [], budgets: [], inboxOnly: [] },
  random: null,
  prices: [],
  attestation: { provider: 'dstack', last: { madeAtMs: 1, blockIndex: 88 }, problem: null },
  earnedDatoshi: 0n,
  alerts: [],
  recentTrouble: [],
};

/** As configured by default, but for the port, and for what a test asks in a minute. */
export const API: ApiConfig = {
  host: '127.0.0.1',
  port: 0,
  hostNames: ['oracle.internal'],
  tls: null,
  behindProxy: false,
  trustedProxies: [],
  public: [],
  readOnly: true,
  corsOrigins: [],
  maxBodyBytes: 65_536,
  limits: { perAddress: 100_000, perKey: 100_000, failures: 100_000 },
};

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** Read from the text; null where that is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come
  readonly body: any;
}

export interface AskOptions {
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly body?: string;
  /** null: none; absent: the local one. */
  readonly token?: string | null;
}

/** As the client writes it: no path is tidied up on the way. */
export function askAt(url: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const { headers = {}, method = 'GET', body = '', token = null } = options;
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const given = { ...authorization, ...headers };
    const request = httpRequest(
      { hostname, port, path, method, headers: given, agent: false },
      (got) => {
        let text = '';
        got.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        got.on('end', () => {
          const { statusCode: status = 0, headers } = got;
          resolve({ status, headers, text, body: jsonOrNull(text) });
        });
      },
    );
    request.on('error', reject).end(body);
  });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A server over a real database, with what a node would tell put in its place. */
export function apiFixture(given: Partial<ApiSources> = {}, clock: Clock = systemClock) {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-api-'));
  const databaseFile = join(dir, 'node.sqlite');
  const book = openRequestBook(databaseFile);
  const readDb = openDatabaseReadOnly(databaseFile);
  const metrics = createMetrics({ version: '0.1.0', process: false });
  const errors: unknown[] = [];
  const log: Log = {
    debug() {},
    info() {},
    warn() {},
    error: (event, facts) => errors.push([event, facts]),
    child: () => log,
  };
  const vault = vaultFixture({ dir });
  const apiKeys = createApiKeys({ ...vault.parts, clock });
  const signIn = createSignIn({
    magic: 56753,
    gateway: STATUS.gateway,
    clock,
    random: randomBytes,
  });
  const money = createSlowReads({
    databaseFile,
    account: hash160Of(0xee),
    floor: 5n,
    clock: systemClock,
  });
  const sources: ApiSources = {
    version: '0.1.0',
    readiness: () => ({ ready: true, reasons: [] }),
    status: () => STATUS,
    metrics: async () => ({ text: await metrics.text(), contentType: metrics.contentType }),
    reads: createApiReads(readDb),
    money,
    feeds: [],
    functions: async () => [],
    keys: async () => {
      throw new Error('no keys here');
    },
    events: createEventFeed({ clock: systemClock }),
    apiKeys,
    signIn,
    secrets: vault.vault.desk,
    unseal: async (text) => openHandedOver(text, (await vault.keys.openOrCreate()).sharing()),
    ...given,
  };
  const options: ApiServerOptions = {
    sources,
    api: API,
    storageDir: dir,
    instance: 'first',
    localToken: `dodona_local_${randomBytes(32).toString('base64url')}`,
    console: consoleParts(book.db, dir),
    clock,
    log,
    metrics,
  };
  const servers: ApiServer[] = [];
  return {
    dir,
    book,
    vault,
    /** Makes a key of these scopes, and answers its token. */
    keyWith: (...scopes: Scope[]): string =>
      apiKeys.create({ name: 'test', scopes, expiresMs: null, actor: 'operator:test' }).token,
    metrics,
    errors,
    options,
    /** Starts a server with these options changed, and answers how to ask it. */
    async serve(changed: Partial<ApiServerOptions> = {}) {
      const server = createApiServer({ ...options, ...changed });
      const url = await server.start();
      servers.push(server);
      const ask = (path: string, how: AskOptions = {}): Promise<Answer> =>
        askAt(url, path, { token: options.localToken, ...how });
      return { server, url, ask };
    },
    runtime: () => readRuntimeFile(dir),
    async close(): Promise<void> {
      for (const server of servers) await server.stop();
      await money.close();
      readDb.close();
      book.close();
      vault.db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
