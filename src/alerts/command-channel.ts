import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../base/clock.js';
import { printable } from '../net/fetch-result.js';
import type { AlertChannel } from './webhook-channel.js';

/** Of what it prints, the end is kept to be told. */
const MAX_OUTPUT_BYTES = 4_096;
/** Nothing of the node's own environment: it may hold secrets. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/**
 * Runs a program for each message, which it gets as JSON on its standard input. There is no shell;
 * what it starts ends with it when its time is over.
 */
export function createCommandChannel(options: {
  /** The program, an absolute path, and its arguments. */
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  readonly clock: Clock;
}): AlertChannel {
  const { argv, timeoutMs, clock } = options;
  const [program = '', ...args] = argv;
  return {
    name: 'command',
    async deliver(message, signal) {
      const watch = new AbortController();
      let output = Buffer.alloc(0);
      let ending: string | null = null;
      const child = spawn(program, args, {
        ...{ shell: false, detached: true, env: ENVIRONMENT, cwd: '/' },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const ended = endingOf(child);
      // Without free file descriptors there are no pipes either, and the failure is told later.
      if (child.stdout === undefined) return ended;
      const end = (why: string): void => {
        ending ??= why;
        killGroup(child.pid);
        // Whoever left the group may hold these open: nobody waits for him.
        child.stdout.destroy();
        child.stderr.destroy();
      };
      const keep = (chunk: Buffer): void => {
        output = Buffer.concat([output, chunk]).subarray(-MAX_OUTPUT_BYTES);
      };
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      // One that does not read its input is nobody's fault.
      child.stdin.on('error', () => {});
      child.stdin.end(`${JSON.stringify(message)}\n`);
      const onAbort = (): void => end('the node stops');
      signal.addEventListener('abort', onAbort, { once: true });
      clock.sleep(timeoutMs, watch.signal).then(
        () => end(`it ran for longer than ${timeoutMs} ms`),
        () => undefined,
      );
      const how = await ended;
      watch.abort();
      signal.removeEventListener('abort', onAbort);
      const why = ending ?? how;
      if (why === null) return null;
      const said = printable(output.toString('utf8')).trim();
      return said === '' ? why : `${why}: ${said}`;
    },
  };
}

/** How a child ends; null: well. */
const endingOf = (child: ChildProcess): Promise<string | null> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('close', (code, by) => resolve(endOf(code, by)));
  });

function endOf(code: number | null, by: NodeJS.Signals | null): string | null {
  if (code === 0) return null;
  return code === null ? `it was ended by ${by}` : `it ended with exit code ${code}`;
}

/** The program and all that it started: it leads a group of its own. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
