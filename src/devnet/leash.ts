import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { LEASH } from './leash-script.js';

/** A program that ends with this process, even when this one is killed. */
export interface LeashedProcess {
  /** Of the program itself. */
  readonly pid: number;
  /** Resolves when it has ended, with its exit code; 128 and more: ended by a signal. */
  readonly exited: Promise<number>;
  readonly running: () => boolean;
  /** Sends a signal to the program. A SIGSTOPped one still ends with this process. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGTERM'): void;
  /** Ends it in good order (SIGTERM, after 10 s SIGKILL) and waits. */
  stop(): Promise<void>;
}

/** Starts a program whose output goes to a file. It does not get the terminal's Ctrl-C. */
export async function startLeashed(
  command: string,
  args: readonly string[],
  logFile: string,
): Promise<LeashedProcess> {
  const shell = spawn('/bin/sh', ['-c', LEASH, 'leash', logFile, command, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  let running = true;
  const exited = ended(shell).finally(() => {
    running = false;
  });
  shell.stdout?.once('close', () => {
    running = false;
    shell.stdin?.destroy();
  });
  shell.stdin?.on('error', () => {});
  const pid = await firstNumber(shell);
  return {
    pid,
    exited,
    running: () => running,
    signal: (name) => {
      if (running) process.kill(pid, name);
    },
    stop: async () => {
      shell.stdin?.end();
      await exited;
    },
  };
}

async function ended(shell: ChildProcess): Promise<number> {
  const [code] = await once(shell, 'exit');
  return typeof code === 'number' ? code : 255;
}

async function firstNumber(shell: ChildProcess): Promise<number> {
  if (shell.stdout === null) throw new Error('bug: the output of the leash is not a pipe');
  for await (const line of createInterface({ input: shell.stdout })) {
    shell.stdout.resume();
    return Number(line);
  }
  throw new Error('the program could not be started');
}
