import { spawn } from 'node:child_process';
import { SetupError } from './steps.mjs';

const KEPT_HEAD_LINES = 20;
const KEPT_TAIL_LINES = 40;

/**
 * Runs a command without a shell, without standard input.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void,
 *   failure?: string }} [options] failure: the sentence for a command that ends badly
 * @returns {Promise<string>} the first and last lines that it printed, standard error included
 * @throws {SetupError} when the command can't be started or ends with another code than 0
 */
export function runCommand(command, args, options = {}) {
  const failure = options.failure ?? `${command} ${args.join(' ')} failed`;
  return new Promise((resolve, reject) => {
    const head = [];
    const tail = [];
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const onLine = (line) => {
      if (head.length < KEPT_HEAD_LINES) head.push(line);
      else tail.push(line);
      if (tail.length > KEPT_TAIL_LINES) {
        tail.shift();
        tail[0] = '[…]';
      }
      if (line.trim() !== '') options.onLine?.(line.trim());
    };
    const flush = [readLines(child.stdout, onLine), readLines(child.stderr, onLine)];
    child.on('error', (error) => {
      reject(new SetupError(`${failure}: ${command} could not be started`, error.message));
    });
    child.on('close', (code, signal) => {
      for (const rest of flush) rest();
      const output = [...head, ...tail].join('\n');
      if (code === 0) resolve(output);
      else reject(new SetupError(`${failure} (${signal ?? `exit code ${code}`})`, output));
    });
  });
}

function readLines(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    const lines = (rest + text).split(/\r?\n|\r/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  return () => {
    if (rest !== '') onLine(rest);
  };
}
