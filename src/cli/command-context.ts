import type { Clock } from '../base/clock.js';
import type { NodeConfig } from '../config/node-config.js';
import type { ProcessLog } from '../telemetry/create-log.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { StoredView } from './node-view.js';

export interface NodeParts {
  readonly config: NodeConfig;
  readonly log: ProcessLog;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly version: string;
}

/** A node as `dodona start` handles it. */
export interface RunnableNode {
  /**
   * Resolves once the node works and its API listens, with the API's URL. Rejects with a
   * NodeError; `stop` is called in any case.
   */
  start(): Promise<{ readonly url: string }>;
  /** Ends all work gracefully. May be called while `start` still runs, and more than once. */
  stop(): Promise<void>;
  /** Settles after `start`: resolves after `stop`, rejects when the node cannot go on. */
  readonly ended: Promise<void>;
}

/** Everything that commands touch outside of themselves. */
export interface CommandContext {
  readonly clock: Clock;
  readonly version: string;
  /** Prints a line on standard output. */
  print(text: string): void;
  /** Prints a line on standard error. */
  complain(text: string): void;
  /** Whether a terminal may be written to in colour. */
  readonly colour?: boolean;
  /** Standard input, where secrets are read from. */
  readonly input?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Where a node logs to. */
  readonly errorStream: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Signals and uncaught errors of this process. */
  readonly process: NodeJS.EventEmitter;
  /** Effective user, when it is not the process's own. */
  readonly euid?: number;
  /** Told of steps that are done; tests end the process there. */
  passed?(step: string): void;
  /** Ends this process at once. */
  exitNow(code: number): void;
  createNode(parts: NodeParts): Promise<RunnableNode>;
  /** Reads a node's database while no node answers. Throws a NodeError DB_OPEN, DB_NEWER_SCHEMA. */
  openStored(config: NodeConfig, version: string): Promise<StoredView>;
}
