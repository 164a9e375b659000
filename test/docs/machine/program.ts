import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** User and group that something runs as. */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** How a program is started that is no other's child. */
export interface ProgramOptions {
  /** With its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** As the shell writes it, such as 0077. */
  readonly umask: string;
  /** Gets what it prints. */
  readonly logFile: string;
}

/** One that runs in the background until it is told to stop. */
export interface Program {
  /** Sends the signal; resolves with the exit code, or the signal's name, once it has ended. */
  stop(signal: NodeJS.Signals): Promise<number | string | null>;
  readonly ended: Promise<number | string | null>;
}

export const isRoot = process.getuid?.() === 0;

/** What runs a command as somebody else, who gets no rights back; who is not root stays himself. */
export const asUser = ({ uid, gid }: Ids): string[] =>
  isRoot
    ? [
        ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
        ...['--no-new-privs', '--bounding-set=-all', '--'],
      ]
    : [];

export function startProgram(options: ProgramOptions): Program {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  // exec: the process that is told to stop is the program itself.
  const script = `umask ${options.umask}; exec "$@"`;
  const child: ChildProcess = spawn('/bin/sh', ['-c', script, 'sh', ...options.command], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | string);
  return {
    ended,
    async stop(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** As a word of a shell's. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The ids of a machine's user, and of the group given. */
export function idsOf(root: string, user: string, group: string): Ids {
  const field = (file: string, name: string): number => {
    const lines = readFileSync(`${root}/etc/${file}`, 'utf8').split('\n');
    const found = lines.map((line) => line.split(':')).find(([first]) => first === name);
    if (found === undefined) throw new Error(`the machine's ${file} has no ${name}`);
    return Number(found[2]);
  };
  return { uid: field('passwd', user), gid: field('group', group) };
}
