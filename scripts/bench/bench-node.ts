import { once } from 'node:events';
import { watch } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Devnet } from '../devnet/devnet.js';
import { type LeashedProcess, startLeashed } from '../devnet/leash.js';
import { projectRoot } from '../ensure/paths.mjs';

/** A Dodona node of the built program, a process of its own as its users run it. */
export interface BenchNode extends LeashedProcess {
  readonly configFile: string;
  readonly logFile: string;
  /** Its log so far, event by event. */
  log(): Promise<LogEvent[]>;
}

export interface LogEvent {
  /** ISO 8601, to the millisecond. */
  readonly time: string;
  readonly event: string;
  readonly [fact: string]: unknown;
}

export interface BenchNodeOptions {
  readonly devnet: Devnet;
  /** Name of the folder, beside the configuration, of its database. */
  readonly storage?: string;
  /** Folder that gets a profile of the processor when the node ends. */
  readonly profileFolder?: string | undefined;
  /** Sections of its configuration beside those that the devnet wrote. */
  readonly settings?: Readonly<Record<string, object>>;
}

const PROGRAM = join(projectRoot, 'dist', 'cli', 'dodona.js');
const LOG_CHARACTERS_SHOWN = 2_000;
const LOG_WAIT_MS = 60_000;

/** Starts the node with the devnet's configuration, without waiting for it. */
export async function launchBenchNode(options: BenchNodeOptions): Promise<BenchNode> {
  const { devnet, profileFolder, storage = 'node', settings = {} } = options;
  const folder = dirname(devnet.configFile);
  const config = parse(await readFile(devnet.configFile, 'utf8')) as Record<string, object>;
  Object.assign(config, settings, { storage: { dir: `./${storage}` } });
  const configFile = join(folder, `${storage}.config.yaml`);
  await writeFile(configFile, stringify(config), { mode: 0o600 });
  const profile =
    profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const logFile = join(folder, `${storage}.log`);
  const args = [...profile, PROGRAM, 'start', '--config', configFile];
  // There is something to watch before the program has begun.
  await appendFile(logFile, '');
  const node = await startLeashed(process.execPath, args, logFile);
  const logText = () => readFile(logFile, 'utf8').catch(() => '');
  return { ...node, configFile, logFile, log: async () => eventsOf(await logText()) };
}

/** Starts the node and waits until it is in step with the chain. */
export async function startBenchNode(options: BenchNodeOptions): Promise<BenchNode> {
  const node = await launchBenchNode(options);
  await logged(node, 'in step with the chain');
  return node;
}

/** Waits for an event of the node's log, which earlier runs of it are in, too: from a time on. */
export async function logged(node: BenchNode, event: string, fromMs = 0): Promise<LogEvent> {
  // Looking again and again would take processor time from what is measured.
  const watcher = watch(node.logFile);
  const signal = AbortSignal.timeout(LOG_WAIT_MS);
  try {
    for (;;) {
      const ending = node.running() ? node.exited : null;
      const change = once(watcher, 'change', { signal }).catch(() => {});
      const events = await node.log();
      const found = events.find((line) => line.event === event && Date.parse(line.time) >= fromMs);
      if (found !== undefined) return found;
      if (ending === null) {
        const text = events.map((line) => JSON.stringify(line)).join('\n');
        throw new Error(`the Dodona node ended:\n${text.slice(-LOG_CHARACTERS_SHOWN)}`);
      }
      if (signal.aborted) throw new Error(`waited ${LOG_WAIT_MS} ms for "${event}", in vain`);
      await Promise.race([change, ending]);
    }
  } finally {
    watcher.close();
  }
}

/** Lines that are no JSON are of Node itself; they are kept as events, to be shown. */
function eventsOf(text: string): LogEvent[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    try {
      return JSON.parse(line) as LogEvent;
    } catch {
      return { time: '', event: line };
    }
  });
}
