import { readSync } from 'node:fs';
import type { Command } from 'commander';
import { NodeError } from '../base/node-error.js';
import { MAX_PASSWORD_BYTES, passwordIn, readPasswordFile } from '../config/password-file.js';
import type { CommandContext } from './command-context.js';

/** Where a password comes from. */
export interface PassphraseOptions {
  readonly passwordFile?: string;
  readonly passwordFd?: string;
}

/** What every command says that asks for one. */
export const NO_ARGUMENT_HELP = `
No option takes a password or a private key: every user of the machine can see the arguments of a
program, and shells keep them. They come from a file of mode 0600, from an open file descriptor, or
are typed in, unseen.`;

export const withPassphraseOptions = (command: Command, of: string): Command =>
  command
    .option('--password-file <file>', `${of}: one line, readable by its owner only`)
    .option('--password-fd <number>', 'or from this open file descriptor, such as 3 of 3< FILE');

/** Of what is typed in: a password, or a key. */
const MAX_TYPED = MAX_PASSWORD_BYTES;

/** Largest number of a file descriptor that is taken. */
const MAX_FD = 65_535;

/**
 * The password that the options name; else what `fallback` reads; else what is typed in. Throws a
 * NodeError PASSWORD_FILE, PASSWORD_INPUT, BAD_QUERY, which tells nothing of it.
 */
export async function readPassphrase(
  context: CommandContext,
  { passwordFile, passwordFd }: PassphraseOptions,
  { of, fallback }: { readonly of: string; readonly fallback?: (() => string) | undefined },
): Promise<string> {
  if (passwordFile !== undefined && passwordFd !== undefined) {
    throw new NodeError('BAD_QUERY', 'a password has one source', {
      hint: 'give --password-file or --password-fd',
    });
  }
  if (passwordFile !== undefined) return readPasswordFile(passwordFile);
  if (passwordFd !== undefined) {
    return passwordIn(
      readDescriptor(passwordFd, MAX_PASSWORD_BYTES),
      `file descriptor ${passwordFd}`,
    );
  }
  if (fallback !== undefined) return fallback();
  return askUnseen(context, `${of}: `);
}

/** All that an open file descriptor has, at most so many bytes. */
export function readDescriptor(given: string, maxBytes: number): string {
  if (!/^\d{1,5}$/.test(given) || Number(given) > MAX_FD) {
    throw new NodeError('BAD_QUERY', `${JSON.stringify(given)} is no file descriptor`, {
      hint: 'expected a number, such as 3, of one that is open: 3< FILE',
    });
  }
  const bytes = Buffer.alloc(maxBytes + 1);
  let size = 0;
  try {
    for (let read = -1; read !== 0 && size < bytes.length; size += read) {
      read = readSync(Number(given), bytes, size, bytes.length - size, null);
    }
    if (size <= maxBytes) return bytes.toString('utf8', 0, size);
  } catch (cause) {
    const { code } = cause as { code?: string };
    throw inputRefused(`file descriptor ${given} cannot be read (${code})`, 'open it: 3< FILE');
  } finally {
    bytes.fill(0);
  }
  throw inputRefused(`file descriptor ${given} has more than ${maxBytes} bytes`, 'give less');
}

type Terminal = NodeJS.ReadableStream & {
  setRawMode?(on: boolean): unknown;
  unshift(chunk: string): void;
};

/** Asks at the terminal, without showing what is typed. */
export async function askUnseen(context: CommandContext, prompt: string): Promise<string> {
  const { input } = context;
  if (input?.isTTY !== true) {
    throw inputRefused('there is no terminal to ask at', 'give a file or a file descriptor');
  }
  const terminal = input as unknown as Terminal;
  context.errorStream.write(prompt);
  terminal.setRawMode?.(true);
  try {
    return await readLine(terminal);
  } finally {
    terminal.setRawMode?.(false);
    terminal.pause();
    context.errorStream.write('\n');
  }
}

const [CTRL_C, CTRL_D, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\b', '\u007f'];

/** In raw mode the terminal leaves correcting and interrupting to its reader. */
async function readLine(terminal: Terminal): Promise<string> {
  const typed: string[] = [];
  terminal.setEncoding('utf8');
  return new Promise<string>((resolve, reject) => {
    const end = (settle: () => void, rest = ''): void => {
      terminal.off('data', onData);
      terminal.off('end', onEnd);
      terminal.pause();
      if (rest !== '') terminal.unshift(rest);
      settle();
    };
    const refuse = (message: string, hint: string): void =>
      end(() => reject(inputRefused(message, hint)));
    const onEnd = (): void => refuse('the terminal was closed', 'run the command again');
    const onData = (chunk: string): void => {
      const chars = [...chunk];
      for (const [at, char] of chars.entries()) {
        if (char === '\r' || char === '\n') {
          return end(() => resolve(typed.join('')), chars.slice(at + 1).join(''));
        }
        if (char === CTRL_C || char === CTRL_D) {
          return refuse('nothing was typed in', 'run the command again');
        }
        if (char === BACKSPACE || char === DELETE) typed.pop();
        else typed.push(char);
        if (typed.length > MAX_TYPED) {
          return refuse(`more than ${MAX_TYPED} characters`, 'type less');
        }
      }
    };
    terminal.on('data', onData);
    terminal.on('end', onEnd);
    terminal.resume();
  });
}

const inputRefused = (message: string, hint: string): NodeError =>
  new NodeError('PASSWORD_INPUT', message, { hint });
