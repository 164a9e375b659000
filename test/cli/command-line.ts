import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { type Clock, systemClock } from '../../src/base/clock.js';
import type { CommandContext } from '../../src/cli/command-context.js';
import { openStoredView } from '../../src/cli/open-node.js';
import { runCli } from '../../src/cli/run-cli.js';
import { AT_MS } from '../api/request-book.js';

const CONFIG = `network:
  magic: 56753
  rpc: [http://127.0.0.1:1]
gateway:
  hash: 0x0b0a090807060504030201000f0e0d0c0b0a0908
wallet:
  file: wallet.json
  passwordFile: wallet.password
storage:
  dir: data
`;

/** The command line in this process, with what it printed, over a directory of its own. */
/** `clock`: the time that commands are told; by default one that stands still. */
/** `euid`: the user that commands take themselves for. */
export function commandLine(options: { readonly clock?: Clock; readonly euid?: number } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-cli-'));
  const configFile = join(dir, 'node.yaml');
  const storageDir = join(dir, 'data');
  writeFileSync(configFile, CONFIG);
  mkdirSync(storageDir);

  const run = (...words: string[]) => runWith('', ...words);

  /** With this on standard input. */
  async function runWith(input: string | Buffer | Readable, ...words: string[]) {
    let [out, err] = ['', ''];
    const context: CommandContext = {
      clock: options.clock ?? { ...systemClock, nowMs: () => AT_MS + 60_000 },
      version: '0.1.0',
      ...(options.euid === undefined ? {} : { euid: options.euid }),
      print: (text) => {
        out += `${text}\n`;
      },
      complain: (text) => {
        err += `${text}\n`;
      },
      input: input instanceof Readable ? input : Readable.from([Buffer.from(input)]),
      errorStream: new Writable({ write: (_chunk, _encoding, done) => done() }),
      process: new EventEmitter(),
      exitNow: (code) => {
        throw new Error(`exited at once with ${code}`);
      },
      createNode: async () => {
        throw new Error('this command must not make a node');
      },
      openStored: openStoredView,
    };
    const exitCode = await runCli(words, context);
    return { exitCode, out, err };
  }

  return {
    dir,
    configFile,
    storageDir,
    databaseFile: join(storageDir, 'node.sqlite'),
    run,
    runWith,
    /** With this directory's configuration. */
    runHere: (...words: string[]) => run(...words, '--config', configFile),
    remove: (): void => rmSync(dir, { recursive: true, force: true }),
  };
}

export const longestLine = (text: string): number =>
  Math.max(...text.split('\n').map((line) => line.length));
