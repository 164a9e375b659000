import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { readRuntimeFile } from '../../src/api/runtime-file.js';
import { type Clock, systemClock } from '../../src/base/clock.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { createNode, DATABASE_FILE, type DodonaNode } from '../../src/node.js';
import type { CrashPoint } from '../../src/pipeline/crash-point.js';
import type { RequestExplanation } from '../../src/requests/request-view.js';
import { createRequestViews } from '../../src/requests/request-view-store.js';
import { type Database, openDatabaseReadOnly } from '../../src/storage/database.js';
import { createLog } from '../../src/telemetry/create-log.js';
import { createMetrics } from '../../src/telemetry/metrics.js';

/** A node in this process, and a look into its database. */
export interface RunningNode {
  readonly node: DodonaNode;
  /** For reading only. */
  readonly db: Database;
  /** What it logged, as JSON lines. */
  logText(): string;
  /** What Prometheus would scrape. */
  metricsText(): Promise<string>;
  explain(id: bigint): RequestExplanation;
  /** As `explain`; null while the node knows no such request. */
  find(id: bigint): RequestExplanation | null;
  /** Waits until it holds, at most a bound; fails with the description and the end of the log. */
  until(what: string, holds: () => boolean | Promise<boolean>, boundMs?: number): Promise<void>;
  /** Waits until the node knows these requests to be answered or expired. */
  untilEnded(ids: readonly bigint[], boundMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const BOUND_MS = 30_000;
const CHECK_MS = 15;
const LOG_CHARACTERS_SHOWN = 3_000;

/** A node of the real code, not started yet. */
export function makeNode(
  config: NodeConfig,
  crashPoint?: CrashPoint,
  clock: Clock = systemClock,
): { node: DodonaNode; logText(): string } {
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLog({
    ...config.log,
    level: 'debug',
    format: 'json',
    clock: systemClock,
    stream,
  });
  const metrics = createMetrics({ version: 'test', process: false });
  const given = { config, version: 'test', log, metrics, clock };
  const node = createNode(crashPoint === undefined ? given : { ...given, crashPoint });
  return { node, logText: () => lines.join('') };
}

/** Starts a node and waits until it has taken in all that the chain holds. */
export async function startNode(
  config: NodeConfig,
  options: {
    readonly crashPoint?: CrashPoint;
    readonly waitsUntilInStep?: boolean;
    readonly clock?: Clock;
  } = {},
): Promise<RunningNode> {
  const { node, logText } = makeNode(config, options.crashPoint, options.clock);
  await node.start();
  const db = openDatabaseReadOnly(join(config.storage.dir, DATABASE_FILE));
  const views = createRequestViews(db);
  const until: RunningNode['until'] = async (what, holds, boundMs = BOUND_MS) => {
    const end = performance.now() + boundMs;
    while (!(await holds())) {
      if (performance.now() > end) {
        const log = logText().slice(-LOG_CHARACTERS_SHOWN);
        throw new Error(`not within ${boundMs} ms: ${what}\n${log}`);
      }
      await delay(CHECK_MS);
    }
  };
  const explain = (id: bigint): RequestExplanation => {
    const found = views.explain(id);
    if (found === null) throw new Error(`the node knows no request ${id}`);
    return found;
  };
  const running: RunningNode = {
    node,
    db,
    logText,
    async metricsText() {
      const url = readRuntimeFile(config.storage.dir)?.url;
      return (await fetch(`${url}/metrics`)).text();
    },
    explain,
    find: (id) => views.explain(id),
    until,
    async untilEnded(ids, boundMs) {
      const open = () => ids.filter((id) => isOpen(views.explain(id)));
      await until('requests ended', () => open().length === 0, boundMs).catch((error: Error) => {
        const shown = open().map((id) => `${id}: ${views.explain(id)?.state ?? 'unknown'}`);
        throw new Error(`still open: ${shown.join(', ')}\n${error.message}`);
      });
    },
    async stop() {
      await node.stop();
      db.close();
    },
  };
  if (options.waitsUntilInStep !== false) {
    await until('in step with the chain', () => logText().includes('in step with the chain'));
  }
  return running;
}

const isOpen = (found: RequestExplanation | null): boolean =>
  found === null || (found.state !== 'answered' && found.state !== 'expired');
