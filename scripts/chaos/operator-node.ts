import { appendFileSync, closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { residentMb } from '../bench/process-memory.js';
import { type LeashedProcess, startLeashed } from '../devnet/leash.js';
import { projectRoot } from '../ensure/paths.mjs';

/** How one process of the node lived. */
export interface Life {
  readonly pid: number;
  readonly startedMs: number;
  endedMs: number | null;
  /** Of the process; null while it runs. */
  exitCode: number | null;
  /** Whether the run ended it; else it ended by itself. */
  isMeant: boolean;
  /** Resident memory by time of this script's clock. */
  readonly memory: { readonly atMs: number; readonly mb: number }[];
}

/** What a command of the command line gave. */
export interface CommandResult {
  readonly exitCode: number;
  readonly text: string;
}

/** The built program as an operator runs it: a service that is started again when it fails. */
export interface OperatorNode {
  readonly configFile: string;
  readonly logFile: string;
  readonly commandLog: string;
  readonly lives: readonly Life[];
  isRunning(): boolean;
  start(): Promise<void>;
  /** SIGKILL, and no restart until `start`. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number>;
  /** SIGTERM, and no start from then on. */
  close(): Promise<void>;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** Runs `dodona …WORDS --config FILE` to its end. */
  command(words: readonly string[], limitMs?: number): Promise<CommandResult>;
  /** Starts one that may be killed meanwhile. */
  launch(words: readonly string[]): Promise<LeashedProcess & { text(): Promise<string> }>;
  /** What the log has from a place on. */
  logSize(): number;
  logFrom(offset: number): string;
}

const PROGRAM = join(projectRoot, 'dist', 'cli', 'dodona.js');
/** As `RestartSec` of the service file, but shorter. */
const RESTART_MS = 1_000;
const SAMPLE_MS = 1_000;
const COMMAND_LIMIT_MS = 120_000;

export function createOperatorNode(
  configFile: string,
  folder: string,
  onExit: (life: Life) => void,
): OperatorNode {
  const logFile = join(folder, 'node.log');
  const commandLog = join(folder, 'commands.log');
  const lives: Life[] = [];
  let current: LeashedProcess | null = null;
  let life: Life | null = null;
  let restart: NodeJS.Timeout | null = null;
  let commands = 0;
  let isClosed = false;

  async function start(): Promise<void> {
    if (restart !== null) clearTimeout(restart);
    restart = null;
    if (isClosed || current?.running()) return;
    const args = [PROGRAM, 'start', '--config', configFile];
    const started = await startLeashed(process.execPath, args, logFile);
    const own: Life = {
      pid: started.pid,
      startedMs: performance.now(),
      endedMs: null,
      exitCode: null,
      isMeant: false,
      memory: [],
    };
    current = started;
    life = own;
    lives.push(own);
    const sampling = setInterval(() => {
      const mb = memoryOf(own.pid);
      if (mb !== null) own.memory.push({ atMs: performance.now(), mb });
    }, SAMPLE_MS);
    void started.exited.then((code) => {
      clearInterval(sampling);
      own.exitCode = code;
      own.endedMs = performance.now();
      onExit(own);
      if (!own.isMeant) restart = setTimeout(() => void start(), RESTART_MS);
    });
  }

  async function end(how: (running: LeashedProcess) => void): Promise<number> {
    if (restart !== null) clearTimeout(restart);
    restart = null;
    if (life !== null) life.isMeant = true;
    if (current === null) return 0;
    if (current.running()) how(current);
    return current.exited;
  }

  async function launch(words: readonly string[]) {
    commands += 1;
    const file = join(folder, `command-${commands}.log`);
    const args = [PROGRAM, ...words, '--config', configFile];
    const started = await startLeashed(process.execPath, args, file);
    return { ...started, text: () => readFile(file, 'utf8').catch(() => '') };
  }

  return {
    configFile,
    logFile,
    commandLog,
    lives,
    isRunning: () => current?.running() === true,
    start,
    kill: async () => void (await end((running) => running.signal('SIGKILL'))),
    stop: () => end((running) => running.signal('SIGTERM')),
    close: async () => {
      isClosed = true;
      await end((running) => running.signal('SIGTERM'));
    },
    signal: (name) => current?.signal(name),
    launch,
    command: async (words, limitMs = COMMAND_LIMIT_MS) => {
      const started = await launch(words);
      const late = setTimeout(() => started.signal('SIGKILL'), limitMs);
      const exitCode = await started.exited;
      clearTimeout(late);
      const text = await started.text();
      appendFileSync(commandLog, `$ dodona ${words.join(' ')}\n${text}[exit ${exitCode}]\n`);
      return { exitCode, text };
    },
    logSize: () => statSync(logFile, { throwIfNoEntry: false })?.size ?? 0,
    logFrom: (offset) => readFrom(logFile, offset),
  };
}

function readFrom(file: string, offset: number): string {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(handle).size - offset));
    return bytes.toString('utf8', 0, readSync(handle, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(handle);
  }
}

function memoryOf(pid: number): number | null {
  try {
    return residentMb(pid);
  } catch {
    return null;
  }
}
