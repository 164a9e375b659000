import type { NodeStatus, Readiness } from './api/node-status.js';
import { messageOf } from './base/node-error.js';
import { workAsOwnAccount } from './node/follow-account.js';
import { createGauges, type Gauges } from './node/gauges.js';
import { readinessOf, statusOf } from './node/node-figures.js';
import type { NodeOptions } from './node/node-options.js';
import { openParts, type Running } from './node/open-parts.js';
import { outsideOf } from './node/outside.js';
import { runWork } from './node/run-work.js';

export { databaseStatus } from './node/node-figures.js';
export { DATABASE_FILE, type NodeOptions } from './node/node-options.js';

export interface DodonaNode {
  /** Checks the chain and begins to work. Rejects with a NodeError that says what to mend. */
  start(): Promise<void>;
  /** Settles when the node has ended: rejects when something broke that trying again won't mend. */
  readonly ended: Promise<void>;
  /** Ends within 10 s. What is under way and persisted goes on at the next start. */
  stop(): Promise<void>;
  status(): NodeStatus;
  readiness(): Readiness;
}

/** The composition root: the only place where the node's parts are put together. */
export function createNode(options: NodeOptions): DodonaNode {
  const { log } = options;
  const stopping = new AbortController();
  const closers: (() => void | Promise<void>)[] = [];
  let running: Running | null = null;
  let work: Promise<void> = Promise.resolve();
  let settle: { resolve: () => void; reject: (error: unknown) => void };
  const ended = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  ended.catch(() => {});

  async function close(): Promise<void> {
    for (const closer of closers.splice(0).reverse()) {
      await Promise.resolve()
        .then(closer)
        .catch((error) => log.warn('not closed cleanly', { reason: messageOf(error) }));
    }
  }

  async function start(): Promise<void> {
    try {
      const parts = await openParts(options, closers, stopping.signal);
      running = parts;
      const gauges = createGauges(options, parts);
      const server = outsideOf(options).openApi(options, parts, gauges);
      closers.push(() => server.stop());
      await server.start();
      work = workAsOwnAccount(options, parts, stopping.signal, (signal, change) =>
        runWork(options, parts, signal, change),
      );
      closers.push(watch(parts, gauges), watchSigner(parts));
    } catch (error) {
      await close();
      settle.resolve();
      throw error;
    }
    work.then(
      () => close().then(settle.resolve),
      (error) => close().then(() => settle.reject(error)),
    );
  }

  /** The node's own alerts, while the node works; gives what ends them. */
  function watch(parts: Running, gauges: Gauges): () => Promise<void> {
    const own = new AbortController();
    const watching = parts.alerts.run(gauges, AbortSignal.any([stopping.signal, own.signal]));
    return async () => {
      own.abort();
      await watching;
    };
  }

  /** Whether the signer is there; gives what ends it. */
  function watchSigner({ signerWatch }: Running): () => Promise<void> {
    const own = new AbortController();
    const watching = signerWatch.run(AbortSignal.any([stopping.signal, own.signal]));
    return async () => {
      own.abort();
      await watching;
    };
  }

  return {
    start,
    ended,
    async stop() {
      stopping.abort(new Error('the node stops'));
      await ended.catch(() => {});
    },
    status: () => statusOf(options, running),
    readiness: () => readinessOf(options, running),
  };
}
